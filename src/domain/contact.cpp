#include "winnow/domain/contact.hpp"

namespace winnow::domain {

std::string_view to_string(ContactType type) noexcept
{
    return type == ContactType::webhook ? "webhook" : "email";
}

std::optional<ContactType> parse_contact_type(std::string_view word) noexcept
{
    if (word == "webhook") return ContactType::webhook;
    if (word == "email") return ContactType::email;
    return std::nullopt;
}

}  // namespace winnow::domain

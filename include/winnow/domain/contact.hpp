#pragma once

/// @file
/// Who is told, and how to reach them.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class ContactType : std::uint8_t { webhook, email };

[[nodiscard]] std::string_view to_string(ContactType type) noexcept;
[[nodiscard]] std::optional<ContactType> parse_contact_type(std::string_view word) noexcept;

struct Contact {
    ContactId id;
    std::string name;
    ContactType type = ContactType::webhook;
    std::string url;            ///< webhook: `https://…`.
    std::string address;        ///< email: one RFC 5321 mailbox.
    std::string sealed_secret;  ///< webhook: "whsec_…", sealed under "contact:<tenant>:<id>".
    bool enabled = true;
    std::int64_t version = 1;
    Timestamp updated_at;
};

struct ContactGroup {
    ContactGroupId id;
    std::string name;
    std::vector<ContactId> contact_ids;
    std::int64_t version = 1;
    Timestamp updated_at;
};

}  // namespace winnow::domain

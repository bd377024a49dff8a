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
    std::string url;            ///< webhook: `https://…`; as it was read beside a sealed one, up to its host and port.
    std::string sealed_url;     ///< webhook: the whole, sealed under sealed_url_context(). "": `url` is the whole.
    std::string address;        ///< email: one RFC 5321 mailbox.
    std::string sealed_secret;  ///< webhook: "whsec_…", sealed under "contact:<tenant>:<id>".
    bool enabled = true;
    std::int64_t version = 1;
    Timestamp updated_at;
};

/// Of a webhook's URL, what is no secret: scheme, host and port. "" where that cannot be told.
[[nodiscard]] std::string base_of_url(std::string_view url);

/// A webhook's URL as everybody may see it: what follows the host is a token in many chat services.
[[nodiscard]] std::string masked_url(std::string_view url);

/// Whether that is what masked_url() gives, with or without more behind it: nobody's URL.
[[nodiscard]] bool is_masked_url(std::string_view url);

[[nodiscard]] std::string sealed_url_context(TenantId tenant, ContactId contact);

struct ContactGroup {
    ContactGroupId id;
    std::string name;
    std::vector<ContactId> contact_ids;
    std::int64_t version = 1;
    Timestamp updated_at;
};

}  // namespace winnow::domain

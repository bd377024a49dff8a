#pragma once

/// @file
/// Who is told, and how to reach them.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/sealed.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// One of the things that a contact is reached by: a URL, an address, a key.
struct ContactSetting {
    std::string shown = {};   ///< Without `sealed`: all of it. Else what is no secret: a URL up to its host and port.
    std::string sealed = {};  ///< All of it, in its sealed_setting_place(); "" where it is not sealed.
    std::string clear = {};   ///< Of one about to be stored: all of it, in case it may not be stored sealed yet.
    std::string illegible = {};  ///< As it is stored, JSON, where this program cannot read it: kept, and nothing else.

    bool operator==(const ContactSetting&) const = default;
};

/// By the name that people know the setting by: "url".
using ContactSettings = std::map<std::string, ContactSetting, std::less<>>;

struct Contact {
    ContactId id;
    std::string name;
    std::string type;  ///< Which channel reaches it: "webhook". Stored by name.
    ContactSettings settings;
    bool enabled = true;
    std::int64_t version = 1;
    Timestamp updated_at;

    /// An empty one where it has none of that name.
    [[nodiscard]] const ContactSetting& setting(std::string_view of) const noexcept;
};

/// What a setting that is sealed in format 1 is bound to, so that no other contact's, and no other setting, can be put
/// into its place.
[[nodiscard]] std::string sealed_setting_context(TenantId tenant, ContactId contact, std::string_view setting);

/// Where a sealed setting is stored, and what it is for.
[[nodiscard]] SealedPlace sealed_setting_place(TenantId tenant, ContactId contact, std::string_view setting);

/// Of a webhook's URL, what is no secret: scheme, host and port. "" where that cannot be told.
[[nodiscard]] std::string base_of_url(std::string_view url);

/// A webhook's URL as everybody may see it: what follows the host is a token in many chat services.
[[nodiscard]] std::string masked_url(std::string_view url);

/// Whether that is what masked_url() gives, with or without more behind it: nobody's URL.
[[nodiscard]] bool is_masked_url(std::string_view url);

/// Of the setting "url".
[[nodiscard]] std::string sealed_url_context(TenantId tenant, ContactId contact);

struct ContactGroup {
    ContactGroupId id;
    std::string name;
    std::vector<ContactId> contact_ids;
    std::int64_t version = 1;
    Timestamp updated_at;
};

}  // namespace winnow::domain

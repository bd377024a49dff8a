#pragma once

/// @file
/// A user as a tenant's directory tells of it and is told of it (RFC 7643 §4.1), and what it changes. Pure.

#include "winnow/base/result.hpp"
#include "winnow/ports/access/directory_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::api {

inline constexpr std::string_view kScimUser = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::size_t kMostOperations = 100;  ///< Of one PATCH.
inline constexpr std::size_t kMostEmails = 20;       ///< Of which one is kept.

/// What is kept of what the directory says.
struct ScimUser {
    std::string user_name;
    std::string email;         ///< The primary address, or the first; the userName where none is given.
    std::string display_name;  ///< displayName, else name, else userName.
    std::string external_id;   ///< "": none.
    bool active = true;
};

/// Names of attributes go by any case. What is not kept is left out, as RFC 7644 §3.3 has it. Errors' codes are kinds
/// of SCIM's (api/rest/scim_form.cpp).
[[nodiscard]] Result<ScimUser> read_scim_user(const nlohmann::json& document);

/// `document`, as scim_json() made it, after the operations of a PATCH (RFC 7644 §3.5.2): all of them, or an Error.
[[nodiscard]] Result<nlohmann::json> patched(nlohmann::json document, const nlohmann::json& patch);

[[nodiscard]] nlohmann::json scim_json(const ports::User& user, const ports::DirectoryUser& known);

/// Whether `schemas` of a document holds this one.
[[nodiscard]] bool names_schema(const nlohmann::json& document, std::string_view schema);

/// Whether two names of attributes, words or operators are one: ASCII letters go by any case.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// An attribute's name without the schema's before it.
[[nodiscard]] std::string_view without_schema(std::string_view name) noexcept;

/// A 400 of one of SCIM's kinds.
[[nodiscard]] Error scim_error(std::string_view kind, std::string detail);

}  // namespace winnow::api

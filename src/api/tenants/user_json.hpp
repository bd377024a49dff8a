#pragma once

/// @file
/// Users and API keys as the API shows and takes them.

#include "api/rest/json_body.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/user_store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

/// As whoever administers users sees one, and everybody himself.
[[nodiscard]] nlohmann::json user_json(const ports::User& user);

/// As all others do: without what says whose sign-in is the easiest to break, a password, a second factor, and when
/// they were used.
[[nodiscard]] nlohmann::json user_json_for_others(const ports::User& user);

/// `locale`: en where it is absent.
[[nodiscard]] signin::Locale read_locale(FieldReader& fields);

/// Email, name, role, state, locale, and whether a second factor is asked for in any case.
[[nodiscard]] Result<ports::User> read_user(const nlohmann::json& document);

/// Without the secret, which nobody knows.
[[nodiscard]] nlohmann::json api_key_json(const ports::ApiKey& key);

}  // namespace winnow::api

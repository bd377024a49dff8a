#pragma once

/// @file
/// Which alerts something is about, as two fields of which one is given: matchers or a condition in CEL.

#include "api/json_body.hpp"
#include "winnow/domain/silence.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace winnow::api {

/// What the two fields are called.
struct ScopeNames {
    std::string_view matchers = "matchers";
    std::string_view condition = "condition";
};

/// Reads and checks; what is wrong is recorded.
[[nodiscard]] domain::Scope read_scope(FieldReader& fields, const ScopeNames& names = {});

/// Adds both fields, one of them null.
void show_scope(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names = {});

}  // namespace winnow::api

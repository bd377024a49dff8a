#pragma once

/// @file
/// Which alerts something is about, as two fields of which one is given: matchers or a condition in CEL.

#include "api/rest/json_body.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace winnow::api {

/// What the two fields are called.
struct ScopeNames {
    std::string_view matchers = "matchers";
    std::string_view condition = "condition";
};

/// What a new scope is held to.
struct ScopeGuard {
    std::vector<Timestamp> at;              ///< Some of the instants at which it is in force; the first one, too.
    bool everything = false;                ///< It may cover every alert: somebody has said so.
    const domain::Scope* before = nullptr;  ///< What stays as it was is not judged again.
};

/// The query parameter `everything=true`, by which a caller says that every alert is meant.
[[nodiscard]] Result<bool> everything_of(const http::RequestHead& head);

/// Reads and checks; what is wrong is recorded, and so is what covers everything and is not allowed to.
[[nodiscard]] domain::Scope read_scope(FieldReader& fields, const ScopeGuard& guard, const ScopeNames& names = {});

/// Adds both fields, one of them null.
void show_scope(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names = {});

/// Adds `problem` where the scope, which was stored once, does not compile now: what it belongs to is never in force.
void show_problem(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names = {});

/// What whoever wrote the scope, in force at the instants, is to hear: that it can never find anything, that it is
/// probably a slip, that it covers everything. Appended to the document's `warnings` (`[{"pointer", "detail"}]`), which
/// is not there where there are none.
void warn_of_scope(nlohmann::json& document, const domain::Scope& scope, std::span<const Timestamp> at,
                   const ScopeNames& names = {});

}  // namespace winnow::api

#pragma once

/// @file
/// How often a user who has shown the password may be wrong with what comes after it: counted of the user, in whatever
/// session, so that who knows a password gains nothing by signing in anew for every five codes; and of the account.

#include "api/signin/steps.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace winnow::api {

struct CodeTry {
    std::optional<std::chrono::milliseconds> refused = {};  ///< It is held, for so long: nothing is looked at.
    std::chrono::milliseconds delay{};                      ///< Of the answer to a failure.
    bool hold_began = false;                                ///< It was one too many.
    Timestamp now;
    std::string code_bucket = {};
    std::string account_bucket = {};
    signin::Throttle codes = {};
    signin::Throttle account = {};
};

/// As it stands.
[[nodiscard]] Result<CodeTry> look_at_code_try(const FlowPtr& flow, ports::TenantSession& session,
                                               const access::Principal& who);
/// The same, and nobody else tries until the transaction ends.
[[nodiscard]] Result<CodeTry> begin_code_try(const FlowPtr& flow, ports::TenantSession& session,
                                             const access::Principal& who);
/// Stores what came of it. Only a success forgets what went wrong before, with the password, too.
[[nodiscard]] Result<Done> end_code_try(ports::TenantSession& session, CodeTry& tried, bool right);

}  // namespace winnow::api

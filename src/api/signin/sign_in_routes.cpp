#include "api/calls/router.hpp"
#include "api/signin/flows.hpp"

#include <utility>

namespace winnow::api {

// Each flow looks at its cookie itself: a session may be only half a one. The permission is what who shows none, or a
// key, is told by.
std::vector<RouteEntry> sign_in_entries()
{
    std::vector<RouteEntry> entries;
    using access::Permission;
    const auto add = [&](std::string_view method, std::string_view pattern, std::string_view operation_id,
                         void (*flow)(const FlowPtr&), Permission permission = Permission::open) {
        RouteEntry entry;
        entry.route = {method, pattern, permission, operation_id, {}};
        entry.special = Special::auth;
        entry.flow = flow;
        entries.push_back(std::move(entry));
    };
    add("POST", "/auth/sign-in", "signIn", sign_in);
    add("POST", "/auth/mfa", "completeSignIn", complete_sign_in, Permission::session);
    add("POST", "/auth/step-up", "stepUp", step_up, Permission::session);
    add("POST", "/auth/sign-out", "signOut", sign_out, Permission::session);
    add("GET", "/auth/t/{service_code}", "getSignInMethods", sign_in_methods);
    add("POST", "/auth/password-reset", "requestPasswordReset", request_password_reset);
    add("POST", "/auth/password-reset/confirm", "confirmPasswordReset", confirm_password_reset);
    add("POST", "/auth/mfa-reset/confirm", "confirmMfaReset", confirm_mfa_reset);
    add("POST", "/auth/email-change/confirm", "confirmEmailChange", confirm_email_change);
    add("POST", "/auth/email-change/stop", "stopEmailChange", stop_email_change);
    add("POST", "/auth/invitations/peek", "peekInvitation", peek_invitation);
    add("POST", "/auth/invitations/accept", "acceptInvitation", accept_invitation);
    add("PUT", "/api/v1/me/password", "changePassword", change_password, Permission::write_own_factors);
    add("POST", "/api/v1/me/factors", "createFactor", begin_factor, Permission::write_own_factors);
    add("POST", "/api/v1/me/factors/{id}/confirm", "confirmFactor", confirm_factor, Permission::write_own_factors);
    return entries;
}

}  // namespace winnow::api

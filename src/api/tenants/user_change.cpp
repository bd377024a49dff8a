#include "api/tenants/user_change.hpp"

#include "api/rest/problem.hpp"
#include "api/signin/steps.hpp"
#include "api/tenants/invite.hpp"
#include "api/tenants/notices.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using ports::TenantSession;
using ports::User;

bool administers(const User& user)
{
    return user.active && user.role == access::Role::admin;
}

/// What an admin may do to a user at once: the rest takes the user (invitations), or a request of its own.
Result<Done> may_become(const User& current, const User& wanted)
{
    const auto from = current.state();
    const auto to = wanted.state();
    if (from == signin::UserState::deleted) return Error(ErrorCode::conflict, "this user was deleted");
    if (from == to) return Done{};
    for (const auto event : {signin::UserEvent::disable, signin::UserEvent::enable}) {
        const auto next = signin::next(from, event);
        if (next && *next == to) return Done{};
    }
    return Error(ErrorCode::conflict, "a user who is " + std::string(to_string(from)) + " cannot be made " +
                                          std::string(to_string(to)) + " by this");
}

/// Who may no longer, or may something else, is signed out; who is disabled loses keys and links for good.
Result<Done> end_what_was(TenantSession& session, const User& before, const User& now, signin::Ending disabled)
{
    if (before.active && !now.active) return end_access(session, now.id, disabled);
    if (now.mfa_required && !before.mfa_required) {
        const auto ended = session.sessions().end_without_factor(now.id, signin::Ending::by_admin);
        if (!ended) return ended.error();
    }
    if (!signin::rotates(before.role, now.role, false) && access::same_groups(before.groups, now.groups)) return Done{};
    const auto ended = session.sessions().end_all(now.id, std::nullopt, signin::Ending::rotated);
    if (!ended) return ended.error();
    return Done{};
}

/// Whoever reads the old address learns of it, and nothing that was mailed there is good any more.
Result<Done> follow_address(const Call& call, TenantSession& session, const User& before, const User& now)
{
    if (before.email == now.email) return Done{};
    if (now.invited) return invite(call, session, now);
    // An admin's own session goes on.
    const auto ended = end_access(session, now.id, signin::Ending::address_changed, call.who.session);
    if (!ended) return ended.error();
    return owe_notice(call, session, before, signin::MailKind::email_changed);
}

}  // namespace

Result<User> replace_user(const Call& call, TenantSession& session, const User& current, User wanted,
                          signin::Ending disabled)
{
    if (const auto may = may_become(current, wanted); !may) return may.error();
    if (administers(current) && !administers(wanted)) {
        const auto others = session.users().other_admins(current.id);
        if (!others) return others.error();
        if (others->need_the_one()) {
            return Error(std::vector<FieldError>{
                {.pointer = "",
                 .code = std::string(kLastAdmin),
                 .detail = "this is the last active admin; make somebody else an admin who gets in "
                           "before you change that"}});
        }
    }
    wanted.id = current.id;
    wanted.created_at = current.created_at;
    wanted.version = current.version + 1;
    wanted.updated_at = call.now;
    if (const auto stored = session.users().update(wanted); !stored) return stored.error();
    if (const auto ended = end_what_was(session, current, wanted, disabled); !ended) return ended.error();
    if (const auto followed = follow_address(call, session, current, wanted); !followed) return followed.error();
    wanted.has_password = current.has_password;
    wanted.has_factor = current.has_factor;
    wanted.last_sign_in = current.last_sign_in;
    wanted.managed_by = current.managed_by;
    if (wanted.email == current.email) wanted.invitation = current.invitation;
    return wanted;
}

void take_role(User& user, access::Role role)
{
    user.role = role;
    if (role == access::Role::admin || role == access::Role::auditor) user.groups = nullptr;
}

}  // namespace winnow::api

#include "api/oidc/login.hpp"
#include "api/quotas/quotas.hpp"
#include "api/tenants/management_group_fields.hpp"
#include "api/tenants/user_change.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/tenants/quota.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"
#include "winnow/ports/user_store.hpp"
#include "winnow/signin/provided.hpp"
#include "winnow/signin/session.hpp"
#include "winnow/signin/states.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using ports::TenantSession;
using signin::AfterPassword;
using signin::Arrival;

/// As it is now: nobody has taken it away meanwhile, or lets it decide otherwise. False where it lets nobody in any
/// more.
Result<bool> is_there_still(ProviderLogin& login, TenantSession& session)
{
    auto provider = session.oidc().find(login.provider.id);
    if (!provider && provider.error().code() == ErrorCode::not_found) return false;
    if (!provider) return provider.error();
    login.provider = *std::move(provider);
    return login.provider.enabled;
}

Result<signin::Newcomer> known_user(ProviderLogin& login, const ports::OidcIdentity& identity, signin::Newcomer who,
                                    TenantSession& session)
{
    auto user = session.users().find(identity.user);
    if (!user) return user.error();
    login.user = *std::move(user);
    const auto others = session.users().other_admins(identity.user);
    if (!others) return others.error();
    who.known = signin::KnownUser{.role = login.user.role,
                                  .active = login.user.state() == signin::UserState::active,
                                  .managed = identity.managed,
                                  .last_admin = login.user.role == access::Role::admin && others->need_the_one()};
    return who;
}

/// What is known of who comes.
Result<signin::Newcomer> newcomer_of(ProviderLogin& login, TenantSession& session)
{
    const auto& person = login.person;
    signin::Newcomer who;
    who.has_address = person.email && domain::mailbox_problem(*person.email).empty();
    who.address_verified = person.email_verified;
    who.values = person.values;
    const auto identity = session.oidc().identity(login.provider.id, person.subject);
    if (!identity) return identity.error();
    if (*identity) return known_user(login, **identity, std::move(who), session);
    if (!who.has_address) return who;
    const auto removed = session.oidc().was_removed(login.provider.id, person.subject);
    if (!removed) return removed.error();
    who.removed = *removed;
    auto same = session.users().find_by_email(*person.email);
    if (!same) return same.error();
    who.address_taken = same->has_value();
    if (!who.address_taken) return who;
    const auto invitation = session.oidc().invitation((*same)->id, login.provider.id);
    if (!invitation) return invitation.error();
    who.invited = invitation->has_value() && signin::next((*same)->state(), signin::UserEvent::accept).has_value();
    if (who.invited) login.user = **std::move(same);
    return who;
}

Result<Done> record_user(const FlowPtr& flow, const ProviderLogin& login, std::string_view act, nlohmann::json what,
                         TenantSession& session)
{
    what["name"] = login.user.name;
    what["email"] = login.user.email;
    what["provider"] = login.provider.name;
    return record(flow, session, act, "user:" + login.user.id.str(), actor_of(flow, login.user.id, "oidc"),
                  std::move(what));
}

Result<Done> accept_invitation(const FlowPtr& flow, ProviderLogin& login, TenantSession& session)
{
    const auto invitation = session.oidc().invitation(login.user.id, login.provider.id);
    if (!invitation) return invitation.error();
    if (!*invitation) return Error(ErrorCode::conflict, "the invitation is good no longer");
    if (const auto used = session.links().use(**invitation); !used) return used;
    login.user.invited = false;
    login.user.active = true;
    ++login.user.version;
    login.user.updated_at = login.now;
    if (const auto stored = session.users().update(login.user); !stored) return stored;
    const auto linked =
        session.oidc().link(login.provider.id, login.person.subject, {.user = login.user.id, .managed = false});
    return linked ? record_user(flow, login, "invitation.accept", nlohmann::json::object(), session) : linked;
}

/// And not that the database could not say.
bool is_spent(const Error& error)
{
    return !error.fields().empty() && error.fields().front().code == domain::kQuotaExceeded;
}

Result<Done> create_user(const FlowPtr& flow, ProviderLogin& login, access::Role role, TenantSession& session)
{
    const auto room = has_room(flow->parts->limits, session, domain::Quota::users);
    if (!room && is_spent(room.error())) {
        login.refusal = domain::kQuotaExceeded;
        return Done{};
    }
    if (!room) return room;
    login.user = {};
    login.user.id = UserId(flow->parts->new_id());
    login.user.email = *login.person.email;
    login.user.name = login.person.name.empty() ? *login.person.email : login.person.name;
    login.user.role = role;
    login.user.created_at = login.user.updated_at = login.now;
    if (const auto stored = session.users().insert(login.user); !stored) return stored;
    const auto linked =
        session.oidc().link(login.provider.id, login.person.subject, {.user = login.user.id, .managed = true});
    return linked ? record_user(flow, login, "user.create", {{"role", to_string(role)}}, session) : linked;
}

/// Whoever may something else than before is signed out everywhere else.
Result<Done> change_role(const FlowPtr& flow, ProviderLogin& login, access::Role role, TenantSession& session)
{
    const auto before = login.user;
    take_role(login.user, role);
    ++login.user.version;
    login.user.updated_at = login.now;
    if (const auto stored = session.users().update(login.user); !stored) return stored;
    const auto ended = session.sessions().end_all(login.user.id, std::nullopt, signin::Ending::rotated);
    if (!ended) return ended.error();
    nlohmann::json changes{{"role", {{"from", to_string(before.role)}, {"to", to_string(role)}}}};
    if (!access::same_groups(before.groups, login.user.groups)) {
        changes["management_group_ids"] = {{"from", groups_json(before.groups)},
                                           {"to", groups_json(login.user.groups)}};
    }
    return record_user(flow, login, "user.change", {{"changes", std::move(changes)}}, session);
}

Result<Done> become(const FlowPtr& flow, ProviderLogin& login, const signin::Admission& admission,
                    TenantSession& session)
{
    if (admission.arrival == Arrival::invited) return accept_invitation(flow, login, session);
    if (admission.arrival == Arrival::created) return create_user(flow, login, *admission.role, session);
    if (!admission.role) return Done{};
    return change_role(flow, login, *admission.role, session);
}

/// Into a tenant that is suspended only those come who are its users already, and stay what they are; into one that is
/// closing only its admins of these.
Result<bool> is_barred(const ProviderLogin& login, const signin::Admission& admission, TenantSession& session)
{
    const auto state = session.oidc().tenant_state();
    if (!state) return state.error();
    if (*state == domain::TenantState::active) return false;
    const bool stays = admission.arrival == Arrival::known && !admission.role;
    const bool may_stay = *state == domain::TenantState::suspended || login.user.role == access::Role::admin;
    return !stays || !may_stay;
}

/// False where whoever it is may not come from there, which is recorded.
Result<bool> may_come_from_there(const FlowPtr& flow, ProviderLogin& login, const signin::Admission& admission,
                                 TenantSession& session)
{
    auto elsewhere = why_elsewhere(flow, admission.role.value_or(login.user.role), session);
    if (!elsewhere) return elsewhere.error();
    login.elsewhere = *std::move(elsewhere);
    if (login.elsewhere.empty()) return true;
    const bool is_new = admission.arrival == Arrival::created;
    const auto recorded =
        record(flow, session, audit::kSignInFailed,
               is_new ? "oidc_provider:" + login.provider.id.str() : "user:" + login.user.id.str(),
               is_new ? audit::Actor{.id = "anonymous", .means = "oidc", .request_id = flow->request.head.request_id}
                      : actor_of(flow, login.user.id, "oidc"),
               {{"provider", login.provider.name}, {"code", "address_not_allowed"}}, 403);
    if (!recorded) return recorded.error();
    return false;
}

Result<Done> begin_its_session(const FlowPtr& flow, ProviderLogin& login, TenantSession& session)
{
    const auto policy = session.sessions().policy();
    if (!policy) return policy.error();
    const auto& person = login.person;
    const auto& user = login.user;
    const bool proven = signin::is_second_factor(login.provider.second_factors, person.amr, person.acr);
    if (!proven) {
        login.after = signin::after_password(
            policy->mfa, {.role = user.role, .required = user.mfa_required, .enrolled = user.has_factor});
    }
    std::vector<std::string> amr{std::string(kByProvider)};
    if (proven) amr.emplace_back("mfa");
    const bool fully = login.after == AfterPassword::active;
    auto begun = begin_session(flow, session, user, fully, login.now, std::move(amr),
                               signin::proven_at(person.auth_time, login.now));
    if (!begun) return begun.error();
    login.begun = *std::move(begun);
    if (!fully) return Done{};
    if (const auto noted = note_sign_in(session, login.begun.session); !noted) return noted;
    return record(flow, session, "sign_in.succeed", "session:" + login.begun.session.id.str(),
                  actor_of(flow, user.id, "oidc"),
                  {{"name", user.name}, {"email", user.email}, {"provider", login.provider.name}});
}

}  // namespace

Result<Done> let_in_by_provider(const FlowPtr& flow, ProviderLogin& login, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto is_there = is_there_still(login, session);
    if (!is_there) return is_there.error();
    if (!*is_there) {
        login.refusal = "no_such_provider";
        return Done{};
    }
    const auto who = newcomer_of(login, session);
    if (!who) return who.error();
    const auto admission = signin::admit(login.provider.roles, login.provider.jit, *who);
    const auto barred = is_barred(login, admission, session);
    if (!barred) return barred.error();
    if (*barred || admission.arrival == Arrival::refused) {
        login.refusal = "no_account";
        return Done{};
    }
    const auto may = may_come_from_there(flow, login, admission, session);
    if (!may) return may.error();
    if (!*may) return Done{};
    const auto now = session.throttles().now();
    if (!now) return now.error();
    login.now = *now;
    if (const auto done = become(flow, login, admission, session); !done) return done;
    return login.refusal.empty() ? begin_its_session(flow, login, session) : Result<Done>(Done{});
}

}  // namespace winnow::api

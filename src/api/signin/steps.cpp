#include "api/signin/steps.hpp"

#include "api/calls/credential.hpp"
#include "api/rest/json_body.hpp"
#include "winnow/crypto/totp.hpp"
#include "winnow/identity/breached_passwords.hpp"
#include "winnow/ports/access/access_key_store.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace winnow::api {

namespace {

using signin::FactorState;
using signin::SignInState;

/// What is one too many ends, if another session of that state begins: who knows no more than a password ends none of
/// those that are signed in.
Result<Done> end_superseded(ports::TenantSession& tenant, UserId user, SignInState state)
{
    const auto live = tenant.sessions().of_user(user);
    if (!live) return live.error();
    std::vector<signin::LiveSession> begun;
    for (const auto& each : *live) {
        if (each.state == state) begun.push_back({.id = each.id, .created_at = each.created_at});
    }
    for (const auto id : signin::superseded(std::move(begun))) {
        if (const auto ended = tenant.sessions().end(id, signin::Ending::superseded); !ended) return ended.error();
    }
    return Done{};
}

}  // namespace

crypto::PasswordHash hash_of(const ports::StoredPassword& stored)
{
    return {.salt = stored.salt,
            .tag = stored.tag,
            .cost = {.memory_kib = stored.memory_kib, .passes = stored.passes},
            .pepper_id = stored.pepper_id};
}

ports::StoredPassword stored_of(const crypto::PasswordHash& hash)
{
    return {.salt = hash.salt,
            .tag = hash.tag,
            .memory_kib = hash.cost.memory_kib,
            .passes = hash.cost.passes,
            .pepper_id = hash.pepper_id};
}

Result<crypto::SecretBytes> password_field(nlohmann::json& document, std::string_view name)
{
    const auto found = document.find(name);
    if (found == document.end() || !found->is_string()) {
        return field_error("/" + std::string(name), "must be a string");
    }
    return crypto::SecretBytes(std::move(found->get_ref<std::string&>()));
}

Result<std::string> why_elsewhere(const FlowPtr& flow, access::Role role, ports::TenantSession& session)
{
    const auto places = session.settings().places();
    if (!places) return places.error();
    access::Principal who;
    who.kind = access::CredentialKind::session;
    who.role = role;
    who.places = std::make_shared<const access::SourceNetworks>(places->lists);
    const auto& address = flow->request.head.remote_address;
    return access::is_in_place(who, address) ? std::string() : why_not_from(who, address);
}

Result<NewSession> begin_session(const FlowPtr& flow, ports::TenantSession& tenant, const ports::User& user, bool fully,
                                 Timestamp now, std::vector<std::string> amr, std::optional<Timestamp> proven_at)
{
    auto& sessions = tenant.sessions();
    const auto policy = sessions.policy();
    if (!policy) return policy.error();
    const auto state = fully ? SignInState::active : SignInState::password_ok;
    if (const auto ended = end_superseded(tenant, user.id, state); !ended) return ended.error();

    const auto& head = flow->request.head;
    const auto token = crypto::make_token();
    NewSession made;
    made.token = token.text;
    made.session.id = SessionId(flow->parts->new_id());
    made.session.user = user.id;
    made.session.state = state;
    made.session.amr = std::move(amr);
    made.session.authenticated_at = proven_at.value_or(now);
    made.session.created_at = made.session.last_seen_at = now;
    made.session.expires_at =
        fully ? signin::expiry_of(signin::terms_of(policy->sessions, user.role), now) : now + signin::kPasswordOkFor;
    made.session.source = source_of(head);
    made.session.user_agent = user_agent_of(head);
    if (const auto stored = sessions.begin(made.session, token.hash); !stored) return stored.error();
    return made;
}

Result<ports::UserSession> locked_session(ports::TenantSession& tenant, const access::Principal& who, SignInState state)
{
    if (const auto locked = tenant.settings().lock_configuration(); !locked) return locked.error();
    auto found = tenant.sessions().find(who.session);
    const bool is_there = found && found->state == state;
    if (!is_there && (found || found.error().code() == ErrorCode::not_found)) {
        return Error(ErrorCode::unauthenticated, "the session is over: sign in anew");
    }
    return found;
}

Result<std::string> rotate_session(ports::TenantSession& tenant, ports::UserSession session, const ports::User& user,
                                   std::vector<std::string> amr, Timestamp proven_at, Timestamp now)
{
    const auto policy = tenant.sessions().policy();
    if (!policy) return policy.error();
    if (session.state == SignInState::password_ok) {
        if (const auto ended = end_superseded(tenant, user.id, SignInState::active); !ended) return ended.error();
    }
    session.state = SignInState::active;
    session.amr = std::move(amr);
    session.authenticated_at = proven_at;
    session.last_seen_at = now;
    session.expires_at = signin::expiry_of(signin::terms_of(policy->sessions, user.role), session.created_at);
    const auto token = crypto::make_token();
    if (const auto rotated = tenant.sessions().rotate(session, token.hash); !rotated) return rotated.error();
    return token.text;
}

bool is_by_provider(const ports::UserSession& session)
{
    return !session.amr.empty() && session.amr.front() == kByProvider;
}

std::optional<Timestamp> proven_still(const ports::UserSession& session)
{
    if (session.state != SignInState::password_ok || !is_by_provider(session)) return std::nullopt;
    return session.authenticated_at;
}

std::string_view means_of(const ports::UserSession& session)
{
    return is_by_provider(session) ? "oidc" : "password";
}

Result<Done> note_sign_in(ports::TenantSession& tenant, const ports::UserSession& half)
{
    return is_by_provider(half) ? tenant.oidc().note_sign_in(half.user) : tenant.factors().note_sign_in(half.user);
}

Result<std::optional<FactorShown>> take_factor(const FlowPtr& flow, ports::TenantSession& tenant, UserId user,
                                               const std::string& code, const std::string& recovery_code, Timestamp now)
{
    using Shown = std::optional<FactorShown>;
    auto& factors = tenant.factors();
    if (!recovery_code.empty()) {
        const auto hash = crypto::recovery_code_hash(recovery_code);
        if (!hash) return Shown();
        const auto taken = factors.take_recovery_code(user, *hash);
        if (!taken) return taken.error();
        return *taken ? Shown(FactorShown::recovery_code) : Shown();
    }
    const auto all = factors.totp(user);
    if (!all) return all.error();
    for (const auto& factor : *all) {
        if (factor.state != FactorState::active) continue;
        const auto seed = flow->parts->sealing.open(ports::totp_place(tenant.tenant(), factor.id), factor.sealed);
        if (!seed) return seed.error();
        const auto step = crypto::match_totp(*seed, code, now, factor.last_step);
        if (!step) continue;
        const auto taken = factors.take_step(factor.id, *step);
        if (!taken) return taken.error();
        if (*taken) return Shown(FactorShown::code);
    }
    return Shown();
}

Result<Done> end_access(ports::TenantSession& tenant, UserId user, signin::Ending ending, std::optional<SessionId> by)
{
    const auto& row = signin::row_of(ending);
    const auto but = row.sessions == signin::EndedSessions::others ? by : std::nullopt;
    if (const auto ended = tenant.sessions().end_all(user, but, ending); !ended) return ended.error();
    if (row.keys) {
        if (const auto revoked = tenant.users().revoke_keys(user); !revoked) return revoked.error();
        if (const auto revoked = tenant.access_keys().revoke_of(user); !revoked) return revoked.error();
    }
    if (row.links) return tenant.links().take_back(user);
    return Done{};
}

Result<Done> owe_mail(ports::Sealing& sealing, const Uuid& id, ports::TenantSession& tenant, const ports::User& user,
                      signin::MailKind kind, const std::string& source, Timestamp now, const std::string& token,
                      const std::string& to, int number)
{
    ports::ServerMail mail;
    mail.id = ServerMailId(id);
    mail.kind = kind;
    mail.to = to.empty() ? user.email : to;
    mail.locale = user.locale;
    if (!token.empty()) {
        auto sealed = sealing.seal(ports::mail_token_place(tenant.tenant(), mail.id), token);
        if (!sealed) return sealed.error();
        mail.sealed_token = *std::move(sealed);
    }
    mail.source = source;
    mail.at = now;
    mail.number = number;
    return tenant.server_mails().owe(mail);
}

Result<Done> owe_mail(const FlowPtr& flow, ports::TenantSession& tenant, const ports::User& user, signin::MailKind kind,
                      Timestamp now)
{
    return owe_mail(flow->parts->sealing, flow->parts->new_id(), tenant, user, kind, source_of(flow->request.head),
                    now);
}

std::optional<FieldError> password_refusal(const FlowParts& parts, std::string_view password,
                                           const signin::PasswordContext& context, const std::string& pointer)
{
    if (const auto wrong = signin::password_problem(password, context)) return signin::field_error(*wrong, pointer);
    const auto open = parts.entered();
    if (!open) throw std::runtime_error("this node is stopping");
    if (parts.breached.contains(password)) return signin::field_error(signin::PasswordProblem::breached, pointer);
    return std::nullopt;
}

}  // namespace winnow::api

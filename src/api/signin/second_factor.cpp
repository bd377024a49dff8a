#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/code_tries.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/flows.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <utility>

namespace winnow::api {

namespace {

using ports::TenantSession;
using signin::SignInState;

/// A second factor that was sent, and what became of it.
struct Proof {
    access::Principal who;
    crypto::SecretBytes password;  ///< Of a step-up.
    std::string code;
    std::string recovery_code;
    ports::User user;
    std::optional<ports::StoredPassword> stored;
    CodeTry tried;
    std::string token;  ///< The session's new one, where it was right.
};
using ProofPtr = std::shared_ptr<Proof>;

Result<Done> read_codes(FieldReader& fields, Proof& proof)
{
    constexpr std::size_t kMaxCode = 64;
    proof.code = fields.text("code", {1, kMaxCode}).value_or("");
    proof.recovery_code = fields.text("recovery_code", {1, kMaxCode}).value_or("");
    if (!proof.code.empty() && !proof.recovery_code.empty()) fields.error("recovery_code", "send it without a code");
    return fields.finish();
}

std::vector<std::string> amr_of(std::string_view first, FactorShown shown)
{
    // RFC 8176 has no word for recovery codes.
    if (shown == FactorShown::recovery_code) return {std::string(first), "mfa"};
    return {std::string(first), "otp", "mfa"};
}

/// Few are left: the user is told.
Result<Done> count_recovery_codes(const FlowPtr& flow, TenantSession& session, const Proof& proof, Timestamp now)
{
    const auto left = session.factors().recovery_codes_left(proof.user.id);
    if (!left) return left.error();
    if (*left >= signin::kFewRecoveryCodes) return Done{};
    return owe_mail(flow->parts->sealing, flow->parts->new_id(), session, proof.user,
                    signin::MailKind::few_recovery_codes, source_of(flow->request.head), now, {}, {},
                    static_cast<int>(*left));
}

/// A right factor: the session goes on as another one. `act`: what is recorded of it.
Result<Done> go_on(const FlowPtr& flow, TenantSession& session, Proof& proof, ports::UserSession half,
                   std::vector<std::string> amr, std::string_view act)
{
    const auto id = half.id;
    const auto now = proof.tried.now;
    const auto means = half.state == SignInState::password_ok ? means_of(half) : "password";
    const auto proven_at = proven_still(half).value_or(now);
    auto token = rotate_session(session, std::move(half), proof.user, std::move(amr), proven_at, now);
    if (!token) return token.error();
    proof.token = *std::move(token);
    if (!proof.recovery_code.empty()) {
        const auto told = count_recovery_codes(flow, session, proof, proof.tried.now);
        if (!told) return told.error();
    }
    const auto* const factor = proof.recovery_code.empty() ? "totp" : "recovery_code";
    return record(flow, session, act, "session:" + id.str(), actor_of(flow, proof.user.id, means),
                  {{"name", proof.user.name}, {"email", proof.user.email}, {"factor", factor}});
}

Result<Done> complete(const FlowPtr& flow, Proof& proof, TenantSession& session)
{
    auto half = locked_session(session, proof.who, SignInState::password_ok);
    if (!half) return half.error();
    auto user = session.users().find(half->user);
    if (!user) return user.error();
    proof.user = *std::move(user);
    auto tried = begin_code_try(flow, session, proof.who);
    if (!tried) return tried.error();
    proof.tried = *std::move(tried);
    if (proof.tried.refused) return Done{};
    const auto shown = take_factor(flow, session, proof.user.id, proof.code, proof.recovery_code, proof.tried.now);
    if (!shown) return shown.error();
    if (const auto kept = end_code_try(session, proof.tried, shown->has_value()); !kept) return kept.error();
    if (!*shown) {
        // One by one: who knows the password and tries codes never so often that a hold begins is seen, too.
        const auto* why = "wrong_code";
        if (proof.tried.hold_began) {
            why = "wrong_codes";
            const auto ended = session.sessions().end(half->id, signin::Ending::wrong_codes);
            if (!ended) return ended.error();
        }
        return record(flow, session, audit::kSignInFailed, "session:" + half->id.str(),
                      actor_of(flow, proof.user.id, means_of(*half)), {{"why", why}}, 401);
    }
    if (const auto noted = note_sign_in(session, *half); !noted) return noted.error();
    auto amr = amr_of(is_by_provider(*half) ? kByProvider : kByPassword, **shown);
    return go_on(flow, session, proof, *std::move(half), std::move(amr), "sign_in.succeed");
}

void conclude(const FlowPtr& flow, const ProofPtr& proof, bool signs_in)
{
    if (proof->tried.refused) return answer(flow, held(flow, *proof->tried.refused));
    if (proof->token.empty()) return answer(flow, sign_in_failed(flow, proof->tried.delay));
    auto response = json_response(200, {{"state", "active"}, {"methods", nlohmann::json::array()}});
    set_session_cookie(response, proof->token);
    if (signs_in) {
        set_device_cookie(response,
                          flow->parts->devices.make(proof->who.tenant, proof->who.user, flow->parts->clock()));
    }
    answer(flow, std::move(response));
}

/// Password and factor, both anew.
Result<Done> prove(const FlowPtr& flow, Proof& proof, bool password_right, TenantSession& session)
{
    auto whole = locked_session(session, proof.who, SignInState::active);
    if (!whole) return whole.error();
    auto user = session.users().find(whole->user);
    if (!user) return user.error();
    proof.user = *std::move(user);
    auto tried = begin_code_try(flow, session, proof.who);
    if (!tried) return tried.error();
    proof.tried = *std::move(tried);
    if (proof.tried.refused) return Done{};
    const auto stored = session.factors().password(proof.user.id);
    if (!stored) return stored.error();
    bool right = password_right && *stored && proof.stored && (*stored)->tag == proof.stored->tag;
    std::vector<std::string> amr{"pwd"};
    // A factor that nobody looks at is not used up.
    if (right && proof.user.has_factor) {
        const auto shown = take_factor(flow, session, proof.user.id, proof.code, proof.recovery_code, proof.tried.now);
        if (!shown) return shown.error();
        right = shown->has_value();
        if (right) amr = amr_of(kByPassword, **shown);
    }
    if (const auto kept = end_code_try(session, proof.tried, right); !kept) return kept.error();
    if (!right) {
        return record(flow, session, audit::kSignInFailed, "session:" + whole->id.str(),
                      actor_of(flow, proof.user.id, "session"), {{"why", "step_up"}}, 401);
    }
    return go_on(flow, session, proof, *std::move(whole), std::move(amr), "session.step_up");
}

void prove_with(const FlowPtr& flow, const ProofPtr& proof, bool password_right)
{
    in_tenant(
        flow, proof->who.tenant,
        [flow, proof, password_right](TenantSession& session) { return prove(flow, *proof, password_right, session); },
        [flow, proof] { conclude(flow, proof, false); });
}

}  // namespace

void complete_sign_in(const FlowPtr& flow)
{
    auto proof = std::make_shared<Proof>();
    FieldReader fields(flow->document);
    if (const auto read = read_codes(fields, *proof); !read) return fail(flow, read.error());
    with_session(flow, [flow, proof](ports::FoundSession found) {
        if (found.state != SignInState::password_ok) {
            return fail(flow, Error(ErrorCode::conflict, "this session is signed in already"));
        }
        proof->who = std::move(found.principal);
        in_tenant(
            flow, proof->who.tenant, [flow, proof](TenantSession& session) { return complete(flow, *proof, session); },
            [flow, proof] { conclude(flow, proof, true); });
    });
}

void step_up(const FlowPtr& flow)
{
    auto proof = std::make_shared<Proof>();
    FieldReader fields(flow->document);
    fields.read_only({"password"});
    if (const auto read = read_codes(fields, *proof); !read) return fail(flow, read.error());
    auto password = password_field(flow->document, "password");
    if (!password) return fail(flow, password.error());
    proof->password = *std::move(password);
    with_session(flow, [flow, proof](ports::FoundSession found) {
        if (found.state != SignInState::active) {
            return fail(flow, Error(ErrorCode::conflict, "this session is not signed in yet: POST /auth/mfa"));
        }
        proof->who = std::move(found.principal);
        in_tenant(
            flow, proof->who.tenant,
            [flow, proof](TenantSession& session) -> Result<Done> {
                const auto tried = look_at_code_try(flow, session, proof->who);
                if (!tried) return tried.error();
                proof->tried = *tried;
                auto stored = session.factors().password(proof->who.user);
                if (!stored) return stored.error();
                proof->stored = *std::move(stored);
                return Done{};
            },
            [flow, proof] {
                if (proof->tried.refused) return conclude(flow, proof, false);
                if (!signin::can_be_a_password(proof->password.view())) return prove_with(flow, proof, false);
                std::optional<crypto::PasswordHash> known;
                if (proof->stored) known = hash_of(*proof->stored);
                verify(flow, proof->password, std::move(known),
                       [flow, proof](identity::PasswordHasher::Verified verified) {
                           prove_with(flow, proof, verified.right);
                       });
            });
    });
}

}  // namespace winnow::api

#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/code_tries.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/flows.hpp"
#include "api/signin/recovery_codes.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/totp.hpp"
#include "winnow/signin/second_factor.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

using ports::TenantSession;
using signin::SignInState;

/// So many apps may make one user's codes.
constexpr std::size_t kMostFactors = 5;

struct Enrolment {
    access::Principal who;
    SignInState state = SignInState::active;
    FactorId factor;
    std::string code;
    CodeTry tried;
    nlohmann::json made;  ///< The answer.
    std::string token;    ///< The session's new one.
};
using EnrolmentPtr = std::shared_ptr<Enrolment>;

/// Who is signed in and has proven it of late, or who must enrol before being signed in.
void with_enroller(const FlowPtr& flow, const EnrolmentPtr& enrolment, std::move_only_function<void()> then)
{
    with_session(flow, [enrolment, then = std::move(then)](ports::FoundSession found) mutable {
        enrolment->who = std::move(found.principal);
        enrolment->state = found.state;
        then();
    });
}

/// Who has a factor shows it before another one is added.
Result<Done> may_enrol(const Enrolment& enrolment, const ports::User& user)
{
    if (enrolment.state == SignInState::password_ok && user.has_factor) {
        return Error(ErrorCode::permission_denied, "show the second factor that there is first: POST /auth/mfa");
    }
    return Done{};
}

Result<Done> begin(const FlowPtr& flow, Enrolment& enrolment, TenantSession& session)
{
    const auto own = locked_session(session, enrolment.who, enrolment.state);
    if (!own) return own.error();
    const auto user = session.users().find(enrolment.who.user);
    if (!user) return user.error();
    if (const auto may = may_enrol(enrolment, *user); !may) return may.error();
    const auto all = session.factors().totp(user->id);
    if (!all) return all.error();
    const auto active = std::ranges::count(*all, signin::FactorState::active, &ports::TotpFactor::state);
    if (static_cast<std::size_t>(active) >= kMostFactors) {
        return Error(ErrorCode::conflict, "a user has 5 second factors at most: delete one first");
    }
    const auto seed = crypto::make_totp_seed();
    ports::TotpFactor factor{.id = FactorId(flow->parts->new_id()), .user = user->id};
    auto sealed = flow->parts->sealing.seal(ports::totp_place(session.tenant(), factor.id), seed);
    if (!sealed) return sealed.error();
    factor.sealed = *std::move(sealed);
    if (const auto added = session.factors().add_totp(factor); !added) return added.error();
    enrolment.made = {{"id", factor.id.str()},
                      {"kind", "totp"},
                      {"secret", crypto::to_base32(seed)},
                      {"otpauth_uri", crypto::otpauth_uri(user->email, seed)}};
    return record(flow, session, "factor.begin", "factor:" + factor.id.str(), actor_of(flow, user->id, "session"),
                  {{"name", user->name}, {"email", user->email}, {"kind", "totp"}}, 201);
}

/// The step of the pending factor that the code is of; nullopt: of none.
Result<bool> takes_code(const FlowPtr& flow, const Enrolment& enrolment, TenantSession& session)
{
    const auto all = session.factors().totp(enrolment.who.user);
    if (!all) return all.error();
    const auto found = std::ranges::find(*all, enrolment.factor, &ports::TotpFactor::id);
    if (found == all->end() || found->state != signin::FactorState::pending) {
        return Error(ErrorCode::not_found, "there is no such factor that waits for its first code");
    }
    const auto seed = flow->parts->sealing.open(ports::totp_place(session.tenant(), found->id), found->sealed);
    if (!seed) return seed.error();
    const auto step = crypto::match_totp(*seed, enrolment.code, enrolment.tried.now, found->last_step);
    if (!step) return false;
    return session.factors().take_step(found->id, *step);
}

Result<Done> activate(const FlowPtr& flow, Enrolment& enrolment, TenantSession& session, ports::UserSession own)
{
    const auto user = session.users().find(enrolment.who.user);
    if (!user) return user.error();
    if (const auto active = session.factors().activate(enrolment.factor); !active) return active.error();
    const auto left = session.factors().recovery_codes_left(user->id);
    if (!left) return left.error();
    enrolment.made = {{"recovery_codes", nlohmann::json::array()}};
    if (*left == 0) {
        auto codes = new_recovery_codes(session, user->id, flow->parts->new_id);
        if (!codes) return codes.error();
        enrolment.made["recovery_codes"] = *std::move(codes);
    }
    const auto ended = end_access(session, user->id, signin::Ending::factor_changed, own.id);
    if (!ended) return ended.error();
    const bool signs_in = enrolment.state == SignInState::password_ok;
    const auto begun = own;
    // A code of a factor that the session itself has made proves nobody anew: the password, or a provider's word, was
    // shown when it was.
    const auto now = enrolment.tried.now;
    const auto proven_at = signs_in ? proven_still(begun).value_or(now) : begun.authenticated_at;
    std::vector<std::string> amr{std::string(is_by_provider(begun) ? kByProvider : kByPassword), "otp", "mfa"};
    auto token = rotate_session(session, std::move(own), *user, std::move(amr), proven_at, now);
    if (!token) return token.error();
    enrolment.token = *std::move(token);
    if (signs_in) {
        if (const auto noted = note_sign_in(session, begun); !noted) return noted.error();
    }
    const auto owed = owe_mail(flow, session, *user, signin::MailKind::factor_changed, enrolment.tried.now);
    if (!owed) return owed.error();
    return record(flow, session, "factor.activate", "factor:" + enrolment.factor.str(),
                  actor_of(flow, user->id, signs_in ? means_of(begun) : "session"),
                  {{"name", user->name}, {"email", user->email}, {"kind", "totp"}, {"signs_in", signs_in}});
}

Result<Done> confirm(const FlowPtr& flow, Enrolment& enrolment, TenantSession& session)
{
    auto own = locked_session(session, enrolment.who, enrolment.state);
    if (!own) return own.error();
    const auto user = session.users().find(enrolment.who.user);
    if (!user) return user.error();
    if (const auto may = may_enrol(enrolment, *user); !may) return may.error();
    auto tried = begin_code_try(flow, session, enrolment.who);
    if (!tried) return tried.error();
    enrolment.tried = *std::move(tried);
    if (enrolment.tried.refused) return Done{};
    const auto right = takes_code(flow, enrolment, session);
    if (!right) return right.error();
    if (const auto kept = end_code_try(session, enrolment.tried, *right); !kept) return kept.error();
    if (!*right) return Done{};
    return activate(flow, enrolment, session, *std::move(own));
}

void conclude(const FlowPtr& flow, const EnrolmentPtr& enrolment)
{
    const auto& tried = enrolment->tried;
    if (tried.refused) return answer(flow, held(flow, *tried.refused));
    if (enrolment->token.empty()) {
        auto response = refused(flow, 422, "wrong_code", "that code is not one of this factor's, of about now");
        response.after = tried.delay;
        return answer(flow, std::move(response));
    }
    auto response = json_response(200, enrolment->made);
    set_session_cookie(response, enrolment->token);
    if (enrolment->state == SignInState::password_ok) {
        set_device_cookie(response,
                          flow->parts->devices.make(enrolment->who.tenant, enrolment->who.user, flow->parts->clock()));
    }
    answer(flow, std::move(response));
}

}  // namespace

void begin_factor(const FlowPtr& flow)
{
    FieldReader fields(flow->document);
    static_cast<void>(fields.word("kind", {"totp"}, Need::required));
    if (const auto read = fields.finish(); !read) return fail(flow, read.error());
    auto enrolment = std::make_shared<Enrolment>();
    with_enroller(flow, enrolment, [flow, enrolment] {
        in_tenant(
            flow, enrolment->who.tenant,
            [flow, enrolment](TenantSession& session) { return begin(flow, *enrolment, session); },
            [flow, enrolment] { answer(flow, json_response(201, enrolment->made)); });
    });
}

void confirm_factor(const FlowPtr& flow)
{
    auto enrolment = std::make_shared<Enrolment>();
    FieldReader fields(flow->document);
    enrolment->code = fields.text("code", {1, 64}, Need::required).value_or("");
    if (const auto read = fields.finish(); !read) return fail(flow, read.error());
    const auto id = FactorId::parse(flow->parameter);
    if (!id) return fail(flow, Error(ErrorCode::not_found, "there is no such object"));
    enrolment->factor = *id;
    with_enroller(flow, enrolment, [flow, enrolment] {
        in_tenant(
            flow, enrolment->who.tenant,
            [flow, enrolment](TenantSession& session) { return confirm(flow, *enrolment, session); },
            [flow, enrolment] { conclude(flow, enrolment); });
    });
}

}  // namespace winnow::api

#include "api/oidc/login.hpp"
#include "api/signin/cookies.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/oidc/jws.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using identity::ProviderDocuments;
using ports::TenantSession;
using signin::AfterPassword;
using signin::Throttled;

/// The same bytes whatever it was.
http::Response refusal_of(const FlowPtr& flow)
{
    return refused(flow, 403, "sign_in_refused", "this sign-in was refused: begin anew, or ask your admin");
}

/// Of the network that it came from, as a wrong password is.
Result<Done> count_failure(const FlowPtr& flow, TenantSession& session)
{
    auto& throttles = session.throttles();
    const auto network = network_of(flow);
    const auto before = throttles.lock(Throttled::network, network);
    if (!before) return before.error();
    const auto now = throttles.now();
    if (!now) return now.error();
    return throttles.keep(Throttled::network, network, signin::count(Throttled::network, *before, *now).bucket, *now);
}

/// Whose doing it is that somebody is not let in.
enum class Doing : std::uint8_t {
    comer,     ///< It could be a guess.
    provider,  ///< Nobody guesses by it: the provider is away or is set up wrongly, or the person thought better of it.
};

/// Nothing holds back whoever makes what is nobody's guess: of each kind five an hour are recorded.
Result<bool> is_told(const ProviderLogin& login, TenantSession& session)
{
    auto& throttles = session.throttles();
    const auto bucket = crypto::sha256("provider_fault:" + login.provider.id.str() + ':' + login.refusal);
    const auto before = throttles.lock(Throttled::request, bucket);
    if (!before) return before.error();
    const auto now = throttles.now();
    if (!now) return now.error();
    if (signin::held_for(Throttled::request, *before, *now)) return false;
    const auto counted = signin::count(Throttled::request, *before, *now);
    if (const auto kept = throttles.keep(Throttled::request, bucket, counted.bucket, *now); !kept) return kept.error();
    return true;
}

/// What was refused after its row was used up is recorded: without having begun a login in this browser nobody makes
/// such records. What could be a guess is counted, and so many are possible within a quarter of an hour at most.
void refuse_and_record(const FlowPtr& flow, const LoginPtr& login, std::string why, Doing whose = Doing::comer)
{
    login->refusal = std::move(why);
    auto response = refusal_of(flow);
    clear_login_cookie(response);
    answer(flow, std::move(response));
    afterwards(flow, login->tenant, [flow, login, whose](TenantSession& session) -> Result<Done> {
        if (whose == Doing::comer) {
            if (const auto counted = count_failure(flow, session); !counted) return counted;
        } else if (const auto told = is_told(*login, session); !told || !*told) {
            return told ? Result<Done>(Done{}) : told.error();
        }
        return record(flow, session, audit::kSignInFailed, "oidc_provider:" + login->provider.id.str(),
                      {.id = "anonymous", .means = "oidc", .request_id = flow->request.head.request_id},
                      {{"provider", login->provider.name}, {"why", login->refusal}}, 403);
    });
}

void refuse_and_record(const FlowPtr& flow, const LoginPtr& login, oidc::Refusal why, Doing whose = Doing::comer)
{
    refuse_and_record(flow, login, std::string(to_string(why)), whose);
}

// ---------------------------------------------------------------- the row

std::optional<oidc::StoredLogin> as_stored(const ProviderLogin& login, const std::optional<ports::OidcLogin>& row)
{
    if (!row) return std::nullopt;
    return oidc::StoredLogin{.id = row->id,
                             .tenant = login.tenant,
                             .provider = row->provider.value(),
                             .binding = row->binding,
                             .expires_at = row->expires_at,
                             .used = row->used};
}

/// The row belongs to who comes, and is used up, whatever comes of it; or ProviderLogin::refusal.
Result<Done> take_login(const FlowPtr& flow, ProviderLogin& login, const std::string& state, TenantSession& session)
{
    const auto loaded = load_provider(flow, login, session);
    if (!loaded && loaded.error().code() == ErrorCode::not_found) {
        login.refusal = "no_such_provider";
        return Done{};
    }
    if (!loaded || login.held) return loaded;
    login.back.tenant = login.tenant;
    login.back.provider = login.provider.id.value();
    const auto hash = crypto::token_hash(state);
    const auto row = hash ? session.oidc().lock_login(*hash) : Result<std::optional<ports::OidcLogin>>(std::nullopt);
    if (!row) return row.error();
    const auto& key = flow->parts->login_key;
    if (const auto judged = oidc::judge_return(as_stored(login, *row), login.back, key, login.now); !judged) {
        login.refusal = to_string(judged.error());
        return Done{};
    }
    login.stored = **row;
    login.verifier = oidc::verifier_of(key, login.stored.id, *login.back.cookie);
    auto secret = flow->parts->sealing.open(ports::oidc_secret_place(login.tenant, login.provider.id),
                                            login.provider.sealed_secret);
    if (!secret) return secret.error();
    login.secret = *std::move(secret);
    return session.oidc().use_login(login.stored.id);
}

// ---------------------------------------------------------------- in

/// A page of our own that leads on: a redirect would still be the other site's navigation, with which a browser sends
/// no Strict cookie.
http::Response lead_on(const std::string& path)
{
    std::string escaped;
    for (const char c : path) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#39;"; break;
            default: escaped += c;
        }
    }
    return {200, "text/html; charset=utf-8",
            "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=" + escaped + "\"><a href=\"" + escaped +
                "\">Winnow</a>\n"};
}

/// Behind a '#', of which no server hears, the page is told what is still to be shown.
std::string path_after(const ProviderLogin& login)
{
    if (login.after == AfterPassword::active) return login.stored.return_to;
    return login.stored.return_to.substr(0, login.stored.return_to.find('#')) + '#' +
           std::string(to_string(login.after));
}

void conclude(const FlowPtr& flow, const LoginPtr& login)
{
    if (!login->refusal.empty()) return refuse_and_record(flow, login, login->refusal);
    if (!login->elsewhere.empty()) {
        auto response = refused(flow, 403, "address_not_allowed", login->elsewhere);
        clear_login_cookie(response);
        return answer(flow, std::move(response));
    }
    auto response = lead_on(path_after(*login));
    clear_login_cookie(response);
    set_session_cookie(response, login->begun.token);
    if (login->after == AfterPassword::active) {
        set_device_cookie(response, flow->parts->devices.make(login->tenant, login->user.id, flow->parts->clock()));
    }
    answer(flow, std::move(response));
}

void enter(const FlowPtr& flow, const LoginPtr& login)
{
    in_tenant(
        flow, login->tenant,
        [flow, login](TenantSession& session) { return let_in_by_provider(flow, *login, session); },
        [flow, login] { conclude(flow, login); });
}

// ---------------------------------------------------------------- the token

std::vector<oidc::Algorithm> allowed_of(const ports::OidcProvider& provider)
{
    std::vector<oidc::Algorithm> allowed;
    for (const auto& word : provider.algorithms) {
        if (const auto algorithm = oidc::parse_algorithm(word)) allowed.push_back(*algorithm);
    }
    return allowed;
}

oidc::Expected expected_of(const FlowPtr& flow, const ProviderLogin& login)
{
    oidc::Expected expected{.issuer = login.provider.issuer,
                            .client_id = login.provider.client_id,
                            .nonce = login.stored.nonce,
                            .access_token = login.answer.access_token,
                            .now = flow->parts->clock(),
                            .values_claim = login.provider.roles.claim};
    if (login.stored.prove_anew) expected.proven_since = login.stored.expires_at - oidc::kLoginLife;
    return expected;
}

void judge_token(const FlowPtr& flow, const LoginPtr& login)
{
    const auto verified = oidc::verify(login->answer.id_token, login->known->keys, allowed_of(login->provider));
    if (!verified && verified.error() == oidc::Refusal::unknown_key && !std::exchange(login->asked_anew, true)) {
        return know_provider(flow, login, true, [flow, login](ProviderDocuments::Found found) {
            if (!found) return refuse_and_record(flow, login, found.error().word, Doing::provider);
            login->known = *std::move(found);
            judge_token(flow, login);
        });
    }
    if (!verified) return refuse_and_record(flow, login, verified.error());
    auto person = oidc::judge(*verified, expected_of(flow, *login));
    crypto::cleanse(login->answer.access_token);
    if (!person) return refuse_and_record(flow, login, person.error());
    login->person = *std::move(person);
    enter(flow, login);
}

void redeem(const FlowPtr& flow, const LoginPtr& login, const std::string& code)
{
    constexpr int kOk = 200;
    constexpr int kWrongCode = 400;  // invalid_grant (RFC 6749 section 5.2)
    oidc::TokenCall call{.code = code,
                         .redirect_uri = redirect_uri(flow->parts->origin, login->provider.id),
                         .verifier = login->verifier,
                         .client_id = login->provider.client_id};
    ports::Fetch what;
    what.tenant = login->tenant;
    what.url = login->known->metadata.token_endpoint;
    what.max_bytes = oidc::kMaxTokenAnswerBytes;
    if (login->provider.auth == ports::ClientAuth::post) {
        call.secret = login->secret;
    } else {
        what.authorization = oidc::basic_authorization(login->provider.client_id, login->secret);
    }
    what.form = oidc::token_body(call);
    crypto::cleanse(login->secret);
    flow->parts->fetcher.fetch(std::move(what), [flow, login](Result<ports::Fetched> fetched) {
        if (!fetched) return refuse_and_record(flow, login, "away", Doing::provider);
        if (fetched->status != kOk) {
            const auto whose = fetched->status == kWrongCode ? Doing::comer : Doing::provider;
            return refuse_and_record(flow, login, "status", whose);
        }
        auto read = oidc::read_token_answer(fetched->body);
        crypto::cleanse(fetched->body);
        if (!read) return refuse_and_record(flow, login, read.error(), Doing::provider);
        login->answer = *std::move(read);
        judge_token(flow, login);
    });
}

void go_on(const FlowPtr& flow, const LoginPtr& login)
{
    if (login->held) return answer(flow, held(flow, *login->held));
    // What is no login of this browser's is not recorded: anybody can send such a thing, and have it sent.
    if (!login->refusal.empty()) return answer(flow, refusal_of(flow));
    know_provider(flow, login, false, [flow, login](ProviderDocuments::Found found) {
        if (!found) return refuse_and_record(flow, login, found.error().word, Doing::provider);
        login->known = *std::move(found);
        const auto code = oidc::judge_answer(login->back, login->known->metadata);
        if (!code) {
            const bool denied = code.error() == oidc::Refusal::denied;
            return refuse_and_record(flow, login, code.error(), denied ? Doing::provider : Doing::comer);
        }
        redeem(flow, login, *code);
    });
}

/// One that is there more than once is not there.
std::optional<std::string> sole(const http::RequestHead& head, std::string_view name)
{
    std::optional<std::string> found;
    for (auto& [each, value] : head.query_parameters()) {
        if (each != name) continue;
        if (found) return std::nullopt;
        found = std::move(value);
    }
    return found;
}

}  // namespace

void end_provider_login(const FlowPtr& flow)
{
    with_provider(flow, [flow](const LoginPtr& login) {
        if (!login) return answer(flow, refusal_of(flow));
        const auto& head = flow->request.head;
        if (!is_ambiguous(head, kLoginCookie)) login->back.cookie = cookie_of(head, kLoginCookie);
        login->back.code = sole(head, "code");
        login->back.error = sole(head, "error");
        login->back.issuer = sole(head, "iss");
        in_tenant(
            flow, login->tenant,
            [flow, login, state = sole(head, "state").value_or("")](TenantSession& session) {
                return take_login(flow, *login, state, session);
            },
            [flow, login] { go_on(flow, login); });
    });
}

}  // namespace winnow::api

#include "api/signin/flow.hpp"

#include "api/calls/credential.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/browser_guard.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/session_door.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/audit_store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::size_t kMaxSource = 64;
constexpr std::size_t kMaxAgentBytes = 256;
constexpr std::string_view kSignOut = "signOut";

Error stopping()
{
    return {ErrorCode::unavailable, "this node is stopping: try again"};
}

Error not_signed_in()
{
    return {ErrorCode::unauthenticated, "sign in first: there is no session, or it is over"};
}

/// Why the session is of no use for this; nullopt: it is.
std::optional<http::Response> session_refusal(const Flow& flow, const ports::FoundSession& found)
{
    // Whoever has the token may end it: from anywhere, however often, and of a suspended tenant, too.
    if (flow.route.operation_id == kSignOut) return std::nullopt;
    const auto& who = found.principal;
    const auto& head = flow.request.head;
    const auto permission = flow.route.permission;
    const auto forbidden = [&](std::string_view code, const std::string& why) {
        return problem(403, code, why, {}, instance_of(head.request_id));
    };
    if (!access::is_in_place(who, head.remote_address)) {
        return forbidden("address_not_allowed", why_not_from(who, head.remote_address));
    }
    if (const auto fast = flow.parts->rates->refusal(who, domain::RateClass::write, 1)) {
        return rate_refusal(*fast, {}, head.request_id);
    }
    if (!access::allows(who, permission)) return forbidden("forbidden", why_forbidden(who, permission));
    // Who is only half signed in has just shown the password.
    if (found.state != signin::SignInState::active) return std::nullopt;
    return step_up_refusal(who, permission, flow.parts->clock(), head.request_id);
}

}  // namespace

FlowParts::FlowParts(const SignInParts& parts, ports::TenantDatabase& tenants, ports::Sealing& secrets,
                     const domain::TenantLimits& of_tenants, std::shared_ptr<Rates> accounts,
                     std::function<Timestamp()> now, std::function<Uuid()> id)
    : database(tenants),
      door(parts.door),
      hasher(parts.hasher),
      breached(parts.breached),
      documents(parts.documents),
      fetcher(parts.fetcher),
      reaches(parts.reaches),
      sealing(secrets),
      rates(std::move(accounts)),
      bucket_key(crypto::derive_key(parts.key, "buckets")),
      login_key(crypto::derive_key(parts.key, "logins by providers")),
      devices(crypto::derive_key(parts.key, "known browsers")),
      origin(origin_of(parts.public_url)),
      limits(of_tenants),
      clock(std::move(now)),
      new_id(std::move(id))
{
}

std::shared_lock<std::shared_mutex> FlowParts::entered() const
{
    std::shared_lock lock(mutex_);
    if (closed_) lock.unlock();
    return lock;
}

void FlowParts::close() const
{
    const std::unique_lock lock(mutex_);
    closed_ = true;
}

std::string FlowParts::bucket(std::string_view subject) const
{
    return crypto::hmac_sha256(bucket_key, subject);
}

Flow::Flow(std::shared_ptr<const FlowParts> shared, const Route& way, http::Request asked, http::ResponseSink answer)
    : parts(std::move(shared)), route(way), request(std::move(asked)), sink(std::move(answer))
{
    ++parts->under_way;
}

Flow::~Flow()
{
    for (auto& member : document) {
        if (auto* const text = member.get_ptr<std::string*>()) crypto::cleanse(*text);
    }
    if (waits_of_) {
        parts->at_providers.leave(*waits_of_);
    } else {
        --parts->under_way;
    }
}

bool Flow::waits_for_provider(TenantId tenant)
{
    if (!parts->at_providers.enter(tenant)) return false;
    waits_of_ = tenant;
    --parts->under_way;
    return true;
}

void answer(const FlowPtr& flow, http::Response response)
{
    keep_private(response);
    ask_for_cookie(response);
    flow->sink(std::move(response));
}

void fail(const FlowPtr& flow, const Error& error)
{
    const auto& id = flow->request.head.request_id;
    if (error.code() == ErrorCode::internal) {
        observe::error("a request of signing in failed", {{"request_id", id}, {"reason", error.message()}});
    }
    answer(flow, problem(error, instance_of(id)));
}

http::Response refused(const FlowPtr& flow, int status, std::string_view code, std::string_view detail)
{
    return problem(status, code, detail, {}, instance_of(flow->request.head.request_id));
}

http::Response sign_in_failed(const FlowPtr& flow, std::chrono::milliseconds after)
{
    auto response = refused(flow, 401, "sign_in_failed", "that was not right");
    response.after = after;
    return response;
}

http::Response held(const FlowPtr& flow, std::chrono::milliseconds for_how_long)
{
    auto response = refused(flow, 429, "sign_in_held", "too many tries went wrong; wait, then try again");
    const auto seconds = std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(for_how_long).count(), 1);
    response.set("Retry-After", std::to_string(seconds));
    return response;
}

http::Response step_up_required(const access::Principal& who, std::string_view request_id)
{
    auto response =
        problem(403, "step_up_required",
                who.by_provider ? "prove it at your provider again: GET /auth/oidc/{id}/start?prove_anew=true"
                                : "show password and code again: POST /auth/step-up",
                {}, instance_of(request_id));
    auto document = nlohmann::json::parse(response.body.text());
    document["methods"] =
        who.by_provider ? nlohmann::json::array({"oidc"}) : nlohmann::json::array({"password", "totp"});
    response.body = dump(document);
    return response;
}

void in_tenant(const FlowPtr& flow, TenantId tenant, FlowJob job, std::move_only_function<void()> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->database.submit(tenant, std::move(job),
                                 [flow, then = std::move(then)](const Result<Done>& done) mutable {
                                     if (!done) return fail(flow, done.error());
                                     then();
                                 });
}

void afterwards(const FlowPtr& flow, TenantId tenant, FlowJob job)
{
    const auto open = flow->parts->entered();
    if (!open) return;
    flow->parts->database.submit(tenant, std::move(job),
                                 [id = flow->request.head.request_id](const Result<Done>& done) {
                                     if (done) return;
                                     observe::warn("what follows a sign-in could not be done",
                                                   {{"request_id", id}, {"reason", done.error().message()}});
                                 });
}

std::string folded_service_code(std::string_view typed)
{
    std::string code(typed);
    for (auto& c : code) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return code;
}

void find_tenant(const FlowPtr& flow, const std::string& service_code,
                 std::move_only_function<void(std::optional<ports::TenantAtDoor>)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->door.tenant_of_code(
        service_code, [flow, then = std::move(then)](Result<std::optional<ports::TenantAtDoor>> found) mutable {
            if (!found) return fail(flow, found.error());
            then(*std::move(found));
        });
}

void find_link(const FlowPtr& flow, const std::string& token_hash,
               std::move_only_function<void(std::optional<TenantId>)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->door.tenant_of_link(token_hash,
                                     [flow, then = std::move(then)](Result<std::optional<TenantId>> found) mutable {
                                         if (!found) return fail(flow, found.error());
                                         then(*found);
                                     });
}

void find_providers(const FlowPtr& flow, const std::string& service_code,
                    std::move_only_function<void(const std::vector<ports::ProviderAtDoor>&)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->door.providers_of_code(
        service_code,
        [flow, then = std::move(then)](Result<std::optional<std::vector<ports::ProviderAtDoor>>> found) mutable {
            if (!found) return fail(flow, found.error());
            then(found->value_or(std::vector<ports::ProviderAtDoor>()));
        });
}

void find_provider(const FlowPtr& flow, OidcProviderId provider,
                   std::move_only_function<void(std::optional<TenantId>)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->door.tenant_of_provider(provider.str(),
                                         [flow, then = std::move(then)](Result<std::optional<TenantId>> found) mutable {
                                             if (!found) return fail(flow, found.error());
                                             then(*found);
                                         });
}

void verify(const FlowPtr& flow, const crypto::SecretBytes& password, std::optional<crypto::PasswordHash> known,
            std::move_only_function<void(identity::PasswordHasher::Verified)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->hasher.verify(
        std::string(password.view()), std::move(known),
        [flow, then = std::move(then)](Result<identity::PasswordHasher::Verified> verified) mutable {
            if (!verified) return fail(flow, verified.error());
            then(*verified);
        });
}

void hash(const FlowPtr& flow, const crypto::SecretBytes& password,
          std::move_only_function<void(crypto::PasswordHash)> then)
{
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->hasher.hash(std::string(password.view()),
                             [flow, then = std::move(then)](Result<crypto::PasswordHash> hashed) mutable {
                                 if (!hashed) return fail(flow, hashed.error());
                                 then(*std::move(hashed));
                             });
}

void with_session(const FlowPtr& flow, std::move_only_function<void(ports::FoundSession)> then)
{
    const auto& head = flow->request.head;
    if (is_ambiguous(head, kSessionCookie)) {
        return answer(flow, refused(flow, 400, "two_credentials", "the session's cookie stands twice"));
    }
    const auto cookie = cookie_of(head, kSessionCookie);
    auto hash = cookie ? crypto::token_hash(*cookie) : std::nullopt;
    if (!hash) return fail(flow, not_signed_in());
    const auto open = flow->parts->entered();
    if (!open) return fail(flow, stopping());
    flow->parts->door.find_session(
        *std::move(hash), [flow, then = std::move(then)](Result<std::optional<ports::FoundSession>> found) mutable {
            if (!found) return fail(flow, found.error());
            if (!*found) return fail(flow, not_signed_in());
            if (flow->recorder) {
                flow->sink = flow->recorder((*found)->principal, flow->request.head, std::move(flow->sink));
            }
            if (auto refusal = session_refusal(*flow, **found)) return answer(flow, *std::move(refusal));
            then(std::move(**found));
        });
}

Result<Done> record(const FlowPtr& flow, ports::TenantSession& session, std::string_view act, const std::string& object,
                    const audit::Actor& actor, nlohmann::json what, int status)
{
    what["address"] = source_of(flow->request.head);
    if (auto agent = user_agent_of(flow->request.head); !agent.empty()) what["user_agent"] = std::move(agent);
    auto detail = dump(what);
    if (detail.size() > audit::kMaxDetailBytes) detail = dump({{"left_out_bytes", detail.size()}});
    const auto appended = session.audit().append(
        {.actor = actor, .name = std::string(act), .object = object, .result = status, .detail = std::move(detail)});
    if (!appended) return appended.error();
    return Done{};
}

audit::Actor actor_of(const FlowPtr& flow, UserId user, std::string_view means)
{
    return {.id = "user:" + user.str(), .means = std::string(means), .request_id = flow->request.head.request_id};
}

std::string network_of(const FlowPtr& flow)
{
    const auto address = parse_address(flow->request.head.remote_address);
    return flow->parts->bucket(address ? signin::network_subject(*address)
                                       : "network:" + flow->request.head.remote_address);
}

std::string source_of(const http::RequestHead& head)
{
    return std::string(truncate_utf8(head.remote_address, kMaxSource));
}

std::string user_agent_of(const http::RequestHead& head)
{
    const auto agent = head.header("User-Agent");
    // Whatever a client calls itself, the database takes text.
    return is_valid_utf8(agent) ? std::string(truncate_utf8(agent, kMaxAgentBytes)) : std::string();
}

}  // namespace winnow::api

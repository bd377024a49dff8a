#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/flows.hpp"
#include "api/signin/steps.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <memory>
#include <utility>

namespace winnow::api {

namespace {

using ports::TenantSession;
using signin::AfterPassword;
using signin::Throttled;

/// One try: what was sent, and what was found of it. The same is asked and stored for whoever does not exist.
struct Try {
    std::string service_code;
    std::string email;
    crypto::SecretBytes password;

    std::optional<ports::TenantAtDoor> tenant;
    TenantId counted_in;  ///< The tenant, or nobody's.
    std::string network;  ///< Names its bucket, and so does what follows.
    std::string subject;
    Throttled kind = Throttled::account;
    std::optional<ports::User> user;  ///< Who could sign in with a password.
    std::optional<ports::StoredPassword> stored;
    std::optional<std::chrono::milliseconds> refused;

    signin::Settled settled;
    std::string elsewhere;  ///< Why a right password lets nobody in from here; "": it does.
    NewSession begun;
    AfterPassword after = AfterPassword::active;
    bool outdated = false;
    Timestamp now;
};
using TryPtr = std::shared_ptr<Try>;

Result<TryPtr> read_try(nlohmann::json& document)
{
    auto tried = std::make_shared<Try>();
    FieldReader fields(document);
    tried->service_code = folded_service_code(fields.text("service_code", {1, 64}, Need::required).value_or(""));
    tried->email = fields.text("email", {1, 254}, Need::required).value_or("");
    fields.read_only({"password"});
    if (const auto read = fields.finish(); !read) return read.error();
    auto password = password_field(document, "password");
    if (!password) return password.error();
    tried->password = *std::move(password);
    return tried;
}

/// The browser's bucket where it is one in which this user has signed in before, else the account's.
void choose_bucket(const FlowPtr& flow, Try& tried)
{
    const auto& parts = *flow->parts;
    tried.subject = parts.bucket(signin::account_subject(tried.service_code, tried.email));
    const auto cookie = cookie_of(flow->request.head, kDeviceCookie);
    if (!cookie || !tried.tenant || !tried.user) return;
    const auto device = parts.devices.read(*cookie, tried.tenant->id, tried.user->id, parts.clock());
    if (!device) return;
    tried.kind = Throttled::device;
    tried.subject = parts.bucket(signin::device_subject(tried.service_code, tried.email, *device));
}

Result<Done> look(const FlowPtr& flow, Try& tried, TenantSession& session)
{
    const auto now = session.throttles().now();
    if (!now) return now.error();
    auto user = session.users().find_by_email(tried.email);
    if (!user) return user.error();
    // Whoever is not there takes as many questions as who is.
    if (!*user) static_cast<void>(session.users().find(UserId()));
    const bool is_barred = *user && tried.tenant && tried.tenant->closing && (*user)->role != access::Role::admin;
    if (*user && !is_barred && (*user)->state() == signin::UserState::active) tried.user = **std::move(user);
    auto stored = session.factors().password(tried.user ? tried.user->id : UserId());
    if (!stored) return stored.error();
    tried.stored = *std::move(stored);
    choose_bucket(flow, tried);
    const auto network = session.throttles().seen(Throttled::network, tried.network);
    if (!network) return network.error();
    const auto subject = session.throttles().seen(tried.kind, tried.subject);
    if (!subject) return subject.error();
    tried.refused = signin::refusal({.network = *network, .kind = tried.kind, .subject = *subject}, *now);
    return Done{};
}

/// Whether it is the right password still: nobody has disabled the user meanwhile, or chosen another one.
Result<bool> is_right_still(Try& tried, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto user = session.users().find(tried.user->id);
    if (!user) return user.error().code() == ErrorCode::not_found ? Result<bool>(false) : user.error();
    const auto stored = session.factors().password(tried.user->id);
    if (!stored) return stored.error();
    tried.user = *std::move(user);
    return tried.user->state() == signin::UserState::active && *stored && (*stored)->tag == tried.stored->tag;
}

Result<Done> let_in(const FlowPtr& flow, Try& tried, TenantSession& session)
{
    auto elsewhere = why_elsewhere(flow, tried.user->role, session);
    if (!elsewhere) return elsewhere.error();
    tried.elsewhere = *std::move(elsewhere);
    if (!tried.elsewhere.empty()) {
        return record(flow, session, audit::kSignInFailed, "user:" + tried.user->id.str(),
                      actor_of(flow, tried.user->id, "password"),
                      {{"name", tried.user->name}, {"email", tried.user->email}, {"code", "address_not_allowed"}}, 403);
    }
    const auto policy = session.sessions().policy();
    if (!policy) return policy.error();
    const auto& user = *tried.user;
    tried.after = signin::after_password(
        policy->mfa, {.role = user.role, .required = user.mfa_required, .enrolled = user.has_factor});
    const bool fully = tried.after == AfterPassword::active;
    auto begun = begin_session(flow, session, user, fully, tried.now);
    if (!begun) return begun.error();
    tried.begun = *std::move(begun);
    if (!fully) return Done{};
    if (const auto noted = session.factors().note_sign_in(user.id); !noted) return noted.error();
    return record(flow, session, "sign_in.succeed", "session:" + tried.begun.session.id.str(),
                  actor_of(flow, user.id, "password"), {{"name", user.name}, {"email", user.email}});
}

Result<Done> settle(const FlowPtr& flow, Try& tried, bool right, TenantSession& session)
{
    if (right) {
        const auto still = is_right_still(tried, session);
        if (!still) return still.error();
        right = *still;
    }
    auto& throttles = session.throttles();
    const auto network = throttles.lock(Throttled::network, tried.network);
    if (!network) return network.error();
    const auto subject = throttles.lock(tried.kind, tried.subject);
    if (!subject) return subject.error();
    const auto now = throttles.now();
    if (!now) return now.error();
    tried.now = *now;
    tried.settled = signin::settle({.network = *network, .kind = tried.kind, .subject = *subject}, right, *now);
    const auto& buckets = tried.settled.buckets;
    if (const auto kept = throttles.keep(Throttled::network, tried.network, buckets.network, *now); !kept) {
        return kept.error();
    }
    if (tried.settled.signed_in) {
        if (const auto in = let_in(flow, tried, session); !in) return in.error();
        // Until somebody is in, by a second factor, too, nothing is forgotten of what was wrong before.
        if (!tried.elsewhere.empty() || tried.after != AfterPassword::active) {
            return throttles.keep(tried.kind, tried.subject, *subject, *now);
        }
    }
    return throttles.keep(tried.kind, tried.subject, buckets.subject, *now);
}

/// Of users that there are: who tries names costs the tenant's log nothing.
void record_failure(const FlowPtr& flow, const TryPtr& tried)
{
    if (!tried->tenant || !tried->user) return;
    afterwards(flow, tried->tenant->id, [flow, tried](TenantSession& session) -> Result<Done> {
        const auto& user = *tried->user;
        if (tried->settled.many_holds) {
            const auto owed = owe_mail(flow, session, user, signin::MailKind::sign_in_held, tried->now);
            if (!owed) return owed.error();
        }
        const bool was_held = tried->settled.hold_began;
        return record(flow, session, was_held ? audit::kSignInHeld : audit::kSignInFailed, "user:" + user.id.str(),
                      {.id = "anonymous", .means = "none", .request_id = flow->request.head.request_id},
                      {{"email", user.email}}, was_held ? 429 : 401);
    });
}

/// Parameters were raised, or the pepper is a new one: nobody waits for it.
void renew_hash(const FlowPtr& flow, const TryPtr& tried)
{
    const auto open = flow->parts->entered();
    if (!open) return;
    flow->parts->hasher.hash(std::string(tried->password.view()), [flow, tried](Result<crypto::PasswordHash> hash) {
        if (!hash) return;  // at the next sign-in
        afterwards(flow, tried->tenant->id, [tried, hash = *std::move(hash)](TenantSession& session) {
            return session.factors().renew_password(tried->user->id, *tried->stored, stored_of(hash));
        });
    });
}

void conclude(const FlowPtr& flow, const TryPtr& tried)
{
    const auto& settled = tried->settled;
    if (!settled.signed_in) {
        answer(flow, settled.refused ? held(flow, *settled.refused) : sign_in_failed(flow, settled.delay));
        return record_failure(flow, tried);
    }
    if (!tried->elsewhere.empty()) {
        return answer(flow, refused(flow, 403, "address_not_allowed", tried->elsewhere));
    }
    auto methods = nlohmann::json::array();
    if (tried->after != AfterPassword::active) methods.push_back("totp");
    if (tried->after == AfterPassword::mfa_required) methods.push_back("recovery_code");
    auto response = json_response(200, {{"state", to_string(tried->after)}, {"methods", methods}});
    set_session_cookie(response, tried->begun.token);
    if (tried->after == AfterPassword::active) {
        set_device_cookie(response,
                          flow->parts->devices.make(tried->tenant->id, tried->user->id, flow->parts->clock()));
    }
    answer(flow, std::move(response));
    if (tried->outdated) renew_hash(flow, tried);
}

void verified(const FlowPtr& flow, const TryPtr& tried, const identity::PasswordHasher::Verified& found)
{
    tried->outdated = found.outdated;
    const bool right = found.right && tried->tenant && tried->user && tried->stored;
    in_tenant(
        flow, tried->counted_in,
        [flow, tried, right](TenantSession& session) { return settle(flow, *tried, right, session); },
        [flow, tried] { conclude(flow, tried); });
}

void check(const FlowPtr& flow, const TryPtr& tried)
{
    if (tried->refused) return answer(flow, held(flow, *tried->refused));
    // What can be nobody's password is wrong for everybody, and costs nobody a hash.
    if (!signin::can_be_a_password(tried->password.view())) return verified(flow, tried, {});
    std::optional<crypto::PasswordHash> known;
    if (tried->stored) known = hash_of(*tried->stored);
    verify(flow, tried->password, std::move(known),
           [flow, tried](identity::PasswordHasher::Verified found) { verified(flow, tried, found); });
}

}  // namespace

void sign_in(const FlowPtr& flow)
{
    auto read = read_try(flow->document);
    if (!read) return fail(flow, read.error());
    const auto tried = *read;
    tried->network = network_of(flow);
    find_tenant(flow, tried->service_code, [flow, tried](std::optional<ports::TenantAtDoor> found) {
        tried->tenant = std::move(found);
        tried->counted_in = tried->tenant ? tried->tenant->id : ports::nobodys_tenant();
        in_tenant(
            flow, tried->counted_in, [flow, tried](TenantSession& session) { return look(flow, *tried, session); },
            [flow, tried] { check(flow, tried); });
    });
}

void sign_out(const FlowPtr& flow)
{
    with_session(flow, [flow](ports::FoundSession found) {
        const auto who = found.principal;
        in_tenant(
            flow, who.tenant,
            [flow, who](TenantSession& session) -> Result<Done> {
                if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
                const auto ended = session.sessions().end(who.session, signin::Ending::sign_out);
                if (!ended) return ended.error();
                return record(flow, session, "session.end", "session:" + who.session.str(),
                              actor_of(flow, who.user, "session"), {{"name", who.user_name}, {"by", "sign_out"}}, 204);
            },
            [flow] {
                auto response = no_content();
                clear_session_cookie(response);
                response.set("Clear-Site-Data", "\"cache\", \"storage\"");
                answer(flow, std::move(response));
            });
    });
}

void sign_in_methods(const FlowPtr& flow)
{
    const auto code = folded_service_code(flow->parameter);
    find_tenant(flow, code, [flow, code](const std::optional<ports::TenantAtDoor>& found) {
        // A tenant's name is told to whoever knows its code; of codes that there are not the code stands in its place.
        const auto name = found ? found->name : flow->parameter;
        find_providers(flow, code, [flow, name](const std::vector<ports::ProviderAtDoor>& providers) {
            auto shown = nlohmann::json::array();
            for (const auto& each : providers) shown.push_back({{"id", each.id.str()}, {"name", each.name}});
            auto methods = nlohmann::json::array({"password"});
            if (!shown.empty()) methods.push_back("oidc");
            answer(flow, json_response(200, {{"name", name}, {"methods", methods}, {"oidc", shown}}));
        });
    });
}

}  // namespace winnow::api

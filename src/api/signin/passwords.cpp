#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/code_tries.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/flows.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <utility>

namespace winnow::api {

namespace {

using ports::TenantSession;
using signin::LinkPurpose;
using signin::Throttled;

// ---------------------------------------------------------------- one's own, with the old one

struct Change {
    access::Principal who;
    crypto::SecretBytes old_password;
    crypto::SecretBytes new_password;
    std::optional<ports::StoredPassword> stored;
    std::optional<crypto::PasswordHash> hash;  ///< Of the new one, once the old one was right.
    CodeTry tried;
    std::string token;
};
using ChangePtr = std::shared_ptr<Change>;

/// Before anything is hashed: that may be tried, and the new one can be chosen.
Result<Done> look(const FlowPtr& flow, Change& change, TenantSession& session)
{
    auto tried = look_at_code_try(flow, session, change.who);
    if (!tried) return tried.error();
    change.tried = *std::move(tried);
    auto stored = session.factors().password(change.who.user);
    if (!stored) return stored.error();
    change.stored = *std::move(stored);
    const signin::PasswordContext context{.service_code = change.who.service_code,
                                          .tenant_name = {},
                                          .address = change.who.email,
                                          .user_name = change.who.user_name};
    if (auto wrong = password_refusal(*flow->parts, change.new_password.view(), context, "/new")) {
        return Error(std::vector{*std::move(wrong)});
    }
    return Done{};
}

Result<Done> change_it(const FlowPtr& flow, Change& change, TenantSession& session)
{
    auto own = locked_session(session, change.who, signin::SignInState::active);
    if (!own) return own.error();
    const auto user = session.users().find(change.who.user);
    if (!user) return user.error();
    auto tried = begin_code_try(flow, session, change.who);
    if (!tried) return tried.error();
    change.tried = *std::move(tried);
    if (change.tried.refused) return Done{};
    const auto stored = session.factors().password(user->id);
    if (!stored) return stored.error();
    const bool right = change.hash && *stored && change.stored && (*stored)->tag == change.stored->tag;
    if (!right) {
        if (const auto kept = end_code_try(session, change.tried, false); !kept) return kept.error();
        return record(flow, session, audit::kSignInFailed, "session:" + own->id.str(),
                      actor_of(flow, user->id, "session"), {{"why", "old_password"}}, 403);
    }
    if (const auto kept = end_code_try(session, change.tried, true); !kept) return kept.error();
    if (const auto set = session.factors().set_password(user->id, stored_of(*change.hash)); !set) return set.error();
    const auto ended = end_access(session, user->id, signin::Ending::password_changed, own->id);
    if (!ended) return ended.error();
    auto amr = own->amr;
    const auto id = own->id;
    const auto authenticated_at = own->authenticated_at;
    auto token = rotate_session(session, *std::move(own), *user, std::move(amr), authenticated_at, change.tried.now);
    if (!token) return token.error();
    change.token = *std::move(token);
    const auto owed = owe_mail(flow, session, *user, signin::MailKind::password_changed, change.tried.now);
    if (!owed) return owed.error();
    return record(flow, session, "password.change", "user:" + user->id.str(), actor_of(flow, user->id, "session"),
                  {{"name", user->name}, {"email", user->email}, {"session", id.str()}}, 204);
}

void conclude(const FlowPtr& flow, const ChangePtr& change)
{
    if (change->tried.refused) return answer(flow, held(flow, *change->tried.refused));
    if (change->token.empty()) {
        auto response = refused(flow, 403, "wrong_password", "the old password is not right");
        response.after = change->tried.delay;
        return answer(flow, std::move(response));
    }
    auto response = no_content();
    set_session_cookie(response, change->token);
    answer(flow, std::move(response));
}

void store_change(const FlowPtr& flow, const ChangePtr& change)
{
    in_tenant(
        flow, change->who.tenant, [flow, change](TenantSession& session) { return change_it(flow, *change, session); },
        [flow, change] { conclude(flow, change); });
}

void verify_old(const FlowPtr& flow, const ChangePtr& change)
{
    if (change->tried.refused) return conclude(flow, change);
    if (!change->stored || !signin::can_be_a_password(change->old_password.view())) return store_change(flow, change);
    verify(flow, change->old_password, hash_of(*change->stored),
           [flow, change](identity::PasswordHasher::Verified verified) {
               if (!verified.right) return store_change(flow, change);
               hash(flow, change->new_password, [flow, change](crypto::PasswordHash hashed) {
                   change->hash = std::move(hashed);
                   store_change(flow, change);
               });
           });
}

// ---------------------------------------------------------------- by a link

/// One link of these an hour and account, of whoever asks: five. What comes of it only the mail tells.
Result<Done> owe_reset(const FlowPtr& flow, const std::string& service_code, const std::string& email,
                       TenantSession& session)
{
    const auto user = session.users().find_by_email(email);
    if (!user) return user.error();
    // Who never had a password has none to lose. Of requests that nobody is mailed for nothing is kept, or whoever
    // makes up addresses fills the table.
    if (!*user || (*user)->state() != signin::UserState::active || !(*user)->has_password) return Done{};
    auto& throttles = session.throttles();
    const auto bucket = flow->parts->bucket(signin::request_subject(service_code, email));
    const auto before = throttles.lock(Throttled::request, bucket);
    if (!before) return before.error();
    const auto now = throttles.now();
    if (!now) return now.error();
    if (signin::held_for(Throttled::request, *before, *now)) return Done{};
    const auto counted = signin::count(Throttled::request, *before, *now);
    if (const auto kept = throttles.keep(Throttled::request, bucket, counted.bucket, *now); !kept) return kept.error();
    const auto token = crypto::make_token();
    const ports::MailedLink link{.purpose = LinkPurpose::reset,
                                 .id = flow->parts->new_id(),
                                 .user = (*user)->id,
                                 .expires_at = *now + signin::life_of(LinkPurpose::reset),
                                 .beside_others = true};
    if (const auto added = session.links().add(link, token.hash); !added) return added.error();
    const auto owed = owe_mail(flow->parts->sealing, flow->parts->new_id(), session, **user,
                               signin::MailKind::password_reset, source_of(flow->request.head), *now, token.text);
    if (!owed) return owed.error();
    return record(flow, session, "password.reset_asked", "user:" + (*user)->id.str(),
                  {.id = "anonymous", .means = "none", .request_id = flow->request.head.request_id},
                  {{"email", (*user)->email}}, 202);
}

}  // namespace

void change_password(const FlowPtr& flow)
{
    FieldReader fields(flow->document);
    fields.read_only({"old", "new"});
    if (const auto read = fields.finish(); !read) return fail(flow, read.error());
    auto change = std::make_shared<Change>();
    for (const auto& [name, into] :
         {std::pair{"old", &change->old_password}, std::pair{"new", &change->new_password}}) {
        auto read = password_field(flow->document, name);
        if (!read) return fail(flow, read.error());
        *into = *std::move(read);
    }
    with_session(flow, [flow, change](ports::FoundSession found) {
        if (found.state != signin::SignInState::active) {
            return fail(flow, Error(ErrorCode::unauthenticated, "sign in first: POST /auth/mfa"));
        }
        change->who = std::move(found.principal);
        in_tenant(
            flow, change->who.tenant, [flow, change](TenantSession& session) { return look(flow, *change, session); },
            [flow, change] { verify_old(flow, change); });
    });
}

void request_password_reset(const FlowPtr& flow)
{
    FieldReader fields(flow->document);
    auto code = folded_service_code(fields.text("service_code", {1, 64}, Need::required).value_or(""));
    auto email = fields.text("email", {1, 254}, Need::required).value_or("");
    if (const auto read = fields.finish(); !read) return fail(flow, read.error());
    // The answer goes first: it is the same, and as quick, whoever there is.
    answer(flow, http::Response(202));
    const auto open = flow->parts->entered();
    if (!open) return;
    flow->parts->door.tenant_of_code(
        code, [flow, code, email = std::move(email)](Result<std::optional<ports::TenantAtDoor>> found) mutable {
            if (!found || !*found) return;
            const auto tenant = (*found)->id;
            afterwards(flow, tenant, [flow, code, email = std::move(email)](TenantSession& session) {
                return owe_reset(flow, code, email, session);
            });
        });
}

}  // namespace winnow::api

#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/signin/code_tries.hpp"
#include "api/signin/flows.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <utility>

namespace winnow::api {

namespace {

using ports::MailedLink;
using ports::TenantSession;
using signin::LinkPurpose;
using signin::MailKind;
using signin::UserEvent;
using signin::UserState;

/// What somebody does by a link.
struct Following {
    LinkPurpose purpose = LinkPurpose::reset;
    std::string token_hash;
    crypto::SecretBytes password;  ///< To be set, or shown.
    std::string name;              ///< Of who accepts an invitation.
    TenantId tenant;
    MailedLink link;
    ports::User user;
    ports::TenantNames names;
    CodeTry tried;  ///< Where a password is shown.
    std::optional<ports::StoredPassword> stored;
    std::optional<crypto::PasswordHash> hash;
};
using FollowingPtr = std::shared_ptr<Following>;

/// The same for a link that never was, was used, was taken back, or is too old.
Error no_good_link()
{
    return {ErrorCode::not_found, "this link is good no longer: ask for another one"};
}

/// The body's token and password; a text that is no token is no good link.
Result<FollowingPtr> read_following(const FlowPtr& flow, LinkPurpose purpose, bool has_password, bool has_name)
{
    auto following = std::make_shared<Following>();
    following->purpose = purpose;
    FieldReader fields(flow->document);
    const auto token = fields.text("token", {1, 128}, Need::required).value_or("");
    if (has_name) following->name = fields.text("name", {1, 200}, Need::required).value_or("");
    if (has_password) fields.read_only({"password"});
    if (const auto read = fields.finish(); !read) return read.error();
    if (has_password) {
        auto password = password_field(flow->document, "password");
        if (!password) return password.error();
        following->password = *std::move(password);
    }
    auto hash = crypto::token_hash(token);
    if (!hash) return no_good_link();
    following->token_hash = *std::move(hash);
    return following;
}

/// Asks whose link it is, looks at it in a transaction, and goes on with `then`.
void look(const FlowPtr& flow, const FollowingPtr& following,
          std::move_only_function<Result<Done>(TenantSession&)> also, std::move_only_function<void()> then)
{
    find_link(flow, following->token_hash,
              [flow, following, also = std::move(also), then = std::move(then)](std::optional<TenantId> found) mutable {
                  if (!found) return fail(flow, no_good_link());
                  following->tenant = *found;
                  in_tenant(
                      flow, following->tenant,
                      [following, also = std::move(also)](TenantSession& session) mutable -> Result<Done> {
                          const auto link = session.links().seen(following->token_hash);
                          if (!link) return link.error();
                          if (!*link || (*link)->purpose != following->purpose) return no_good_link();
                          following->link = **link;
                          auto user = session.users().find(following->link.user);
                          if (!user) return user.error();
                          following->user = *std::move(user);
                          auto stored = session.factors().password(following->user.id);
                          if (!stored) return stored.error();
                          following->stored = *std::move(stored);
                          auto names = session.links().tenant_names();
                          if (!names) return names.error();
                          following->names = *std::move(names);
                          return also ? also(session) : Result<Done>(Done{});
                      },
                      std::move(then));
              });
}

/// Under the lock of the configuration: the link is good still, and is used up.
Result<Timestamp> use_link(Following& following, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto link = session.links().lock(following.token_hash);
    if (!link) return link.error();
    if (!*link || (*link)->purpose != following.purpose) return no_good_link();
    following.link = **link;
    auto user = session.users().find(following.link.user);
    if (!user) return user.error();
    following.user = *std::move(user);
    if (const auto used = session.links().use(following.link); !used) return used.error();
    return session.throttles().now();
}

Result<Done> check_choice(const FlowPtr& flow, const Following& following)
{
    const signin::PasswordContext context{.service_code = following.names.service_code,
                                          .tenant_name = following.names.name,
                                          .address = following.user.email,
                                          .user_name = following.name.empty() ? following.user.name : following.name};
    if (auto wrong = password_refusal(*flow->parts, following.password.view(), context, "/password")) {
        return Error(std::vector{*std::move(wrong)});
    }
    return Done{};
}

/// Hashes the password that is to be, and then `job`; 204.
void set_and(const FlowPtr& flow, const FollowingPtr& following,
             Result<Done> (*job)(const FlowPtr&, Following&, TenantSession&))
{
    hash(flow, following->password, [flow, following, job](crypto::PasswordHash hashed) {
        following->hash = std::move(hashed);
        in_tenant(
            flow, following->tenant,
            [flow, following, job](TenantSession& session) { return job(flow, *following, session); },
            [flow] { answer(flow, no_content()); });
    });
}

/// Who has the mailbox is let in with the new password at once, whatever strangers have tried of the old one.
Result<Done> lift_hold(const FlowPtr& flow, const Following& following, TenantSession& session, Timestamp now)
{
    using signin::Throttled;
    const auto subject = signin::account_subject(following.names.service_code, following.user.email);
    const auto bucket = flow->parts->bucket(subject);
    const auto account = session.throttles().lock(Throttled::account, bucket);
    if (!account) return account.error();
    return session.throttles().keep(Throttled::account, bucket, signin::cleared(*account), now);
}

Result<Done> reset(const FlowPtr& flow, Following& following, TenantSession& session)
{
    const auto now = use_link(following, session);
    if (!now) return now.error();
    const auto& user = following.user;
    if (user.state() != UserState::active) return no_good_link();
    if (const auto set = session.factors().set_password(user.id, stored_of(*following.hash)); !set) return set.error();
    if (const auto lifted = lift_hold(flow, following, session, *now); !lifted) return lifted.error();
    // Nobody is signed in by it: who has a second factor is asked for it as ever.
    if (const auto ended = end_access(session, user.id, signin::Ending::password_reset); !ended) return ended.error();
    if (const auto owed = owe_mail(flow, session, user, MailKind::password_changed, *now); !owed) return owed.error();
    return record(flow, session, "password.reset", "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                  {{"name", user.name}, {"email", user.email}}, 204);
}

Result<Done> accept(const FlowPtr& flow, Following& following, TenantSession& session)
{
    const auto now = use_link(following, session);
    if (!now) return now.error();
    auto& user = following.user;
    const auto state = signin::next(user.state(), UserEvent::accept);
    if (!state) return no_good_link();
    user.invited = false;
    user.active = true;
    user.name = following.name;
    ++user.version;
    user.updated_at = *now;
    if (const auto stored = session.users().update(user); !stored) return stored.error();
    if (const auto set = session.factors().set_password(user.id, stored_of(*following.hash)); !set) return set.error();
    return record(flow, session, "invitation.accept", "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                  {{"name", user.name}, {"email", user.email}}, 204);
}

Result<Done> reset_factors(const FlowPtr& flow, Following& following, TenantSession& session)
{
    const auto now = use_link(following, session);
    if (!now) return now.error();
    const auto& user = following.user;
    if (user.state() != UserState::active) return no_good_link();
    if (const auto revoked = session.factors().revoke_all(user.id); !revoked) return revoked.error();
    if (const auto ended = end_access(session, user.id, signin::Ending::factors_reset); !ended) return ended.error();
    if (const auto owed = owe_mail(flow, session, user, MailKind::factor_changed, *now); !owed) return owed.error();
    return record(flow, session, "factors.reset", "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                  {{"name", user.name}, {"email", user.email}}, 204);
}

Result<Done> change_address(const FlowPtr& flow, Following& following, TenantSession& session)
{
    const auto now = use_link(following, session);
    if (!now) return now.error();
    auto user = following.user;
    if (user.state() != UserState::active) return no_good_link();
    const auto before = user.email;
    user.email = following.link.subject;
    ++user.version;
    user.updated_at = *now;
    if (const auto stored = session.users().update(user); !stored) return stored.error();
    if (const auto ended = end_access(session, user.id, signin::Ending::address_changed); !ended) return ended.error();
    if (const auto owed = owe_mail(flow, session, following.user, MailKind::email_changed, *now); !owed) {
        return owed.error();
    }
    return record(flow, session, "email.change", "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                  {{"name", user.name}, {"changes", {{"email", {{"from", before}, {"to", user.email}}}}}}, 204);
}

Result<Done> stop_address(const FlowPtr& flow, Following& following, TenantSession& session)
{
    const auto now = use_link(following, session);
    if (!now) return now.error();
    const auto& user = following.user;
    if (const auto taken = session.links().take_back(user.id); !taken) return taken.error();
    return record(flow, session, "email.stop", "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                  {{"name", user.name}, {"email", user.email}}, 204);
}

void by_link_alone(const FlowPtr& flow, LinkPurpose purpose,
                   Result<Done> (*job)(const FlowPtr&, Following&, TenantSession&))
{
    const auto read = read_following(flow, purpose, false, false);
    if (!read) return fail(flow, read.error());
    look(flow, *read, {}, [flow, following = *read, job] {
        in_tenant(
            flow, following->tenant,
            [flow, following, job](TenantSession& session) { return job(flow, *following, session); },
            [flow] { answer(flow, no_content()); });
    });
}

/// Whose tries are counted.
access::Principal follower(const Following& following)
{
    access::Principal who;
    who.tenant = following.tenant;
    who.service_code = following.names.service_code;
    who.user = following.user.id;
    who.email = following.user.email;
    return who;
}

void count_wrong_password(const FlowPtr& flow, const FollowingPtr& following)
{
    in_tenant(
        flow, following->tenant,
        [flow, following](TenantSession& session) -> Result<Done> {
            auto tried = begin_code_try(flow, session, follower(*following));
            if (!tried) return tried.error();
            following->tried = *std::move(tried);
            if (following->tried.refused) return Done{};
            if (const auto kept = end_code_try(session, following->tried, false); !kept) return kept.error();
            const auto& user = following->user;
            return record(flow, session, audit::kSignInFailed, "user:" + user.id.str(), actor_of(flow, user.id, "link"),
                          {{"email", user.email}, {"why", "mfa_reset"}}, 401);
        },
        [flow, following] { answer(flow, sign_in_failed(flow, following->tried.delay)); });
}

}  // namespace

void confirm_password_reset(const FlowPtr& flow)
{
    const auto read = read_following(flow, LinkPurpose::reset, true, false);
    if (!read) return fail(flow, read.error());
    look(
        flow, *read, [flow, following = *read](TenantSession&) { return check_choice(flow, *following); },
        [flow, following = *read] { set_and(flow, following, reset); });
}

void peek_invitation(const FlowPtr& flow)
{
    const auto read = read_following(flow, LinkPurpose::invitation, false, false);
    if (!read) return fail(flow, read.error());
    look(flow, *read, {}, [flow, following = *read] {
        answer(flow, json_response(200, {{"tenant_name", following->names.name},
                                         {"email", following->user.email},
                                         {"expires_at", format_rfc3339(following->link.expires_at)}}));
    });
}

void accept_invitation(const FlowPtr& flow)
{
    const auto read = read_following(flow, LinkPurpose::invitation, true, true);
    if (!read) return fail(flow, read.error());
    const auto check = [flow, following = *read](TenantSession&) -> Result<Done> {
        if (following->names.suspended) {
            return Error(ErrorCode::permission_denied, "the tenant is suspended; ask your provider");
        }
        return check_choice(flow, *following);
    };
    look(flow, *read, check, [flow, following = *read] { set_and(flow, following, accept); });
}

void confirm_mfa_reset(const FlowPtr& flow)
{
    const auto read = read_following(flow, LinkPurpose::mfa_reset, true, false);
    if (!read) return fail(flow, read.error());
    const auto count = [flow, following = *read](TenantSession& session) -> Result<Done> {
        auto tried = look_at_code_try(flow, session, follower(*following));
        if (!tried) return tried.error();
        following->tried = *std::move(tried);
        return Done{};
    };
    look(flow, *read, count, [flow, following = *read] {
        if (following->tried.refused) return answer(flow, held(flow, *following->tried.refused));
        std::optional<crypto::PasswordHash> known;
        if (following->stored) known = hash_of(*following->stored);
        const auto wrong = [flow, following] {
            count_wrong_password(flow, following);
        };
        if (!signin::can_be_a_password(following->password.view())) return wrong();
        verify(flow, following->password, std::move(known),
               [flow, following, wrong](identity::PasswordHasher::Verified verified) {
                   if (!verified.right) return wrong();
                   in_tenant(
                       flow, following->tenant,
                       [flow, following](TenantSession& session) { return reset_factors(flow, *following, session); },
                       [flow] { answer(flow, no_content()); });
               });
    });
}

void confirm_email_change(const FlowPtr& flow)
{
    by_link_alone(flow, LinkPurpose::email_change, change_address);
}

void stop_email_change(const FlowPtr& flow)
{
    by_link_alone(flow, LinkPurpose::email_stop, stop_address);
}

}  // namespace winnow::api

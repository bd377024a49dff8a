#include "pg/tenants/admin_invitation.hpp"

#include "pg/rows/values.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"

#include <nlohmann/json.hpp>

namespace winnow::pg {

namespace {

constexpr auto kLockTenant = "select * from tenants where tenant_id = $1 for no key update";
constexpr auto kInvited = R"sql(
select user_id, (invited and role = 'admin') or is_admin_by_key_alone(tenant_id, user_id) from users
 where tenant_id = $1 and lower(email) = lower($2) and deleted_at is null)sql";
constexpr auto kHasAdmins = "select has_admin_who_signs_in($1)";
constexpr auto kInsertInvited = R"sql(
insert into users (tenant_id, user_id, email, name, role, state, invited, locale)
values ($1, $2, $3, $4, 'admin', 'disabled', true, $5)
)sql";
// A key that the user has opens nothing until the link was followed.
constexpr auto kInviteAnew = R"sql(
update users set state = 'disabled', invited = true, version = version + 1, updated_at = now()
 where tenant_id = $1 and user_id = $2
)sql";
constexpr auto kRevokeInvitation =
    "update invitations set state = 'revoked' where tenant_id = $1 and user_id = $2 and state = 'pending'";
constexpr auto kInvite = R"sql(
insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, created_by, expires_at)
values ($1, $2, $3, $4, 'pending', $5, now() + $6::int8 * interval '1 ms')
)sql";
constexpr auto kOweMail = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, sealed_token, happened_at, expires_at)
values ($1, $2, $3, $4, $5, $6, now(), now() + $7::int8 * interval '1 ms')
)sql";
// Whoever administers the tenant learns of it, whoever reads its log.
constexpr auto kTellAdmins = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, happened_at, expires_at)
select u.tenant_id, gen_random_uuid(), $3, u.email, u.locale, now(), now() + $4::int8 * interval '1 ms'
  from users u
 where u.tenant_id = $1 and u.user_id <> $2 and u.role = 'admin' and not u.audits and u.state = 'active'
 order by u.user_id limit $5
)sql";
constexpr auto kRecordInvitation = "select record_admin_invitation($1, $2, $3, $4, $5, $6, $7)";

}  // namespace

Result<UserId> invite_admin(pqxx::transaction_base& tx, TenantId id, const ports::AdminInvitation& invitation,
                            const ports::ProviderRequest& by)
{
    // Nobody else makes users of the tenant meanwhile.
    const auto known = one_tenant(query(tx, kLockTenant, id));
    if (!known) return known.error();
    if (known->closed_at) return at_its_end(*known);
    if (invitation.reason.empty() && query(tx, kHasAdmins, id)[0][0].as<bool>()) {
        return Error(ErrorCode::conflict,
                     "this tenant has an admin who signs in, and who invites others: where that cannot be, say why "
                     "(reason)");
    }
    auto user = invitation.user_id;
    const auto found = query(tx, kInvited, id, invitation.email);
    if (!found.empty() && !found[0][1].as<bool>()) {
        return Error(ErrorCode::conflict, "another user already has the address " + invitation.email +
                                              ", who is neither an admin with a key alone nor was invited as an admin");
    }
    if (found.empty()) {
        query(tx, kInsertInvited, id, user, invitation.email, invitation.name, to_string(invitation.locale));
    } else {
        user = id_of<UserId>(found[0][0]);
        query(tx, kInviteAnew, id, user);
        query(tx, kRevokeInvitation, id, user);
    }
    query(tx, kInvite, id, invitation.id, user, Bytes{invitation.token_hash}, by.actor.id,
          signin::life_of(signin::LinkPurpose::invitation).count());
    query(tx, kOweMail, id, invitation.mail_id, to_string(signin::MailKind::invitation), invitation.email,
          to_string(invitation.locale), Bytes{invitation.sealed_token},
          signin::worth_sending_for(signin::MailKind::invitation).count());
    constexpr auto kNotice = signin::MailKind::admin_invited;
    query(tx, kTellAdmins, id, user, to_string(kNotice), signin::worth_sending_for(kNotice).count(),
          ports::kMostOwedMails);
    nlohmann::json what{{"admin", {{"user_id", user.str()}, {"email", invitation.email}}}};
    if (!invitation.reason.empty()) what["reason"] = invitation.reason;
    const auto [theirs, own] = in_both(act_on(id, "tenant.invite_admin", by, what), what);
    query(tx, kRecordInvitation, id, theirs.record, theirs.detail, Bytes{theirs.salt}, own.record, own.detail,
          Bytes{own.salt});
    return user;
}

}  // namespace winnow::pg

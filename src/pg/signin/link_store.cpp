#include "winnow/ports/signin/link_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace winnow::pg {
namespace {

using ports::MailedLink;
using signin::LinkPurpose;

constexpr auto kRevokeInvitations =
    "update invitations set state = 'revoked' where tenant_id = $1 and user_id = $2 and state = 'pending'";

constexpr auto kAddInvitation = R"sql(
insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, created_by, expires_at)
values ($1, $2, $3, $4, 'pending', $5, $6))sql";

constexpr auto kRevokeTokens = R"sql(
update one_time_tokens set used_at = now()
 where tenant_id = $1 and user_id = $2 and ($3 = '' or purpose = $3) and used_at is null)sql";

constexpr auto kAddToken = R"sql(
insert into one_time_tokens (tenant_id, token_id, user_id, purpose, token_hash, subject, expires_at)
values ($1, $2, $3, $4, $5, $6, $7))sql";

constexpr auto kInvitation = R"sql(
select 'invitation', invitation_id, user_id, '', created_by, expires_at from invitations
 where tenant_id = $1 and token_hash = $2 and state = 'pending' and expires_at > now())sql";

constexpr auto kToken = R"sql(
select purpose, token_id, user_id, subject, '', expires_at from one_time_tokens
 where tenant_id = $1 and token_hash = $2 and used_at is null and expires_at > now())sql";

constexpr std::array kPurposes{LinkPurpose::invitation, LinkPurpose::reset, LinkPurpose::email_change,
                               LinkPurpose::email_stop, LinkPurpose::mfa_reset};

MailedLink read_link(const pqxx::row& row)
{
    MailedLink link;
    bool known = false;
    for (const auto purpose : kPurposes) {
        if (to_string(purpose) != std::string_view(row[0].c_str())) continue;
        link.purpose = purpose;
        known = true;
    }
    if (!known) throw std::runtime_error("a row of one_time_tokens cannot be read");
    link.id = uuid_of(row[1]);
    link.user = id_of<UserId>(row[2]);
    link.subject = text_of(row[3]);
    link.created_by = text_of(row[4]);
    link.expires_at = time_of(row[5]);
    return link;
}

class PgLinkStore final : public ports::LinkStore {
public:
    PgLinkStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Done> add(const MailedLink& link, const std::string& token_hash) override
    {
        return translated([&]() -> Result<Done> {
            if (link.purpose == LinkPurpose::invitation) {
                query(tx_, kRevokeInvitations, tenant_, link.user);
                query(tx_, kAddInvitation, tenant_, link.id, link.user, Bytes{token_hash}, link.created_by,
                      link.expires_at);
            } else {
                if (!link.beside_others) query(tx_, kRevokeTokens, tenant_, link.user, to_string(link.purpose));
                query(tx_, kAddToken, tenant_, link.id, link.user, to_string(link.purpose), Bytes{token_hash},
                      link.subject, link.expires_at);
            }
            return Done{};
        });
    }

    Result<std::optional<MailedLink>> lock(const std::string& token_hash) override { return find(token_hash, true); }

    Result<std::optional<MailedLink>> seen(const std::string& token_hash) override { return find(token_hash, false); }

    Result<Done> use(const MailedLink& link) override
    {
        return translated([&]() -> Result<Done> {
            if (link.purpose == LinkPurpose::invitation) {
                query(tx_, "update invitations set state = 'accepted' where tenant_id = $1 and invitation_id = $2",
                      tenant_, link.id);
            } else {
                query(tx_, "update one_time_tokens set used_at = now() where tenant_id = $1 and token_id = $2", tenant_,
                      link.id);
            }
            return Done{};
        });
    }

    Result<Done> take_back(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kRevokeInvitations, tenant_, user);
            query(tx_, kRevokeTokens, tenant_, user, "");
            return Done{};
        });
    }

    Result<ports::TenantNames> tenant_names() override
    {
        return translated([&]() -> Result<ports::TenantNames> {
            const auto rows =
                query(tx_, "select name, service_code, state <> 'active' from tenants where tenant_id = $1", tenant_);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
            return ports::TenantNames{
                .name = text_of(rows[0][0]), .service_code = text_of(rows[0][1]), .suspended = rows[0][2].as<bool>()};
        });
    }

private:
    Result<std::optional<MailedLink>> find(const std::string& token_hash, bool locked)
    {
        return translated([&]() -> Result<std::optional<MailedLink>> {
            for (const auto* const statement : {kInvitation, kToken}) {
                const auto text = std::string(statement) + (locked ? " for update" : "");
                const auto rows = query(tx_, text.c_str(), tenant_, Bytes{token_hash});
                if (!rows.empty()) return std::optional(read_link(rows.front()));
            }
            return std::optional<MailedLink>();
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::LinkStore> make_link_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgLinkStore>(tx, tenant);
}

}  // namespace winnow::pg

#include "winnow/pg/provider/provider_support.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/credentials/key_limits.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/support/support_ends.hpp"
#include "pg/support/support_rows.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/signin/mail_text.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/nontransaction>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

using access::SupportEvent;
using ports::TenantSupportGrant;

constexpr auto kLockTenant = R"sql(
select state = 'closing' from tenants where tenant_id = $1 and state <> 'erasing' for no key update
)sql";

// What waits or is active.
constexpr auto kCount = R"sql(
select count(*) from support_grants g
 where g.tenant_id = $1 and (g.state = 'requested' and g.lapses_at > now() or g.state = 'active' and g.ends_at > now())
)sql";

constexpr auto kInsert = R"sql(
insert into support_grants (tenant_id, grant_id, asked_by, reason, scopes, minutes, state, lapses_at)
values ($1, $2, $3, $4, $5::text[], $6, 'requested', now() + $7::int8 * interval '1 ms')
)sql";

constexpr auto kPage = R"sql(
select g.*, array_to_string(g.scopes, ' ') as scope_words, now() as at, t.service_code, t.state <> 'active' as suspended,
       t.state = 'closing' as closing
  from support_grants g join tenants t on t.tenant_id = g.tenant_id and t.state <> 'erasing'
 where $1::uuid is null or g.grant_id < $1::uuid order by g.grant_id desc, g.tenant_id limit $2
)sql";

// Ids are random: no two tenants have the same.
constexpr auto kFind = R"sql(
select g.*, array_to_string(g.scopes, ' ') as scope_words, now() as at, t.service_code, t.state <> 'active' as suspended,
       t.state = 'closing' as closing
  from support_grants g join tenants t on t.tenant_id = g.tenant_id and t.state <> 'erasing'
 where g.grant_id = $1 order by g.tenant_id limit 1
)sql";
constexpr auto kLock = "select 1 from support_grants where tenant_id = $1 and grant_id = $2 for no key update";

constexpr auto kApprove = R"sql(
update support_grants
   set state = 'active', approved_by = $3, approved_at = now(), ends_at = now() + minutes * interval '1 minute'
 where tenant_id = $1 and grant_id = $2
)sql";
constexpr auto kEnd = R"sql(
update support_grants set state = $3, ended_at = now(), ended_by = $4 where tenant_id = $1 and grant_id = $2
)sql";

constexpr auto kOweMails = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, about, number, happened_at, expires_at)
select u.tenant_id, gen_random_uuid(), $2::text, u.email, u.locale, left($3::text, 200), $4::int4, now(),
       now() + $5::int8 * interval '1 ms'
  from users u
 where u.tenant_id = $1 and u.role = 'admin' and u.state = 'active'
 order by u.user_id limit $6::int8
)sql";

TenantSupportGrant read_of_tenant(const pqxx::row& row)
{
    return {.tenant = id_of<TenantId>(row["tenant_id"]),
            .service_code = text_of(row["service_code"]),
            .suspended = row["suspended"].as<bool>(),
            .closing = row["closing"].as<bool>(),
            .grant = read_support_grant(row)};
}

Result<TenantSupportGrant> found(pqxx::transaction_base& tx, SupportGrantId id)
{
    const auto rows = query(tx, kFind, id);
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such support grant");
    return read_of_tenant(rows.front());
}

/// As it is, now that nobody else changes it.
Result<TenantSupportGrant> locked(pqxx::transaction_base& tx, SupportGrantId id)
{
    const auto seen = found(tx, id);
    if (!seen) return seen;
    query(tx, kLock, seen->tenant, id);
    return found(tx, id);
}

Error closing()
{
    return {ErrorCode::conflict, "the tenant is closing: only its own admins get in, and nobody reads it by a grant"};
}

/// The tenant's chain first, then the provider's: whoever wants both takes them in this order.
void record(pqxx::transaction_base& tx, const TenantSupportGrant& of, std::string_view act,
            const ports::ProviderRequest& by)
{
    const auto object = "support_grant:" + of.grant.id.str();
    ports::ProviderRequest shown;  // from where the provider works is its own
    shown.actor = by.actor;
    append_providers_act(tx, of.tenant, act_of(object, act, shown, told_of(of.grant)));
    auto told = told_of(of.grant);
    told["tenant_id"] = of.tenant.str();
    append_providers(tx, act_of(object, act, by, std::move(told)));
}

class PgProviderSupport final : public ports::ProviderSupport {
public:
    explicit PgProviderSupport(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<TenantSupportGrant> request(const ports::NewSupportGrant& asked, std::size_t most,
                                       const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<TenantSupportGrant> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto tenant = query(tx, kLockTenant, asked.tenant);
            if (tenant.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
            if (tenant.front()[0].as<bool>()) return closing();
            if (query(tx, kCount, asked.tenant).front()[0].as<std::size_t>() >= most) {
                return Error(ErrorCode::conflict, "the tenant has " + std::to_string(most) +
                                                      " support grants that wait or are active, which is as many as it "
                                                      "may have: end one first");
            }
            query(tx, kInsert, asked.tenant, asked.id, asked.asked_by, asked.reason, scopes_literal(asked.scopes),
                  asked.minutes, access::kSupportRequestLife.count());
            auto made = found(tx, asked.id);
            if (!made) return made;
            record(tx, *made, "support_grant.request", by);
            transaction.commit();
            return made;
        });
    }

    Result<std::vector<TenantSupportGrant>> page(std::optional<SupportGrantId> after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantSupportGrant>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<TenantSupportGrant> page;
            for (const auto& row : query(tx, kPage, after, limit)) page.push_back(read_of_tenant(row));
            return page;
        });
    }

    Result<TenantSupportGrant> find(SupportGrantId id) override
    {
        return pool_.run([&](Session& session) {
            pqxx::nontransaction tx(session.connection());
            return found(tx, id);
        });
    }

    Result<TenantSupportGrant> approve(SupportGrantId id, StaffId second, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<TenantSupportGrant> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto asked = locked(tx, id);
            if (!asked) return asked;
            if (asked->grant.asked_by == second) {
                return Error(ErrorCode::permission_denied, "whoever asked for it does not approve it");
            }
            if (asked->closing) return closing();
            if (!next(asked->grant.state, SupportEvent::approve)) {
                return Error(ErrorCode::conflict, "the support grant does not wait to be approved");
            }
            query(tx, kApprove, asked->tenant, id, second);
            constexpr auto kKind = signin::MailKind::support_opened;
            query(tx, kOweMails, asked->tenant, to_string(kKind), asked->grant.reason, asked->grant.minutes,
                  signin::worth_sending_for(kKind).count(), ports::kMostSupportMails);
            auto active = found(tx, id);
            if (!active) return active;
            record(tx, *active, "support_grant.approve", by);
            transaction.commit();
            return active;
        });
    }

    Result<TenantSupportGrant> end(SupportGrantId id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<TenantSupportGrant> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto open = locked(tx, id);
            if (!open) return open;
            const auto state = next(open->grant.state, SupportEvent::end);
            if (!state) return Error(ErrorCode::conflict, "the support grant is over already");
            query(tx, kEnd, open->tenant, id, to_string(*state), by.actor.id);
            auto over = found(tx, id);
            if (!over) return over;
            record(tx, *over, "support_grant.end", by);
            transaction.commit();
            return over;
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::ProviderSupport> make_provider_support(const Sessions& sessions)
{
    return std::make_unique<PgProviderSupport>(sessions);
}

}  // namespace winnow::pg

#include "winnow/ports/support/support_grant_store.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/support/support_rows.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using access::SupportGrant;

constexpr auto kPage = R"sql(
select g.*, array_to_string(g.scopes, ' ') as scope_words, now() as at from support_grants g
 where g.tenant_id = $1 and ($2::uuid is null or g.grant_id < $2::uuid) order by g.grant_id desc limit $3
)sql";
constexpr auto kFind = R"sql(
select g.*, array_to_string(g.scopes, ' ') as scope_words, now() as at from support_grants g
 where g.tenant_id = $1 and g.grant_id = $2
)sql";
constexpr auto kOpen = R"sql(
select t.state in ('closing', 'erasing') from support_grants g join tenants t on t.tenant_id = g.tenant_id
 where g.tenant_id = $1 and g.grant_id = $2 and g.asked_by = $3 and g.state = 'active' and g.ends_at > now()
)sql";
constexpr auto kEnd = "select end_support_grant($1, $2, $3, $4, $5, $6, $7)";

class PgSupportGrantStore final : public ports::SupportGrantStore {
public:
    PgSupportGrantStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<SupportGrant>> page(std::optional<SupportGrantId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<SupportGrant>> {
            std::vector<SupportGrant> page;
            for (const auto& row : query(tx_, kPage, tenant_, after, limit)) page.push_back(read_support_grant(row));
            return page;
        });
    }

    Result<SupportGrant> find(SupportGrantId id) override
    {
        return translated([&]() -> Result<SupportGrant> {
            const auto rows = query(tx_, kFind, tenant_, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such support grant");
            return read_support_grant(rows.front());
        });
    }

    Result<Done> end(SupportGrantId id, const audit::Act& act, const std::string& providers_detail) override
    {
        return translated([&]() -> Result<Done> {
            auto told = act;
            told.detail = providers_detail;
            const auto own = written(act);
            const auto providers = written(told);
            const auto ended = query(tx_, kEnd, id, own.record, own.detail, Bytes{own.salt}, providers.record,
                                     providers.detail, Bytes{providers.salt});
            if (ended[0][0].as<bool>()) return Done{};
            return Error(ErrorCode::conflict, "the support grant is over already");
        });
    }

    Result<Done> expect_open(SupportGrantId id, StaffId reader) override
    {
        return translated([&]() -> Result<Done> {
            const auto open = query(tx_, kOpen, tenant_, id, reader);
            if (open.empty()) {
                return Error(ErrorCode::permission_denied, "the support grant is over: ask for another one");
            }
            if (open.front()[0].as<bool>()) {
                return Error(ErrorCode::permission_denied, "the tenant is closing: only its own admins get in");
            }
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::SupportGrantStore> make_support_grant_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgSupportGrantStore>(tx, tenant);
}

}  // namespace winnow::pg

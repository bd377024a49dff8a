#include "pg/audit/audit_rows.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using ports::AuditRecord;

class PgAuditStore final : public ports::AuditStore {
public:
    PgAuditStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<AuditRecord>> page(const ports::AuditFilter& filter,
                                          const std::optional<ports::AuditPlace>& after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<AuditRecord>> {
            return audit_page(tx_, tenant_.value(), filter, after, limit);
        });
    }

    Result<std::vector<AuditRecord>> links(std::int64_t after, std::int64_t last, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<AuditRecord>> {
            return audit_links(tx_, tenant_.value(), after, last, limit);
        });
    }

    Result<std::vector<audit::Anchor>> anchors(std::int64_t after, std::size_t limit) override
    {
        return translated(
            [&]() -> Result<std::vector<audit::Anchor>> { return audit_anchors(tx_, tenant_.value(), after, limit); });
    }

    Result<std::int64_t> head() override
    {
        return translated([&]() -> Result<std::int64_t> {
            const auto rows = query(tx_, "select seq from audit_heads where tenant_id = $1", tenant_);
            return rows.empty() ? 0 : rows[0][0].as<std::int64_t>();
        });
    }

    Result<std::int64_t> append(const audit::Act& act) override
    {
        return translated([&]() -> Result<std::int64_t> {
            const auto text = written(act);
            return query(tx_, "select audit_append($1, $2, $3)", text.record, text.detail, Bytes{text.salt})[0][0]
                .as<std::int64_t>();
        });
    }

    Result<std::size_t> redact(const std::vector<std::int64_t>& seqs, const audit::Act& act) override
    {
        return translated([&]() -> Result<std::size_t> {
            ArrayLiteral numbers;
            for (const auto seq : seqs) numbers.add(seq);
            const auto text = written(act);
            Arguments arguments;
            arguments.add_literal(numbers.take());
            arguments.add(text.record);
            arguments.add(text.detail);
            arguments.add(Bytes{text.salt});
            return query(tx_, "select audit_redact($1::bigint[], $2, $3, $4)", arguments)[0][0].as<std::size_t>();
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::AuditStore> make_audit_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgAuditStore>(tx, tenant);
}

}  // namespace winnow::pg

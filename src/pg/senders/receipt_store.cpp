#include "winnow/ports/receipt_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

namespace winnow::pg {

namespace {

using ports::ReceiptAnswer;

constexpr auto kClaim = R"sql(
insert into idempotency_receipts (tenant_id, scope_id, key, body_sha256, status, answer)
values ($1, $2, $3, $4, 0, '') on conflict do nothing
)sql";

constexpr auto kReread = R"sql(
select body_sha256 = $4, status, answer from idempotency_receipts where tenant_id = $1 and scope_id = $2 and key = $3
)sql";

constexpr auto kAnswer = R"sql(
update idempotency_receipts set status = $4, answer = $5 where tenant_id = $1 and scope_id = $2 and key = $3
)sql";

class PgReceiptStore final : public ports::ReceiptStore {
public:
    PgReceiptStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<ReceiptAnswer> claim(const Uuid& scope, const std::string& key, const std::string& body_sha256) override
    {
        return translated([&]() -> Result<ReceiptAnswer> {
            const Bytes body{body_sha256};
            if (query(tx_, kClaim, tenant_, scope, key, body).affected_rows() == 1) return ReceiptAnswer{};
            const auto rows = query(tx_, kReread, tenant_, scope, key, body);
            if (rows.empty()) return Error(ErrorCode::unavailable, "a receipt was purged meanwhile");
            const bool same = rows[0][0].as<bool>();
            return ReceiptAnswer{
                .outcome = same ? ReceiptAnswer::Outcome::replayed : ReceiptAnswer::Outcome::mismatched,
                .status = rows[0][1].as<int>(),
                .answer = text_of(rows[0][2])};
        });
    }

    Result<Done> answer(const Uuid& scope, const std::string& key, int status, const std::string& body) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kAnswer, tenant_, scope, key, status, body);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ReceiptStore> make_receipt_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgReceiptStore>(tx, tenant);
}

}  // namespace winnow::pg

#include "pg/turns/tenant_rounds.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/observe/log.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace winnow::pg {

namespace {

using ports::ChoreStep;

constexpr std::chrono::seconds kAfterRefusal{1};

constexpr auto kTenantsOf = R"sql(
select tenant_id from tenants where tenant_id >= $1::uuid and tenant_id <= $2::uuid and tenant_id <> all($3::uuid[])
 order by tenant_id
)sql";

}  // namespace

bool may_be_one_tenants(const Error& error) noexcept
{
    return error.code() != ErrorCode::unavailable;
}

void TenantRounds::begin()
{
    stretches_.emplace_back();
    // Who failed before is tried alone: the others need not be parted from him again.
    for (const auto tenant : setbacks_.due_again(Clock::now())) {
        stretches_.push_back({.first = tenant.str(), .last = tenant.str()});
    }
}

Result<ChoreStep> TenantRounds::step(const Sessions& pool, const Attempt& attempt)
{
    if (stretches_.empty()) begin();
    auto stretch = stretches_.back();
    const bool alone = stretch.first == stretch.last;
    const auto without = alone ? std::string("{}") : array_of(setbacks_.all());
    const auto done = pool.run([&](Session& session) -> Result<std::optional<ChoreStep>> {
        Transaction transaction(session);
        auto outcome = attempt(transaction.tx(), stretch, without);
        transaction.commit();
        return outcome;
    });
    if (!done) return may_be_one_tenants(done.error()) ? part(pool, done.error()) : Result<ChoreStep>(done.error());
    if (!*done) return refused();
    const auto& did = **done;
    if (alone) setbacks_.succeeded(TenantId::parse(stretch.first).value_or(TenantId()));
    if (did.more) {
        stretches_.back() = std::move(stretch);
    } else {
        stretches_.pop_back();
    }
    return told(did);
}

Result<ChoreStep> TenantRounds::part(const Sessions& pool, const Error& error)
{
    auto failed = stretches_.back();
    const bool alone = failed.first == failed.last;
    const auto without = alone ? std::string("{}") : array_of(setbacks_.all());
    const auto tenants = pool.run([&](Session& session) -> Result<std::vector<TenantId>> {
        Transaction transaction(session);
        std::vector<TenantId> found;
        for (const auto& row : query(transaction.tx(), kTenantsOf, failed.first, failed.last, without)) {
            found.push_back(id_of<TenantId>(row[0]));
        }
        return found;
    });
    if (!tenants) return tenants.error();
    stretches_.pop_back();
    if (tenants->empty()) return error;  // nobody's
    if (tenants->size() > 1) {
        const auto middle = tenants->size() / 2;
        auto lower = failed;
        lower.last = tenants->at(middle - 1).str();
        stretches_.push_back({.first = tenants->at(middle).str(), .last = failed.last});
        stretches_.push_back(std::move(lower));
        return told({.failed = 1});
    }
    const auto pause = setbacks_.failed(tenants->front(), Clock::now());
    observe::warn("a chore cannot be done for a tenant, which is left out for a while; the others' is done",
                  {{"chore", name_},
                   {"tenant_id", tenants->front().str()},
                   {"error", error.message()},
                   {"seconds", std::chrono::duration_cast<std::chrono::seconds>(pause).count()}});
    return told({.failed = 1});
}

/// Nobody's pause ends by it, and nothing of the round is done. A round that has parted nobody is dropped: the other
/// node is at the same.
ChoreStep TenantRounds::refused()
{
    const bool has_parted = stretches_.size() > 1 || setbacks_.size() > 0;
    if (!has_parted) stretches_.clear();
    ChoreStep step{.left_out = setbacks_.left_out(Clock::now()).size()};
    if (has_parted) step.again_in = kAfterRefusal;
    return step;
}

ChoreStep TenantRounds::told(ChoreStep step) const
{
    const auto now = Clock::now();
    step.more = !stretches_.empty();
    step.left_out = setbacks_.left_out(now).size();
    step.again_in = setbacks_.next_in(now);
    return step;
}

}  // namespace winnow::pg

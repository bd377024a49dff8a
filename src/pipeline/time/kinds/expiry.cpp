#include "pipeline/time/fold_kind.hpp"
#include "pipeline/time/release.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class ExpiryKind final : public FoldKind<ports::ExpiredInstances> {
public:
    ExpiryKind(ports::TriageStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
               std::chrono::milliseconds again, observe::Metrics& metrics)
        : FoldKind({.name = "expiry", .again = again, .after_fold = true, .real_time = true, .dated = true}, policies,
                   std::move(outbox_changed), metrics,
                   metrics.counter("winnow_expired_instances_total", "Instances that ended without being resolved.")),
          store_(store)
    {
    }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override
    {
        return store_.tenants_with_expired_instances();
    }

private:
    Result<ports::Due<ports::ExpiredInstances>> lock(const TenantPolicy& /*policy*/, TenantId tenant,
                                                     const ports::Turn& turn) override
    {
        return store_.lock_expired(tenant, turn);
    }

    void leave_out(ports::ExpiredInstances& due, TurnShare& share) override
    {
        std::erase_if(due.instances, [&](const auto& one) { return !share.takes(one.key); });
    }

    triage::StateKeys keys_of(const TenantPolicy& /*policy*/, const ports::ExpiredInstances& due) override
    {
        return expiry_keys(due);
    }

    ports::TriageWrites decide(const TenantPolicy& policy, const ports::ExpiredInstances& due,
                               triage::States states) override
    {
        return decide_expiry(policy, due, std::move(states));
    }

    std::optional<Timestamp> since(const ports::ExpiredInstances& due) override
    {
        return due.instances.front().ends_at;
    }

    ports::TriageStore& store_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_expiry_kind(ports::TriageStore& store, ConfigCache& policies,
                                                 OutboxChanged outbox_changed, std::chrono::milliseconds again,
                                                 observe::Metrics& metrics)
{
    return std::make_unique<ExpiryKind>(store, policies, std::move(outbox_changed), again, metrics);
}

}  // namespace winnow::pipeline

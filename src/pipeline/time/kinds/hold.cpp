#include "pipeline/time/fold_kind.hpp"
#include "pipeline/time/release.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class HoldKind final : public FoldKind<ports::DueHolds> {
public:
    HoldKind(ports::HoldStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
             std::chrono::milliseconds again, observe::Metrics& metrics)
        : FoldKind({.name = "hold", .again = again, .after_fold = true, .dated = true}, policies,
                   std::move(outbox_changed), metrics,
                   metrics.counter("winnow_holds_due_total",
                                   "Pauses that were over, thresholds that were given up, flapping that settled.")),
          store_(store)
    {
    }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return store_.tenants_due(); }

private:
    Result<ports::Due<ports::DueHolds>> lock(const TenantPolicy& policy, TenantId tenant,
                                             const ports::Turn& turn) override
    {
        return store_.lock_due(tenant, policy.config.tenant.config_version, turn);
    }

    void leave_out(ports::DueHolds& due, TurnShare& share) override
    {
        std::erase_if(due.alerts, [&](const auto& one) { return !share.takes(one.first.str()); });
        std::erase_if(due.machines, [&](const auto& machine) { return !share.takes(name_of(machine.key)); });
    }

    triage::StateKeys keys_of(const TenantPolicy& policy, const ports::DueHolds& due) override
    {
        return release_keys(policy, due);
    }

    ports::TriageWrites decide(const TenantPolicy& policy, const ports::DueHolds& due, triage::States states) override
    {
        return decide_release(policy, due, std::move(states));
    }

    static std::string name_of(const triage::MachineKey& key)
    {
        return key.rule_id.str() + " " + std::string(to_string(key.kind)) + " " + key.dedup_key;
    }

    std::optional<Timestamp> since(const ports::DueHolds& due) override
    {
        std::optional<Timestamp> first;
        const auto note = [&](Timestamp at) {
            first = std::min(at, first.value_or(at));
        };
        for (const auto& [ticket, at] : due.since) {
            if (due.alerts.contains(ticket)) note(at);
        }
        for (const auto& machine : due.machines) {
            if (machine.due_at) note(*machine.due_at);
        }
        return first;
    }

    ports::HoldStore& store_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_hold_kind(ports::HoldStore& store, ConfigCache& policies,
                                               OutboxChanged outbox_changed, std::chrono::milliseconds again,
                                               observe::Metrics& metrics)
{
    return std::make_unique<HoldKind>(store, policies, std::move(outbox_changed), again, metrics);
}

}  // namespace winnow::pipeline

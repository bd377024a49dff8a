#include "pipeline/time/attempted.hpp"
#include "pipeline/time/release.hpp"
#include "pipeline/time/turn_share.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class HoldKind final : public ports::DueKind {
public:
    HoldKind(ports::HoldStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
             std::chrono::milliseconds again, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          traits_{.name = "hold", .again = again, .after_fold = true, .dated = true},
          shares_(traits_.name, metrics),
          due_(metrics.counter("winnow_holds_due_total",
                               "Pauses that were over, thresholds that were given up, flapping that settled."))
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return store_.tenants_due(); }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto policy = policies_.get(turn.tenant);
        if (!policy) return policy.error();
        auto share = shares_.begin(turn);
        if (share.rests()) return ports::DueDone{};
        const auto done = attempted([&] { return release(**policy, turn.tenant, share); });
        if (!done) return shares_.failed(share, done.error());
        due_.add(static_cast<double>(done->rows));
        if (done->owes && outbox_changed_) outbox_changed_();
        return shares_.done(share, {.rows = done->rows, .since = done->since});
    }

private:
    struct Released {
        std::size_t rows = 0;
        std::optional<Timestamp> since = {};
        bool owes = false;  ///< Messages.
    };

    /// One transaction: load, decide, store.
    Result<Released> release(const TenantPolicy& policy, TenantId tenant, TurnShare& share)
    {
        auto locked = store_.lock_due(tenant, policy.config.tenant.config_version, share.turn());
        if (!locked) return locked.error();
        auto& [fold, due] = *locked;
        share.loaded(due.size(), due.unread);
        std::erase_if(due.alerts, [&](const auto& one) { return !share.takes(one.first.str()); });
        std::erase_if(due.machines, [&](const auto& machine) { return !share.takes(name_of(machine.key)); });
        if (!fold || due.size() == 0) return Released{};
        auto states = fold->load(release_keys(policy, due));
        if (!states) return states.error();
        const auto writes = decide_release(policy, due, *std::move(states));
        if (const auto stored = fold->store(writes); !stored) return stored.error();
        if (const auto committed = fold->commit(); !committed) return committed.error();
        return Released{.rows = due.size(), .since = first_of(due), .owes = !writes.deliveries.empty()};
    }

    static std::string name_of(const triage::MachineKey& key)
    {
        return key.rule_id.str() + " " + std::string(to_string(key.kind)) + " " + key.dedup_key;
    }

    static std::optional<Timestamp> first_of(const ports::DueHolds& due)
    {
        std::optional<Timestamp> first;
        const auto note = [&](Timestamp since) {
            first = std::min(since, first.value_or(since));
        };
        for (const auto& [ticket, since] : due.since) {
            if (due.alerts.contains(ticket)) note(since);
        }
        for (const auto& machine : due.machines) {
            if (machine.due_at) note(*machine.due_at);
        }
        return first;
    }

    ports::HoldStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
    TurnShares shares_;
    const observe::Counter due_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_hold_kind(ports::HoldStore& store, ConfigCache& policies,
                                               OutboxChanged outbox_changed, std::chrono::milliseconds again,
                                               observe::Metrics& metrics)
{
    return std::make_unique<HoldKind>(store, policies, std::move(outbox_changed), again, metrics);
}

}  // namespace winnow::pipeline

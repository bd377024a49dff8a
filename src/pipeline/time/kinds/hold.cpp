#include "pipeline/time/attempted.hpp"
#include "pipeline/time/release.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <cstddef>
#include <utility>

namespace winnow::pipeline {

namespace {

class HoldKind final : public ports::DueKind {
public:
    HoldKind(ports::HoldStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
             std::chrono::milliseconds again, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          traits_{.name = "hold", .again = again, .after_fold = true},
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
        const auto done = attempted([&] { return release(**policy, turn); });
        if (!done) return done.error();
        due_.add(static_cast<double>(done->rows));
        if (done->owes && outbox_changed_) outbox_changed_();
        return ports::DueDone{.rows = done->rows, .more = done->rows >= turn.limit};
    }

private:
    struct Released {
        std::size_t rows = 0;
        bool owes = false;  ///< Messages.
    };

    /// One transaction: load, decide, store.
    Result<Released> release(const TenantPolicy& policy, const ports::DueTurn& turn)
    {
        auto locked = store_.lock_due(turn.tenant, policy.config.tenant.config_version, {turn.limit, turn.patience});
        if (!locked) return locked.error();
        const auto& [fold, due] = *locked;
        if (!fold) return Released{};
        auto states = fold->load(release_keys(policy, due));
        if (!states) return states.error();
        const auto writes = decide_release(policy, due, *std::move(states));
        if (const auto stored = fold->store(writes); !stored) return stored.error();
        if (const auto committed = fold->commit(); !committed) return committed.error();
        return Released{.rows = due.size(), .owes = !writes.deliveries.empty()};
    }

    ports::HoldStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
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

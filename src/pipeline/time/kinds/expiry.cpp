#include "pipeline/time/attempted.hpp"
#include "pipeline/time/release.hpp"
#include "pipeline/time/turn_share.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class ExpiryKind final : public ports::DueKind {
public:
    ExpiryKind(ports::TriageStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
               std::chrono::milliseconds again, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          traits_{.name = "expiry", .again = again, .after_fold = true, .real_time = true, .dated = true},
          shares_(traits_.name, metrics),
          expired_(metrics.counter("winnow_expired_instances_total", "Instances that ended without being resolved."))
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override
    {
        return store_.tenants_with_expired_instances();
    }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto policy = policies_.get(turn.tenant);
        if (!policy) return policy.error();
        auto share = shares_.begin(turn);
        if (share.rests()) return ports::DueDone{};
        const auto done = attempted([&] { return expire(**policy, turn.tenant, share); });
        if (!done) return shares_.failed(share, done.error());
        expired_.add(static_cast<double>(done->rows));
        if (done->owes && outbox_changed_) outbox_changed_();
        return shares_.done(share, {.rows = done->rows, .since = done->since});
    }

private:
    struct Expired {
        std::size_t rows = 0;
        std::optional<Timestamp> since = {};
        bool owes = false;  ///< Messages.
    };

    /// One transaction: load, decide, store.
    Result<Expired> expire(const TenantPolicy& policy, TenantId tenant, TurnShare& share)
    {
        auto locked = store_.lock_expired(tenant, share.turn());
        if (!locked) return locked.error();
        auto& [fold, due] = *locked;
        share.loaded(due.instances.size(), due.unread);
        std::erase_if(due.instances, [&](const auto& one) { return !share.takes(one.key); });
        if (!fold || due.instances.empty()) return Expired{};
        auto states = fold->load(expiry_keys(due));
        if (!states) return states.error();
        const auto writes = decide_expiry(policy, due, *std::move(states));
        if (const auto stored = fold->store(writes); !stored) return stored.error();
        if (const auto committed = fold->commit(); !committed) return committed.error();
        return Expired{
            .rows = due.instances.size(), .since = due.instances.front().ends_at, .owes = !writes.deliveries.empty()};
    }

    ports::TriageStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
    TurnShares shares_;
    const observe::Counter expired_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_expiry_kind(ports::TriageStore& store, ConfigCache& policies,
                                                 OutboxChanged outbox_changed, std::chrono::milliseconds again,
                                                 observe::Metrics& metrics)
{
    return std::make_unique<ExpiryKind>(store, policies, std::move(outbox_changed), again, metrics);
}

}  // namespace winnow::pipeline

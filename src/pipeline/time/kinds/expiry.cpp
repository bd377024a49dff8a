#include "pipeline/fold/fold_batch.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

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
          traits_{.name = "expiry", .again = again, .after_fold = true},
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
        bool owes = false;
        const auto decide = [&](std::vector<triage::InstanceState> expired, triage::States states, Timestamp now) {
            ports::TriageWrites writes;
            writes.outcome = triage::expire(expired, std::move(states), now);
            writes.deliveries = owed(writes.outcome, (*policy)->config);
            owes = !writes.deliveries.empty();
            return writes;
        };
        const auto done = store_.expire(turn.tenant, {turn.limit, turn.patience}, decide);
        if (!done) return done.error();
        expired_.add(static_cast<double>(*done));
        if (owes && outbox_changed_) outbox_changed_();
        return ports::DueDone{.rows = *done, .more = *done >= turn.limit};
    }

private:
    ports::TriageStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
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

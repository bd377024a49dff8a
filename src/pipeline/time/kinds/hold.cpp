#include "pipeline/keepers/release.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

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
        bool owes = false;
        const auto keys = [&](const ports::DueHolds& due) {
            return release_keys(**policy, due);
        };
        const auto decide = [&](const ports::DueHolds& due) {
            auto writes = decide_release(**policy, due);
            owes = !writes.deliveries.empty();
            return writes;
        };
        const auto done = store_.release(turn.tenant, (*policy)->config.tenant.config_version,
                                         {turn.limit, turn.patience}, keys, decide);
        if (!done) return done.error();
        due_.add(static_cast<double>(*done));
        if (owes && outbox_changed_) outbox_changed_();
        return ports::DueDone{.rows = *done, .more = *done >= turn.limit};
    }

private:
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

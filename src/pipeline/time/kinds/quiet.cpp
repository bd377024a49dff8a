#include "pipeline/time/attempted.hpp"
#include "pipeline/time/release.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class QuietKind final : public ports::DueKind {
public:
    QuietKind(ports::QuietStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
              std::chrono::milliseconds again, observe::Metrics& metrics)
        : store_(store),
          policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          traits_{.name = "quiet", .again = again, .after_fold = true},
          released_(metrics.counter("winnow_released_tickets_total",
                                    "Quiet tickets that were told of when their silence or inhibition had ended."))
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
        released_.add(static_cast<double>(done->told));
        if (done->owes && outbox_changed_) outbox_changed_();
        return ports::DueDone{.rows = done->rows, .more = done->rows >= turn.limit};
    }

private:
    struct Released {
        std::size_t rows = 0;
        std::size_t told = 0;  ///< Tickets that people may hear of now.
        bool owes = false;     ///< Messages.
    };

    /// One transaction: load, decide, store.
    Result<Released> release(const TenantPolicy& policy, const ports::DueTurn& turn)
    {
        auto locked = store_.lock_due(turn.tenant, policy.config.tenant.config_version, {turn.limit, turn.patience});
        if (!locked) return locked.error();
        const auto& [fold, due] = *locked;
        if (!fold) return Released{};
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        auto states = fold->load(release_keys(policy, due, now));
        if (!states) return states.error();
        const auto writes = decide_release(policy, due, *std::move(states));
        if (const auto stored = fold->store(writes); !stored) return stored.error();
        if (const auto committed = fold->commit(); !committed) return committed.error();
        return Released{
            .rows = due.tickets.size(), .told = writes.outcome.notices.size(), .owes = !writes.deliveries.empty()};
    }

    ports::QuietStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
    const observe::Counter released_;
};

class QuietSilenceKind final : public ports::DueKind {
public:
    QuietSilenceKind(ports::QuietStore& store, std::chrono::milliseconds again, observe::Metrics& metrics)
        : store_(store),
          traits_{.name = "quiet_silence", .again = again},
          ended_(metrics.counter("winnow_silences_ended_when_quiet_total", "Silences that ended by themselves."))
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    /// The store takes all tenants at once, and leaves out whose silences cannot be ended.
    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        const auto ended = store_.end_quiet_silences();
        if (!ended) return ended.error();
        if (ended->rows > 0) ended_.add(static_cast<double>(ended->rows));
        return ports::DueDone{.rows = ended->rows, .more = ended->more};
    }

private:
    ports::QuietStore& store_;
    const ports::DueTraits traits_;
    const observe::Counter ended_;
};

class QuietSourceKind final : public ports::DueKind {
public:
    QuietSourceKind(ports::QuietStore& store, std::chrono::milliseconds again)
        : store_(store), traits_{.name = "quiet_source", .again = 10 * again}
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        const auto marked = store_.mark_ended_sources();
        if (!marked) return marked.error();
        return ports::DueDone{};  // nobody knows since when
    }

private:
    ports::QuietStore& store_;
    const ports::DueTraits traits_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_quiet_kind(ports::QuietStore& store, ConfigCache& policies,
                                                OutboxChanged outbox_changed, std::chrono::milliseconds again,
                                                observe::Metrics& metrics)
{
    return std::make_unique<QuietKind>(store, policies, std::move(outbox_changed), again, metrics);
}

std::unique_ptr<ports::DueKind> make_quiet_silence_kind(ports::QuietStore& store, std::chrono::milliseconds again,
                                                        observe::Metrics& metrics)
{
    return std::make_unique<QuietSilenceKind>(store, again, metrics);
}

std::unique_ptr<ports::DueKind> make_quiet_source_kind(ports::QuietStore& store, std::chrono::milliseconds again)
{
    return std::make_unique<QuietSourceKind>(store, again);
}

}  // namespace winnow::pipeline

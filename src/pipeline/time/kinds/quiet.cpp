#include "pipeline/time/attempted.hpp"
#include "pipeline/time/release.hpp"
#include "pipeline/time/turn_share.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
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
          traits_{.name = "quiet", .again = again, .after_fold = true, .dated = true},
          shares_(traits_.name, metrics),
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
        auto share = shares_.begin(turn);
        if (share.rests()) return ports::DueDone{};
        const auto done = attempted([&] { return release(**policy, turn.tenant, share); });
        if (!done) return shares_.failed(share, done.error());
        released_.add(static_cast<double>(done->told));
        if (done->owes && outbox_changed_) outbox_changed_();
        return shares_.done(share, {.rows = done->rows, .since = done->since});
    }

private:
    struct Released {
        std::size_t rows = 0;
        std::optional<Timestamp> since = {};
        std::size_t told = 0;  ///< Tickets that people may hear of now.
        bool owes = false;     ///< Messages.
    };

    /// One transaction: load, decide, store.
    Result<Released> release(const TenantPolicy& policy, TenantId tenant, TurnShare& share)
    {
        auto locked = store_.lock_due(tenant, policy.config.tenant.config_version, share.turn());
        if (!locked) return locked.error();
        auto& [fold, due] = *locked;
        share.loaded(due.tickets.size(), due.unread);
        std::erase_if(due.tickets, [&](const auto& one) { return !share.takes(one.ticket_id.str()); });
        if (!fold || due.tickets.empty()) return Released{};
        auto states = fold->load(release_keys(policy, due));
        if (!states) return states.error();
        const auto writes = decide_release(policy, due, *std::move(states));
        if (const auto stored = fold->store(writes); !stored) return stored.error();
        if (const auto committed = fold->commit(); !committed) return committed.error();
        return Released{.rows = due.tickets.size(),
                        .since = first_of(due),
                        .told = writes.outcome.notices.size(),
                        .owes = !writes.deliveries.empty()};
    }

    /// Of those that time makes due: since when a configuration or a source has not been what it was nobody knows.
    static std::optional<Timestamp> first_of(const ports::DueTickets& due)
    {
        std::optional<Timestamp> first;
        for (const auto& quiet : due.tickets) {
            const auto until = quiet.cover.until;
            if (until && *until <= due.now) first = std::min(*until, first.value_or(*until));
        }
        return first;
    }

    ports::QuietStore& store_;
    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
    TurnShares shares_;
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

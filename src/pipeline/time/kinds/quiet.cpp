#include "pipeline/time/fold_kind.hpp"
#include "pipeline/time/release.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class QuietKind final : public FoldKind<ports::DueTickets> {
public:
    QuietKind(ports::QuietStore& store, ConfigCache& policies, OutboxChanged outbox_changed,
              std::chrono::milliseconds again, observe::Metrics& metrics)
        : FoldKind({.name = "quiet", .again = again, .after_fold = true, .dated = true}, policies,
                   std::move(outbox_changed), metrics,
                   metrics.counter("winnow_released_tickets_total",
                                   "Quiet tickets that were told of when their silence or inhibition had ended.")),
          store_(store)
    {
    }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return store_.tenants_due(); }

private:
    Result<ports::Due<ports::DueTickets>> lock(const TenantPolicy& policy, TenantId tenant,
                                               const ports::Turn& turn) override
    {
        return store_.lock_due(tenant, policy.config.tenant.config_version, turn);
    }

    void leave_out(ports::DueTickets& due, TurnShare& share) override
    {
        std::erase_if(due.tickets, [&](const auto& one) { return !share.takes(one.ticket_id.str()); });
    }

    triage::StateKeys keys_of(const TenantPolicy& policy, const ports::DueTickets& due) override
    {
        return release_keys(policy, due);
    }

    ports::TriageWrites decide(const TenantPolicy& policy, const ports::DueTickets& due, triage::States states) override
    {
        return decide_release(policy, due, std::move(states));
    }

    /// Of those that time makes due: since when a configuration or a source has not been what it was nobody knows.
    std::optional<Timestamp> since(const ports::DueTickets& due) override
    {
        std::optional<Timestamp> first;
        for (const auto& quiet : due.tickets) {
            const auto until = quiet.cover.until;
            if (until && *until <= due.now) first = std::min(*until, first.value_or(*until));
        }
        return first;
    }

    /// Tickets that people may hear of now.
    std::size_t counted(const ports::DueTickets& /*due*/, const ports::TriageWrites& writes) override
    {
        return writes.outcome.notices.size();
    }

    ports::QuietStore& store_;
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

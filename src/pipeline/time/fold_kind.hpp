#pragma once

/// @file
/// What kinds of timers have in common whose turns fold. Private to pipeline.

#include "pipeline/time/attempted.hpp"
#include "pipeline/time/turn_share.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace winnow::pipeline {

/// A turn is one transaction under the tenant's fold lock: load, decide, store. What is due, which states that takes
/// and what becomes of it is the kind's own to say. `Rows` as ports::DueStore has them.
template <typename Rows>
class FoldKind : public ports::DueKind {
public:
    [[nodiscard]] const ports::DueTraits& traits() const noexcept final { return traits_; }

    Result<ports::DueDone> run(const ports::DueTurn& turn) final
    {
        const auto policy = policies_.get(turn.tenant);
        if (!policy) return policy.error();
        auto share = shares_.begin(turn);
        if (share.rests()) return ports::DueDone{};
        const auto done = attempted([&] { return fold(**policy, turn.tenant, share); });
        if (!done) return shares_.failed(share, done.error());
        counter_.add(static_cast<double>(done->counted));
        if (done->owes && outbox_changed_) outbox_changed_();
        return shares_.done(share, {.rows = done->rows, .since = done->since});
    }

protected:
    /// `counter`: of what counted() says.
    FoldKind(const ports::DueTraits& traits, ConfigCache& policies, OutboxChanged outbox_changed,
             observe::Metrics& metrics, observe::Counter counter)
        : policies_(policies),
          outbox_changed_(std::move(outbox_changed)),
          traits_(traits),
          shares_(traits_.name, metrics),
          counter_(counter)
    {
    }

private:
    /// Asks the kind's store.
    [[nodiscard]] virtual Result<ports::Due<Rows>> lock(const TenantPolicy& policy, TenantId tenant,
                                                        const ports::Turn& turn) = 0;
    /// Takes out what the call does not take on.
    virtual void leave_out(Rows& due, TurnShare& share) = 0;
    [[nodiscard]] virtual triage::StateKeys keys_of(const TenantPolicy& policy, const Rows& due) = 0;
    [[nodiscard]] virtual ports::TriageWrites decide(const TenantPolicy& policy, const Rows& due,
                                                     triage::States states) = 0;
    /// When the first of them fell due; nullopt where nobody knows.
    [[nodiscard]] virtual std::optional<Timestamp> since(const Rows& due) = 0;
    /// How many of them the kind's counter counts.
    [[nodiscard]] virtual std::size_t counted(const Rows& due, const ports::TriageWrites& /*writes*/)
    {
        return due.size();
    }

    struct Folded {
        std::size_t rows = 0;
        std::optional<Timestamp> since = {};
        std::size_t counted = 0;
        bool owes = false;  ///< Messages.
    };

    Result<Folded> fold(const TenantPolicy& policy, TenantId tenant, TurnShare& share)
    {
        auto locked = lock(policy, tenant, share.turn());
        if (!locked) return locked.error();
        auto& [transaction, due] = *locked;
        share.loaded(due.size(), due.unread);
        leave_out(due, share);
        if (!transaction || due.size() == 0) return Folded{};
        auto states = transaction->load(keys_of(policy, due));
        if (!states) return states.error();
        const auto writes = decide(policy, due, *std::move(states));
        if (const auto stored = transaction->store(writes); !stored) return stored.error();
        if (const auto committed = transaction->commit(); !committed) return committed.error();
        return Folded{.rows = due.size(),
                      .since = since(due),
                      .counted = counted(due, writes),
                      .owes = !writes.deliveries.empty()};
    }

    ConfigCache& policies_;
    const OutboxChanged outbox_changed_;
    const ports::DueTraits traits_;
    TurnShares shares_;
    const observe::Counter counter_;
};

}  // namespace winnow::pipeline

#pragma once

/// @file
/// Some consecutive rows of one tenant and stream, evaluated and ready to be folded. Private to pipeline.

#include "pipeline/backlog.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// What an outcome's notices owe to whom.
[[nodiscard]] std::vector<domain::Owed> owed(const triage::Outcome& outcome, const domain::TenantConfig& config);

struct FoldBatch {
    TenantId tenant;
    std::shared_ptr<const TenantPolicy> policy;   ///< That its alerts were judged by.
    std::shared_ptr<const TenantPolicy> current;  ///< As of the latest attempt: settings, routes and contacts.
    std::vector<RowMark> rows;                    ///< At least one, seq ascending.
    std::vector<triage::Evaluated> alerts;
    std::size_t ruled = 0;  ///< So many of the alerts, the first ones, have been through the rules, …
    bool judged = false;    ///< … and all through everything that judges them.

    /// How a row is stored that cannot be folded: nobody may wait behind it for ever.
    enum class Mode : std::uint8_t { fold, ignore, skip };
    Mode mode = Mode::fold;
    bool tried = false;
    std::uint32_t failures = 0;  ///< Attempts that cannot succeed by waiting.
    std::uint32_t timeouts = 0;  ///< In a row.
};

/// Takes a row's alerts, for which there is room already.
void take_alerts(FoldBatch& batch, PendingRow& row) noexcept;

/// Runs the rules over what has not been through them, and covers what is to be quiet. True where that was left to do.
/// Where it throws it may be called again: it goes on with the alert it got to, as the rules have left that.
bool judge(FoldBatch& batch);

struct Decision {
    ports::TriageWrites writes;
    std::size_t deliveries = 0;  ///< That are owed, also where the writes are declined.
};

/// The fold and all that is stored with it. `skip` moves the position and stores nothing; `ignore` stores verdicts
/// that say so. Where more than `most_deliveries` are owed the writes are declined, and hold nothing.
[[nodiscard]] Decision decide(const FoldBatch& batch, triage::States states, std::size_t most_deliveries);

/// What decide() must see.
[[nodiscard]] triage::StateKeys keys_of(const FoldBatch& batch);

/// To halve a batch of two rows or more, first make room for its second half, then move that there.
[[nodiscard]] FoldBatch room_for_half(const FoldBatch& batch);
void split(FoldBatch& batch, FoldBatch& second) noexcept;

/// Takes the rows up to `applied` off its front.
std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied);

}  // namespace winnow::pipeline

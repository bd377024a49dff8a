#pragma once

/// @file
/// Some consecutive rows of one tenant and stream, evaluated and ready to be folded. Private to pipeline.

#include "pipeline/backlog.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// What an outcome's notices owe to whom.
[[nodiscard]] std::vector<domain::Delivery> owed(const triage::Outcome& outcome, const domain::TenantConfig& config);

struct FoldBatch {
    TenantId tenant;
    std::shared_ptr<const TenantPolicy> policy;
    std::vector<RowMark> rows;  ///< At least one, seq ascending.
    std::vector<triage::Evaluated> alerts;

    /// How a row is stored that cannot be folded: nobody may wait behind it for ever.
    enum class Mode : std::uint8_t { fold, ignore, skip };
    Mode mode = Mode::fold;
    std::uint32_t failures = 0;  ///< Attempts that cannot succeed by waiting.
    std::uint32_t timeouts = 0;  ///< In a row.
};

/// Runs the rules; consumes the rows. They are of one tenant and stream.
[[nodiscard]] FoldBatch prepare(std::shared_ptr<const TenantPolicy> policy, std::vector<PendingRow> rows);

/// The fold and all that is stored with it. `skip` moves the position and stores nothing; `ignore` stores verdicts
/// that say so.
[[nodiscard]] ports::TriageWrites decide(const FoldBatch& batch, triage::States states);

/// What decide() must see.
[[nodiscard]] triage::StateKeys keys_of(const FoldBatch& batch);

/// Halves a batch of two rows or more.
[[nodiscard]] std::pair<FoldBatch, FoldBatch> split(FoldBatch batch);

}  // namespace winnow::pipeline

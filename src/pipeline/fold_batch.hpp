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

    /// How a row is stored that cannot be folded: nobody may wait behind it for ever.
    enum class Mode : std::uint8_t { fold, ignore, skip };
    Mode mode = Mode::fold;
    bool tried = false;
    std::uint32_t failures = 0;  ///< Attempts that cannot succeed by waiting.
    std::uint32_t timeouts = 0;  ///< In a row.
};

/// Runs the rules; consumes the rows. They are of one tenant and stream.
[[nodiscard]] FoldBatch prepare(std::shared_ptr<const TenantPolicy> policy, std::vector<PendingRow> rows);

struct Decision {
    ports::TriageWrites writes;
    std::size_t deliveries = 0;  ///< That are owed, also where the writes are declined.
};

/// The fold and all that is stored with it. `skip` moves the position and stores nothing; `ignore` stores verdicts
/// that say so. Where more than `most_deliveries` are owed the writes are declined, and hold nothing.
[[nodiscard]] Decision decide(const FoldBatch& batch, triage::States states, std::size_t most_deliveries);

/// What decide() must see.
[[nodiscard]] triage::StateKeys keys_of(const FoldBatch& batch);

/// Halves a batch of two rows or more.
[[nodiscard]] std::pair<FoldBatch, FoldBatch> split(FoldBatch batch);

/// Takes the rows up to `applied` off its front.
std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied);

}  // namespace winnow::pipeline

#pragma once

/// @file
/// Some consecutive rows of one tenant and stream, evaluated and ready to be folded. Private to pipeline.

#include "pipeline/fold/backlog.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace winnow::pipeline {

struct CostSequel;

/// What is kept of the judgement of a row's alerts beside what is kept of each. However many alerts it has and whatever
/// their rules do, it is bounded: failures and unrecorded matches take an entry a rule, and all notes have
/// kMostNoteBytes.
struct JudgedRow {
    static constexpr std::size_t kMostNoteBytes = std::size_t{8} << 20U;
    /// Where so many entries of unrecorded matches are held of all rows, no further row is begun.
    static constexpr std::size_t kMostUnrecorded = 100'000;
    /// Where inhibitions have found so many alerts of all rows, one alert once for each that did, no further row is
    /// begun: looking up what explains them is part of one turn, and of one transaction.
    static constexpr std::size_t kMostSides = 50'000;

    std::unordered_map<RuleId, ports::RuleFailures> failures;
    /// How often each rule matched, live or in shadow mode, where the alert has no record of it.
    std::unordered_map<RuleId, std::int64_t> unrecorded;
    std::size_t sides = 0;       ///< Of inhibitions that found its alerts.
    std::size_t over_steps = 0;  ///< Alerts that steps did not do for.
    std::size_t over_time = 0;   ///< Alerts that processor time did not do for.
    std::size_t note_bytes = 0;
    /// Alerts with notes whose dedup key an alert with notes before them has, by index: that one opens the ticket, if
    /// one is opened, so they make room for those that may.
    std::vector<std::uint16_t> spare_notes;
    std::unordered_set<std::size_t> noted_keys;  ///< Hashes of dedup keys.
};

struct FoldBatch {
    TenantId tenant;
    std::shared_ptr<const TenantPolicy> policy;   ///< That its alerts were judged by.
    std::shared_ptr<const TenantPolicy> current;  ///< As of the latest attempt: settings, routes and contacts.
    std::vector<RowMark> rows;                    ///< At least one, seq ascending.
    std::vector<triage::Evaluated> alerts;
    std::vector<JudgedRow> begun_rows;  ///< As far as rows were begun.
    std::size_t judged = 0;  ///< So many of the alerts, the first ones, have been through rules, silences and windows.

    /// How a row is stored that cannot be folded: nobody may wait behind it for ever.
    enum class Mode : std::uint8_t { fold, quarantine, ignore, skip };
    Mode mode = Mode::fold;
    std::uint32_t quarantined = 0;  ///< Its only row must not be judged, and has so many alerts.
    [[nodiscard]] Mode first_mode() const noexcept { return quarantined > 0 ? Mode::quarantine : Mode::fold; }
    bool tried = false;
    std::uint32_t failures = 0;  ///< Attempts that cannot succeed by waiting.
    std::uint32_t timeouts = 0;  ///< In a row.
};

/// Takes a row's alerts, for which there is room already.
void take_alerts(FoldBatch& batch, PendingRow& row) noexcept;

/// Names what has not been through the rules, runs them over it, covers what is to be quiet, and asks inhibitions.
/// `is_over` is asked after each alert but the last; where it says so, false: the next call goes on. Where it throws,
/// too. Also false where a row is judged wholly and the notes of all have as many bytes as those of one may, as
/// many matches as may be are counted and not recorded, or inhibitions have found as many alerts as they may.
bool judge(FoldBatch& batch, const std::function<bool()>& is_over);

/// So many rows, the first ones, are judged wholly.
[[nodiscard]] std::size_t judged_rows(const FoldBatch& batch) noexcept;

struct Decision {
    ports::TriageWrites writes;
    std::size_t deliveries = 0;                ///< That are owed, also where it is declined.
    std::size_t over_budget = 0;               ///< Alerts.
    bool declined = false;                     ///< It is too much for one transaction. Nothing is to be stored.
    std::shared_ptr<const CostSequel> sequel;  ///< To be decided when this is stored; null as nearly always.
};

/// The fold and all that is stored with it. `skip` moves the position and stores nothing; `ignore` stores verdicts
/// that say so. `quarantine` folds one alert that no rule sees, which says that those of the row were not judged. Where
/// more than `most_deliveries` are owed it is declined, and the writes hold nothing. `progress` is told, where there is
/// one, after each alert that inhibitions are asked for, and after each further step.
[[nodiscard]] Decision decide(const FoldBatch& batch, triage::States states, std::size_t most_deliveries,
                              const std::function<void()>& progress = {});

/// What decide() must see.
[[nodiscard]] triage::StateKeys keys_of(const FoldBatch& batch);

/// To split a batch behind its first `rows`, of which there are more, first make room for its second part, then move
/// that there.
[[nodiscard]] FoldBatch room_behind(const FoldBatch& batch, std::size_t rows);
void split(FoldBatch& batch, FoldBatch& second) noexcept;

/// Takes the rows up to `applied` off its front.
std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied);

}  // namespace winnow::pipeline

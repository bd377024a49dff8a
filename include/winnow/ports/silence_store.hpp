#pragma once

/// @file
/// A tenant's silences, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/silence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::ports {

/// How often something has covered an alert.
struct CoverStats {
    std::int64_t matched = 0;
    std::optional<Timestamp> last_matched_at;
};

struct StoredSilence {
    domain::Silence silence;
    CoverStats stats;
    std::optional<domain::JudgeCost> cost = {};  ///< Where this version was an alert's dearest over its budget.
};

/// Not thread-safe: lives and dies with its transaction. Writers hold SettingsStore::lock_configuration().
class SilenceStore {
public:
    SilenceStore() = default;
    SilenceStore(const SilenceStore&) = delete;
    SilenceStore& operator=(const SilenceStore&) = delete;
    virtual ~SilenceStore() = default;

    /// Newest first, by id; of any state, or of one as it is at `now`.
    [[nodiscard]] virtual Result<std::vector<StoredSilence>> page(std::optional<domain::SilenceState> state,
                                                                  Timestamp now, std::optional<SilenceId> before,
                                                                  std::size_t limit) = 0;

    /// Those that were not over a day ago, oldest first: what alerts that wait in the journal may need.
    [[nodiscard]] virtual Result<std::vector<domain::Silence>> in_force() = 0;

    /// `not_found` where the tenant has no such silence.
    [[nodiscard]] virtual Result<StoredSilence> find(SilenceId id) = 0;

    /// How many are not over.
    [[nodiscard]] virtual Result<std::size_t> count_unexpired(Timestamp now) = 0;

    [[nodiscard]] virtual Result<Done> insert(const domain::Silence& silence) = 0;
    /// All but created_by and created_at.
    [[nodiscard]] virtual Result<Done> update(const domain::Silence& silence) = 0;
};

}  // namespace winnow::ports

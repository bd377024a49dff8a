#pragma once

/// @file
/// Inhibition, as Alertmanager does it: while a source alert fires, targets with the same equal labels are kept quiet.
/// An alert that both sides find is kept quiet only by sources that the target side does not find: none inhibits
/// itself, and no two each other. Pure.

#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/suppression/suppressions.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::suppression {

/// What tells one source from another: the alert's instance, else its dedup key.
[[nodiscard]] std::string source_key(const domain::Alert& alert);

/// Which sources an Inhibitor must know before it takes these alerts.
class SourceKeys {
public:
    explicit SourceKeys(const Suppressions& suppressions) : suppressions_(suppressions) {}
    void add(const domain::Alert& alert, Timestamp now);
    void add(const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget);
    [[nodiscard]] domain::InhibitionSourceKeys take() &&;

private:
    const Suppressions& suppressions_;
    domain::InhibitionSourceKeys keys_;
};

/// Alerts of one tenant in their order. Not thread-safe. Calls without an alert's budget have one of their own; a side
/// that the budget does not do for does not find the alert.
class Inhibitor {
public:
    /// `firing` are the sources that SourceKeys asked for. `suppressions` outlives it.
    Inhibitor(const Suppressions& suppressions, std::vector<domain::InhibitionSource> firing);

    /// Learns from an alert that the rules did not drop, whether or not anybody is told of it: a firing one may be a
    /// source, a resolved one is none any more.
    void learn(const domain::Alert& alert, Timestamp now);
    void learn(const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget);

    /// As learn(); returns what keeps a firing one quiet.
    std::optional<domain::Cover> take(const domain::Alert& alert, Timestamp now);

    /// What keeps the alert quiet, without learning from it.
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, Timestamp now) const;
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, Timestamp now,
                                                        domain::AlertBudget& budget) const;

    /// The sources that have come, changed, or are to be forgotten; sorted by inhibition and key.
    [[nodiscard]] std::vector<domain::InhibitionSource> changes() &&;

private:
    using Inhibition = Suppressions::CompiledInhibition;

    [[nodiscard]] std::size_t* index_of(InhibitionId inhibition, const std::string& key);
    void learn(const Inhibition& inhibition, Asked& asked);
    [[nodiscard]] const domain::InhibitionSource* explaining(const Inhibition& inhibition, const domain::Alert& alert,
                                                             bool is_source) const;

    const Suppressions& suppressions_;
    std::vector<domain::InhibitionSource> sources_;
    std::vector<bool> changed_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_values_;  ///< By inhibition and equal values.
    std::unordered_map<std::string, std::size_t> by_key_;                  ///< By inhibition and source key.
};

}  // namespace winnow::suppression

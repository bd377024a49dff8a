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
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::suppression {

/// What tells one source from another: the alert's instance, else its dedup key.
[[nodiscard]] std::string source_key(const domain::Alert& alert);

/// Which inhibitions find the alert on which side, by place; to be asked of one that fires. All that inhibitions cost
/// is paid here, by the alert's budget, what Inhibitor looks up for each side included; a side that the budget does not
/// do for does not find the alert.
using Sides = std::vector<domain::InhibitionSide>;
[[nodiscard]] Sides sides_of(const Suppressions& suppressions, const domain::Alert& alert, Timestamp now,
                             domain::AlertBudget& budget);

/// Which sources an Inhibitor must know before it takes these alerts.
class SourceKeys {
public:
    explicit SourceKeys(const Suppressions& suppressions) : suppressions_(suppressions) {}
    void add(const domain::Alert& alert, const Sides& sides);
    /// With a budget of the alert's own.
    void add(const domain::Alert& alert, Timestamp now);
    [[nodiscard]] domain::InhibitionSourceKeys take() &&;

private:
    const Suppressions& suppressions_;
    domain::InhibitionSourceKeys keys_;
};

/// Alerts of one tenant in their order. Asks no condition where it is given an alert's sides; what it does then takes
/// as long as there are sides, however many sources it knows. Not thread-safe. Calls without sides ask for them, with a
/// budget of the alert's own.
class Inhibitor {
public:
    /// `firing` are the sources that SourceKeys asked for. `suppressions` outlives it.
    Inhibitor(const Suppressions& suppressions, std::vector<domain::InhibitionSource> firing);

    /// Learns from an alert that the rules did not drop, whether or not anybody is told of it: a firing one may be a
    /// source, a resolved one, which has no sides, is none any more.
    void learn(const domain::Alert& alert, const Sides& sides);

    /// As learn(); returns what keeps a firing one quiet.
    std::optional<domain::Cover> take(const domain::Alert& alert, Timestamp now);

    /// What keeps the alert quiet, without learning from it.
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, const Sides& sides) const;
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, Timestamp now) const;

    /// The sources that have come, changed, or are to be forgotten; sorted by inhibition and key.
    [[nodiscard]] std::vector<domain::InhibitionSource> changes() &&;

private:
    using Inhibition = Suppressions::CompiledInhibition;
    using Places = std::vector<std::size_t>;  ///< In sources_.

    /// Sources that fire, of one inhibition with one list of values, by place.
    struct Firing {
        std::set<std::size_t> one_sided;
        std::set<std::size_t> two_sided;
    };

    [[nodiscard]] Places::iterator place_of(InhibitionId inhibition, Places& own) const;
    [[nodiscard]] std::set<std::size_t>& firing_like(std::size_t place);
    void begin(std::size_t place);
    void end(std::size_t place);
    void learn(const Inhibition& inhibition, const domain::InhibitionSide& side, const domain::Alert& alert,
               Places& own);
    [[nodiscard]] const domain::InhibitionSource* explaining(const Inhibition& inhibition, const domain::Alert& alert,
                                                             bool is_source) const;

    const Suppressions& suppressions_;
    std::vector<domain::InhibitionSource> sources_;
    std::vector<bool> changed_;
    std::unordered_map<std::string, Firing> by_values_;  ///< By inhibition and equal values.
    /// By source key: those of inhibitions that are in force, sorted by inhibition.
    std::unordered_map<std::string, Places> by_key_;
};

}  // namespace winnow::suppression

#pragma once

/// @file
/// A back-test as a fold: what a draft rule set makes of alerts that came in, beside what the live one makes of them.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/rules/rule_set.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow::backtest {

/// What is asked: both sets in order, and who is told where no rule says.
struct Question {
    std::vector<domain::Rule> draft;  ///< A rule of a live one's id and version is that rule, unchanged.
    std::vector<domain::Rule> live;
    std::shared_ptr<const rules::RuleSet> live_set = {};  ///< `live`, where somebody has compiled it already.
    std::vector<ContactGroupId> default_route;
    Timestamp from;
    Timestamp until;                      ///< Later than `from`.
    std::function<bool()> given_up = {};  ///< Asked while the sets are compiled; may be empty.
};

/// How the draft would have treated an alert otherwise. One alert may differ in several ways.
enum class Difference : std::uint8_t {
    newly_dropped,
    no_longer_dropped,
    newly_suppressed,
    no_longer_suppressed,
    newly_held,
    no_longer_held,
    newly_told,  ///< Would newly page.
    no_longer_told,
    severity_changed,  ///< Neither set drops it.
    route_changed,     ///< Told under both, but not the same groups.
};
inline constexpr std::size_t kDifferences = 10;
[[nodiscard]] std::string_view to_string(Difference difference) noexcept;

inline constexpr std::size_t kMaxSamples = 10;       ///< Of each difference.
inline constexpr std::size_t kMaxSampleTitle = 200;  ///< Bytes.
inline constexpr std::size_t kMaxBuckets = 200;
inline constexpr std::size_t kMaxSeries = 32;        ///< Rules of the draft that are followed over time.
inline constexpr std::size_t kMaxListedRules = 200;  ///< Of the rules that matched; changed ones come first.

/// What a set made of one alert.
struct Outcome {
    bool dropped = false;
    bool suppressed = false;
    bool held = false;  ///< Else firing, and a threshold, pause or flap decides later whether it is told.
    bool told = false;  ///< Firing, nothing of the above, and there is somebody to tell.
    domain::Severity severity = domain::Severity::warning;
    std::vector<ContactGroupId> route;  ///< Of a told alert, sorted.
    std::vector<std::string> rules;     ///< Names of the first rules that matched.
};

struct Tally {
    std::uint64_t matched = 0;  ///< Alerts that a rule matched.
    std::uint64_t dropped = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t held = 0;
    std::uint64_t told = 0;
};

struct Sample {
    AlertId alert;
    Timestamp received_at;
    std::string title;
    Outcome draft;
    Outcome live;
};

enum class RuleChange : std::uint8_t { unchanged, added, changed, removed };
[[nodiscard]] std::string_view to_string(RuleChange change) noexcept;

struct RuleCount {
    RuleId id;
    std::string name;
    RuleChange change = RuleChange::unchanged;
    std::uint64_t draft_matches = 0;
    std::uint64_t live_matches = 0;
    std::vector<std::uint64_t>
        over_time;  ///< The draft's matches by bucket; of at most kMaxSeries new or changed rules.
};

struct Bucket {
    std::uint64_t read = 0;
    Tally draft;
    Tally live;
};

struct Report {
    std::uint64_t read = 0;
    std::uint64_t quarantined_rows = 0;  ///< Of the time, which were set aside and are not looked at.
    std::uint64_t unreadable = 0;        ///< Journalled alerts that could not be read: counted, not compared.
    std::uint64_t draft_failures = 0;    ///< Conditions and actions of the draft that failed at run time.
    Tally draft;
    Tally live;
    Timestamp from;
    std::optional<Timestamp> read_until;  ///< When the last alert came in that was read.
    std::chrono::milliseconds bucket_width{};
    std::vector<Bucket> buckets;
    std::vector<RuleCount> rules;  ///< Every rule of either set, the draft's in order, then the removed ones.
    std::array<std::uint64_t, kDifferences> differences{};
    std::array<std::vector<Sample>, kDifferences> samples;
};

/// Not thread-safe. Its memory depends on the rules, never on how many alerts it has seen.
///
/// Every alert is judged by itself at the time when it was received: conditions on `now` and effective dates see that
/// time. What builds up over several alerts or stands beside the rules is left out: tickets that are open already,
/// whether a threshold is reached or a pause passes, silences, maintenance windows, inhibitions.
class Comparison {
public:
    /// Compiles both sets, unless it is given up meanwhile.
    explicit Comparison(Question question);

    /// False where it was given up: there is nothing that it could be asked then.
    [[nodiscard]] bool is_ready() const noexcept { return draft_ != nullptr; }

    /// Makes an alert again what it was when it came in.
    using Restore = std::function<void(domain::Alert&)>;

    /// Counts one alert, which is changed on the way. `restore` is called at most once.
    void add(AlertId id, domain::Alert& alert, const Restore& restore);

    void add_unreadable() noexcept { ++report_.unreadable; }
    void leave_out(std::uint64_t quarantined_rows) noexcept { report_.quarantined_rows = quarantined_rows; }

    [[nodiscard]] const Report& report() const& noexcept { return report_; }
    const Report& report() const&& = delete;  ///< It would be gone with the comparison.

private:
    struct Known {
        std::uint32_t index = 0;  ///< Into report_.rules.
        bool differs = false;     ///< The live set has not got it, or not at that place among the others.
        bool mutates = false;     ///< It changes alerts.
        bool lookout = false;
    };
    /// What the draft's evaluation says besides what becomes of the alert.
    struct Look {
        bool may_differ = false;  ///< False only where the live set certainly does the same.
        bool mutated = false;
    };

    void list_rules(const Question& question);
    void compile(const Question& question);
    [[nodiscard]] std::vector<domain::Rule> with_lookouts(std::vector<domain::Rule> draft,
                                                          std::vector<domain::Rule> gone);
    [[nodiscard]] const Known& known(RuleId id) const { return known_.find(id)->second; }

    [[nodiscard]] Look look(const rules::Evaluation& draft);
    [[nodiscard]] Outcome fate(const rules::Evaluation& evaluation, const domain::Alert& alert) const;
    static void count(const Outcome& outcome, bool matched, Tally& total, Tally& bucket);
    void count_matches(std::size_t bucket, bool alike);
    void add_route(Outcome& outcome, rules::Evaluation& evaluation) const;
    void add_names(Outcome& outcome, const rules::Evaluation& evaluation) const;
    [[nodiscard]] bool count_differences(const Outcome& draft, const Outcome& live);
    void keep(const Sample& sample);

    std::vector<ContactGroupId> default_route_;
    std::shared_ptr<const rules::RuleSet> live_;
    /// Before its rules stand lookouts, one for each live rule that the draft has not: they have the rule's condition
    /// and do nothing. So one evaluation says whether the sets can differ at all.
    std::shared_ptr<const rules::RuleSet> draft_;
    bool lookouts_ = false;
    bool short_cut_ = false;  ///< Enough rules are the same for that to pay.
    std::unordered_map<RuleId, Known> known_;
    std::vector<std::uint32_t> matched_;  ///< Rules of the draft that matched the alert at hand.
    std::string title_;                   ///< Of that alert as it came in.
    Report report_;
};

/// The report as the API shows it: a JSON object. `complete`: the range has no alert that was not read.
[[nodiscard]] std::string to_json(const Report& report, bool complete);

}  // namespace winnow::backtest

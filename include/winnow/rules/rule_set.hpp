#pragma once

/// @file
/// A tenant's compiled rule set: immutable, shared by every thread that triages for the tenant.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/alert_budget.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/domain/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace winnow::rules {

/// What the rules made of one alert. The alert itself has been changed by `set`, `severity` and `dedup_key`.
struct Evaluation {
    bool dropped = false;
    bool suppressed = false;
    bool dedup_key_changed = false;     ///< A rule gave the alert another dedup key than it came with.
    std::string suppression_reason;     ///< The first suppressing rule's; its name where it gives none.
    std::vector<ContactGroupId> route;  ///< In the order in which rules added them, no repeats.
    std::string priority;               ///< Of a ticket that the alert opens; the last rule's word.
    struct Note {
        RuleId rule_id;
        std::string text;
    };
    std::vector<Note> notes;     ///< Comments on a ticket that the alert opens or reopens; within the limits below.
    std::size_t note_bytes = 0;  ///< Of all of them.
    /// What is left for the texts that actions put together (docs/rules.md, "Limits"). An action that does not get by
    /// with it is left out, and counted.
    static constexpr std::size_t kTextSteps = 200'000;
    std::size_t text_steps = kTextSteps;
    std::size_t text_overrun = 0;  ///< What a search took beyond them, in steps.
    /// What stateful actions ask for. Whether the alert is held back, the fold decides: it knows the past.
    struct Hold {
        RuleId rule_id;
        std::variant<domain::ThresholdAction, domain::PauseAction, domain::FlapAction> terms;
    };
    std::vector<Hold> holds;
    std::vector<domain::RuleMatch> matches;
    std::uint64_t more_matches = 0;  ///< Of which who keeps the evaluation has kept no record; 0 where it is made.
    struct Failure {
        RuleId rule_id;
        std::string error;
    };
    /// Actions that the alert does not allow (a 65th label…): left out, and counted. Conditions that could not be
    /// decided, or whose cost was beyond the alert's budget: as if the rule had not matched.
    std::vector<Failure> failures;

    /// A rule in shadow mode that matched, and what it would have done. It saw the alert as the live rules before it
    /// left it; where one of those ended the evaluation, it was not asked.
    struct Shadow {
        RuleId rule_id;
        bool drops = false;
        bool suppresses = false;

        friend bool operator==(const Shadow&, const Shadow&) = default;
    };
    std::vector<Shadow> shadows;
    bool would_drop = false;               ///< One of the shadows drops; also where not all of them are kept.
    bool would_suppress = false;           ///< The same of suppressing.
    std::vector<Failure> shadow_failures;  ///< Of their conditions, which have a quarter of a budget of their own.

    /// What is left for silences, windows and inhibitions, and whether what rules asked for was not decided.
    domain::AlertBudget budget;
};

/// One test of a condition, looked at by itself.
struct TraceLeaf {
    std::string expression;  ///< `env="prod"` of matchers, else CEL: `labels.env == "prod"`.
    /// What the alert had: of matchers unquoted, else as CEL writes it; "" when absent. At most kShownBytes of it.
    std::string value;
    std::size_t bytes = 0;  ///< How long all of it is (at most expr::kMostCounted), where `value` is not all; else 0.
    bool matched = false;   ///< The test is true.
    std::string error;      ///< Why it is neither true nor false: `no such key: env`.
};
/// One rule's part in an evaluation, for explanations.
struct TraceEntry {
    RuleId rule_id;
    std::string rule_name;
    std::int64_t version = 0;
    bool considered = false;   ///< Reached, enabled, live, and within its effective dates.
    bool matched = false;      ///< Considered, and the condition is true.
    bool shadow = false;       ///< Reached, enabled, in shadow mode, and due.
    bool would_match = false;  ///< Such a rule, and the condition is true.
    bool stopped_here = false;
    std::string error;
    std::vector<TraceLeaf> leaves;  ///< Also of a rule that was reached but not considered; none after the end.
    bool leaves_left_out = false;   ///< There are more; the trace has as much as it may have.
};

/// What a trace may take, and near misses, over all rules. Tests that have no room are left out; what the steps do not
/// suffice for is there with an error that says so.
struct TraceLimits {
    static constexpr std::size_t kShownBytes = 256;
    static constexpr std::size_t kLeafBytes = std::size_t{512} << 10U;  ///< Of expressions, values and errors together.
    static constexpr std::size_t kSteps = 4'000'000;  ///< Of expr::Budget, for tests; as many for whole conditions.
};

/// A rule that did not match, and what of it would have had to be otherwise.
struct NearMiss {
    RuleId rule_id;
    std::string rule_name;
    std::int64_t version = 0;
    std::vector<TraceLeaf> failing;  ///< The fewest tests whose outcome would have had to be another.
};

/// Notes of one alert: what is longer is cut, one that has no room is left out and counted.
struct NoteLimits {
    static constexpr std::size_t kBytes = 4'096;  ///< Of one.
    static constexpr std::size_t kBytesOfRule = 16'384;
    static constexpr std::size_t kBytesOfAlert = 65'536;
    static constexpr std::size_t kNotes = 256;
};

/// How many rules may change one alert; the next that would is an error, and the evaluation ends as it stands then.
inline constexpr std::size_t kMaxChanges = 64;

class RuleSet {
public:
    /// Compiles what the admin wrote. A rule that does not compile (it was checked on save, so this is a version
    /// skew) is left out and reported in `broken()`. What `previous` has of the same rules is used again: after an edit
    /// only the rule that changed is compiled. `given_up` is asked before each rule, where there is such a function;
    /// once it says yes the answer is null.
    [[nodiscard]] static std::shared_ptr<const RuleSet> compile(const std::vector<domain::Rule>& rules,
                                                                const RuleSet* previous = nullptr,
                                                                const std::function<bool()>& given_up = {});

    /// The same by a plain loop that interprets every condition: what an indexed set is measured against. It reports no
    /// errors of conditions.
    [[nodiscard]] static std::shared_ptr<const RuleSet> compile_plain(const std::vector<domain::Rule>& rules);

    virtual ~RuleSet() = default;

    /// Evaluates in position order and applies the actions to `alert`. Thread-safe. Never throws.
    [[nodiscard]] virtual Evaluation evaluate(domain::Alert& alert, Timestamp now) const = 0;

    /// As evaluate, and says for every rule what it saw. A condition, or a part of one, that is not looked at because
    /// those before it cost too much has an error that says so.
    [[nodiscard]] virtual std::vector<TraceEntry> trace(domain::Alert alert, Timestamp now) const = 0;

    /// The at most `count` rules in force that came closest to matching the alert as it is, the closest first;
    /// of the first rules only where looking at them costs too much.
    [[nodiscard]] virtual std::vector<NearMiss> near_misses(const domain::Alert& alert, Timestamp now,
                                                            std::size_t count) const = 0;

    [[nodiscard]] virtual const std::vector<Evaluation::Failure>& broken() const noexcept = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;

    /// About how much memory is there only to find rules fast.
    [[nodiscard]] virtual std::size_t index_bytes() const noexcept = 0;
};

/// Checks a rule as it is saved: name, condition, actions, dates. Pointers are relative to the rule.
[[nodiscard]] Result<Done> check(const domain::Rule& rule);

}  // namespace winnow::rules

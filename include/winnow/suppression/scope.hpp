#pragma once

/// @file
/// A compiled scope: which alerts a silence, window or inhibition is about. Pure.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/alert_budget.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/matchers.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::suppression {

/// What asking scopes may cost in all where they are asked of many alerts, in steps of `expr::Budget`, of which an
/// ordinary condition takes some tens; used up by asking. A million is about a twentieth of a second.
struct Effort {
    std::size_t steps = 0;
};

/// An alert on its way past scopes: what asking them has cost, and what is made of it once however many ask. Refers to
/// both, which must stay as they are. For one thread.
class Asked {
public:
    Asked(const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget)
        : alert_(alert), now_(now), budget_(budget)
    {
    }

    [[nodiscard]] const domain::Alert& alert() const noexcept { return alert_; }
    [[nodiscard]] Timestamp now() const noexcept { return now_; }

private:
    friend class Scope;
    const domain::Alert& alert_;
    const Timestamp now_;
    domain::AlertBudget& budget_;
    std::optional<expr::Names> names_;
};

/// Immutable, shareable.
class Scope {
public:
    /// `invalid_argument` with what is wrong and where, as rules say it.
    [[nodiscard]] static Result<Scope> compile(const domain::Scope& scope);

    /// False where a condition fails: an error keeps nobody from being told.
    [[nodiscard]] bool finds(const domain::Alert& alert, Timestamp now) const;

    /// The same, paid for by the alert's budget, as the judge's whose scope it is. False where that does not do.
    [[nodiscard]] bool finds(Asked& asked, const domain::Judge& judge) const;

    /// nullopt, and nothing is asked, where the effort that is left might not do.
    [[nodiscard]] std::optional<bool> finds(const domain::Alert& alert, Timestamp now, Effort& effort) const;

    /// Whether what it finds may depend on the hour: it names `now`, or a time of the alert.
    [[nodiscard]] bool asks_for_the_time() const;

    /// Whether it names the alert's status; and whether one of its matchers lets no status through but those of alerts
    /// that do not fire.
    [[nodiscard]] bool asks_for_status() const { return asks_for_name("status"); }
    [[nodiscard]] bool refuses_firing() const;

    /// Whether what it finds depends on that field of an alert (or, of matchers, on a label of that name).
    [[nodiscard]] bool names_field(std::string_view field) const;

    /// A matcher without which it finds nothing: `name="value"`, the value not empty; nullptr where there is none.
    [[nodiscard]] const expr::Matcher* required() const;

    /// Whether both are written so that they find the same alerts: the same condition, or the same matchers in any
    /// order and spelling. False says nothing.
    [[nodiscard]] bool same_as(const Scope& other) const;

    /// The one value that its matchers let through under that name; nullptr where there may be several, or none is
    /// told.
    [[nodiscard]] const std::string* only_value_of(std::string_view label) const;

    /// Whether it asks for a value of the label: matchers let no alert through that lacks it, or a condition names it.
    [[nodiscard]] bool asks_for(std::string_view label) const;

private:
    [[nodiscard]] bool asks_for_name(std::string_view name) const;

    using Compiled = std::variant<std::vector<expr::Matcher>, expr::Expression>;
    explicit Scope(Compiled compiled) : compiled_(std::move(compiled)) {}

    Compiled compiled_;
};

}  // namespace winnow::suppression

#pragma once

/// @file
/// Alertmanager's matcher language (UTF-8 grammar, 0.27 and later) over an alert's labels and own fields.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace winnow::expr {

struct Budget;

/// One compiled matcher: name, operator, value. Immutable, shareable.
class Matcher {
public:
    enum class Op { equal, not_equal, regex, not_regex };

    /// `invalid_argument` for a regex that RE2 refuses or that is larger than the limit. In it `.` matches a line feed.
    [[nodiscard]] static Result<Matcher> make(std::string name, Op op, std::string value);

    /// A name that is no label falls back to the alert's own field of that name; a name that is neither is "".
    [[nodiscard]] bool matches(const domain::Alert& alert) const;

    /// The same, paid for; nullopt where the budget does not allow to look.
    [[nodiscard]] std::optional<bool> matches(const domain::Alert& alert, Budget& budget) const;

    /// What the alert has under this matcher's name; "" when absent.
    [[nodiscard]] std::string value_in(const domain::Alert& alert) const;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] Op op() const noexcept { return op_; }
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

    /// Canonical text: `name="value"`, quoted where needed.
    [[nodiscard]] std::string str() const;

private:
    Matcher(std::string name, Op op, std::string value, std::shared_ptr<const re2::RE2> regex);

    std::string name_;
    Op op_;
    std::string value_;
    std::shared_ptr<const re2::RE2> regex_;
};

/// Parses `{a="b",c=~"d"}` (braces optional, trailing comma allowed). The error text is Alertmanager's, with its rune
/// columns: `0:8: end of input: expected close brace`.
[[nodiscard]] Result<std::vector<Matcher>> parse_matchers(std::string_view text);

/// Whether matchers see an alert's own field of that name.
[[nodiscard]] bool is_own_field(std::string_view name) noexcept;

/// All of them.
[[nodiscard]] bool matches_all(const std::vector<Matcher>& matchers, const domain::Alert& alert);
[[nodiscard]] std::optional<bool> matches_all(const std::vector<Matcher>& matchers, const domain::Alert& alert,
                                              Budget& budget);

}  // namespace winnow::expr

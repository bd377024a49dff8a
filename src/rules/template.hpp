#pragma once

/// @file
/// Templates such as `{{labels.env}}/{{source}}`: text with an alert's fields in it.

#include "rules/field.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules {

inline constexpr std::size_t kMaxTemplateBytes = 8'192;

/// A compiled template. Immutable. What a field holds is put in as it is and never read as a template itself.
class Template {
public:
    /// `{{` starts a field and `}}` ends it, spaces inside do not matter; everything else stands for itself.
    /// `invalid_argument` for a brace left open, an unknown field, or more than kMaxTemplateBytes.
    [[nodiscard]] static Result<Template> parse(std::string_view text);

    /// A missing field gives nothing. Stops at `max_bytes`, on a character's boundary: nothing beyond is put together.
    /// Each piece is paid from `steps` before; nullopt where that does not allow it.
    [[nodiscard]] std::optional<std::string> render(const domain::Alert& alert, std::size_t max_bytes,
                                                    std::size_t& steps) const;

    [[nodiscard]] bool uses(Field::Member member) const;

private:
    struct Piece {
        std::string literal;
        std::optional<Field> field;  ///< After the literal; none at the end.
    };
    std::vector<Piece> pieces_;
};

}  // namespace winnow::rules

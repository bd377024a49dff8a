#pragma once

/// @file
/// The parts of an alert that a rule can name: `title`, `labels.env`, `details.host.rack`.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules {

/// One named part of an alert.
struct Field {
    enum class Member : std::uint8_t {
        title,
        description,
        status,
        severity,
        source,
        service,
        component,
        group,
        class_name,
        dedup_key,
        integration,
        starts_at,
        ends_at,
        received_at,
        label,
        detail
    };

    Member member = Member::title;
    std::string text;                ///< As the rule names it.
    std::string label;               ///< label: its name, which may hold dots.
    std::vector<std::string> steps;  ///< detail: object keys and array indexes from the outside in.
};

/// What kind of value stands under a field. The letters go into dedup keys: do not change them.
enum class ValueKind : char { missing = '-', string = 's', number = 'n', boolean = 'b', null = 'z', json = 'j' };

/// The error names the field nearest to what was written.
[[nodiscard]] Result<Field> parse_field(std::string_view text);

/// Appends the field's value as text and says what it was. An alert's own field that is "" counts as missing; numbers
/// come as they were written, times in RFC 3339, objects and arrays as JSON.
ValueKind append_value(const Field& field, const domain::Alert& alert, std::string& out);

/// How much append_value looks at, in bytes: of a detail all details, for they are read anew.
[[nodiscard]] std::size_t bytes_touched(const Field& field, const domain::Alert& alert);

/// What texts that rules put together cost: a step is a piece of a template, or so many bytes.
inline constexpr std::size_t kBytesAStep = 64;
/// False, and nothing is left, where the price is more than what is left.
[[nodiscard]] bool pay(std::size_t& steps, std::size_t price) noexcept;

/// Cuts well-formed UTF-8 to at most `max_chars` code points.
void truncate_chars(std::string& text, std::size_t max_chars);

}  // namespace winnow::rules

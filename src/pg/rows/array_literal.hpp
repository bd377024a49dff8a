#pragma once

/// @file
/// PostgreSQL array literals for `unnest($1::text[], …)` and `= any($1::uuid[])`. Private to pg.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/base/uuid_text.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::pg {

/// One column of a multi-row statement; libpqxx 6 has no array parameter. Cast it in SQL.
class ArrayLiteral {
public:
    void add(std::string_view text);  ///< Throws BadParameter on U+0000.
    void add(const char* text) { add(std::string_view(text)); }
    void add(const std::string& text) { add(std::string_view(text)); }
    void add(bool value) { raw(value ? "t" : "f"); }
    void add(std::integral auto number) { raw(std::to_string(number)); }
    void add(const Uuid& id) { raw(UuidText(id).view()); }
    void add(Timestamp instant) { raw(format_rfc3339(instant)); }
    void add(std::nullptr_t) { raw("NULL"); }
    template <typename Tag>
    void add(StrongId<Tag> id)
    {
        raw(UuidText(id).view());
    }
    template <typename T>
    void add(const std::optional<T>& value)
    {
        if (value) {
            add(*value);
        } else {
            add(nullptr);
        }
    }

    /// The finished literal, e.g. `{"a","b"}`. The object is then empty.
    [[nodiscard]] std::string take();

private:
    void raw(std::string_view element);

    std::string body_;
};

/// The literal of a whole range: `array_of(ticket_ids)`.
template <typename Range>
[[nodiscard]] std::string array_of(const Range& range)
{
    ArrayLiteral literal;
    for (const auto& element : range) literal.add(element);
    return literal.take();
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Our values as statement parameters, and columns as our values. Private to pg.
///
/// Instants travel as RFC 3339 text, exact to the millisecond; sessions run with DateStyle ISO in UTC (connection.cpp),
/// so that columns come back as "2026-11-23 06:00:00.123+00". Text with U+0000 is refused: libpqxx 6 would cut it
/// there.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// A `bytea` parameter.
struct Bytes {
    std::string_view value;
};

/// "\x…", the text form of a bytea.
[[nodiscard]] std::string hex_bytes(std::string_view bytes);

/// The parameters of one statement, in the order of $1, $2, …
class Arguments {
public:
    void add(std::nullptr_t) { values_.emplace_back(std::nullopt); }
    void add(std::string_view text);  ///< Throws BadParameter on U+0000.
    void add(const char* text) { add(std::string_view(text)); }
    void add(const std::string& text) { add(std::string_view(text)); }
    void add_literal(std::string literal) { values_.emplace_back(std::move(literal)); }  ///< Of an ArrayLiteral.
    void add(bool value) { values_.emplace_back(value ? "t" : "f"); }
    void add(std::integral auto number) { values_.emplace_back(std::to_string(number)); }
    void add(const Uuid& id) { values_.emplace_back(id.str()); }
    void add(Timestamp instant) { values_.emplace_back(format_rfc3339(instant)); }
    void add(Bytes bytes) { values_.emplace_back(hex_bytes(bytes.value)); }
    template <typename Tag>
    void add(StrongId<Tag> id)
    {
        add(id.value());
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

    /// Null-terminated texts, nullptr for NULL. Valid until the next change.
    [[nodiscard]] std::vector<const char*> pointers() const;

private:
    std::vector<std::optional<std::string>> values_;
};

/// Runs one statement. Throws what libpqxx throws, and BadParameter.
pqxx::result query(pqxx::transaction_base& tx, const char* sql, const Arguments& parameters);

/// `query(tx, "select … where ticket_id = $1 and opened_at > $2", ticket_id, instant)`
template <typename... Args>
pqxx::result query(pqxx::transaction_base& tx, const char* sql, const Args&... args)
{
    Arguments parameters;
    (parameters.add(args), ...);
    return query(tx, sql, parameters);
}

// Columns. Each throws on a value of another type: a bug of ours, never of a caller.

[[nodiscard]] Uuid uuid_of(const pqxx::field& field);
/// Cut to milliseconds. What lies beyond the range of times (time_range.hpp), infinity too, is its nearer end.
[[nodiscard]] Timestamp time_of(const pqxx::field& field);
[[nodiscard]] std::string bytes_of(const pqxx::field& field);
[[nodiscard]] std::string text_of(const pqxx::field& field);         ///< "" for NULL.
[[nodiscard]] std::vector<Uuid> uuids_of(const pqxx::field& field);  ///< A `uuid[]` without NULLs.

template <typename Id>
[[nodiscard]] Id id_of(const pqxx::field& field)
{
    return Id(uuid_of(field));
}
template <typename Id>
[[nodiscard]] std::optional<Id> optional_id_of(const pqxx::field& field)
{
    if (field.is_null()) return std::nullopt;
    return Id(uuid_of(field));
}
template <typename Id>
[[nodiscard]] std::vector<Id> ids_of(const pqxx::field& field)
{
    std::vector<Id> ids;
    for (const auto& uuid : uuids_of(field)) ids.emplace_back(uuid);
    return ids;
}
[[nodiscard]] inline std::optional<Timestamp> optional_time_of(const pqxx::field& field)
{
    if (field.is_null()) return std::nullopt;
    return time_of(field);
}

/// {"env":"prod"}: how labels stand in a jsonb column.
[[nodiscard]] std::string labels_json(const domain::Labels& labels);
[[nodiscard]] domain::Labels labels_of(const pqxx::field& field);

}  // namespace winnow::pg

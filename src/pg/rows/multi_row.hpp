#pragma once

/// @file
/// Statements over many rows: $1 is the tenant, $2 and on are the columns as arrays. Private to pg.

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::pg {

/// Rows a statement; more gain nothing and hold their memory longer.
inline constexpr std::size_t kRowsPerStatement = 1000;

/// An instant for `to_timestamp(x / 1000.0::float8)`, which is exact to the millisecond and a tenth of the cost of
/// reading text.
[[nodiscard]] inline std::int64_t epoch_ms(Timestamp instant)
{
    return instant.time_since_epoch().count();
}
[[nodiscard]] inline std::optional<std::int64_t> epoch_ms(const std::optional<Timestamp>& instant)
{
    if (!instant) return std::nullopt;
    return epoch_ms(*instant);
}

/// Collects rows, value by value, and runs `sql` for every kRowsPerStatement of them.
class ColumnRows {
public:
    ColumnRows(pqxx::transaction_base& tx, TenantId tenant, const char* sql, std::size_t columns)
        : tx_(tx), tenant_(tenant), sql_(sql), columns_(columns)
    {
    }

    /// Each column gets one value a row.
    [[nodiscard]] ArrayLiteral& column(std::size_t place) { return columns_[place]; }

    void end_row()
    {
        if (++rows_ == kRowsPerStatement) flush();
    }

    /// Runs what is left. Returns how many rows all statements together changed.
    std::size_t flush()
    {
        if (rows_ > 0) {
            Arguments arguments;
            arguments.add(tenant_);
            for (auto& column : columns_) arguments.add_literal(column.take());
            changed_ += static_cast<std::size_t>(query(tx_, sql_, arguments).affected_rows());
            rows_ = 0;
        }
        return changed_;
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
    const char* sql_;
    std::vector<ArrayLiteral> columns_;
    std::size_t rows_ = 0;
    std::size_t changed_ = 0;
};

/// The same of whole rows.
template <std::size_t Columns>
class MultiRow {
public:
    MultiRow(pqxx::transaction_base& tx, TenantId tenant, const char* sql) : rows_(tx, tenant, sql, Columns) {}

    template <typename... Values>
    void add(const Values&... values)
    {
        static_assert(sizeof...(Values) == Columns);
        std::size_t column = 0;
        (rows_.column(column++).add(values), ...);
        rows_.end_row();
    }

    std::size_t flush() { return rows_.flush(); }

private:
    ColumnRows rows_;
};

}  // namespace winnow::pg

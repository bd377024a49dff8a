#pragma once

/// @file
/// For how long things are kept that are over: a tenant's choice for each class, within the provider's limit.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::domain {

/// What grows by itself and is over some day. docs/operations.md says what belongs to each.
enum class Kept : std::uint8_t {
    journal,
    tickets,
    deliveries,
    statistics,
    rule_history,
    silences,
    keys,
    backtests,
    receipts,
    instances,
    access_log,
};
inline constexpr std::size_t kKeptClasses = 11;

/// What the provider may let tenants choose, at most.
inline constexpr std::int64_t kMostDaysKept = 3'650;

struct KeptClass {
    Kept kept;
    std::string_view word;     ///< As it is stored.
    std::string_view setting;  ///< As the API names it.
    std::chrono::days usual;   ///< Where the tenant says nothing else.
};
/// In the order of Kept.
inline constexpr std::array<KeptClass, kKeptClasses> kKeptTable{{
    {Kept::journal, "journal", "journal_retention_days", std::chrono::days{90}},
    {Kept::tickets, "tickets", "ticket_retention_days", std::chrono::days{365}},
    {Kept::deliveries, "deliveries", "delivery_retention_days", std::chrono::days{90}},
    {Kept::statistics, "statistics", "statistics_retention_days", std::chrono::days{90}},
    {Kept::rule_history, "rule_history", "rule_history_retention_days", std::chrono::days{90}},
    {Kept::silences, "silences", "silence_retention_days", std::chrono::days{365}},
    {Kept::keys, "keys", "key_retention_days", std::chrono::days{90}},
    {Kept::backtests, "backtests", "backtest_retention_days", std::chrono::days{7}},
    {Kept::receipts, "receipts", "receipt_retention_days", std::chrono::days{7}},
    {Kept::instances, "instances", "instance_retention_days", std::chrono::days{7}},
    {Kept::access_log, "access_log", "access_log_retention_days", std::chrono::days{400}},
}};

[[nodiscard]] constexpr const KeptClass& class_of(Kept kept) noexcept
{
    return kKeptTable.at(static_cast<std::size_t>(kept));
}

/// The days of each class.
class Retention {
public:
    /// The tenant's choice, or what is usual.
    [[nodiscard]] std::chrono::days of(Kept kept) const noexcept { return chosen(kept).value_or(class_of(kept).usual); }
    /// nullopt where the tenant goes with what is usual, also should that change.
    [[nodiscard]] const std::optional<std::chrono::days>& chosen(Kept kept) const noexcept
    {
        return days_.at(static_cast<std::size_t>(kept));
    }
    void choose(Kept kept, std::optional<std::chrono::days> days) noexcept
    {
        days_.at(static_cast<std::size_t>(kept)) = days;
    }

private:
    std::array<std::optional<std::chrono::days>, kKeptClasses> days_{};
};

}  // namespace winnow::domain

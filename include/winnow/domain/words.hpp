#pragma once

/// @file
/// Which values there are of what people name in queries, conditions and commands, and their words: the one home of
/// each such list, for parse_… as for messages. Tickets' states are in ticket.hpp.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/delivery.hpp"
#include "winnow/domain/severity.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/domain/verdict.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// All values of each, in the order in which messages name them.
[[nodiscard]] std::span<const AlertStatus> alert_statuses() noexcept;
[[nodiscard]] std::span<const Severity> severities() noexcept;  ///< The gravest first.
[[nodiscard]] std::span<const Disposition> dispositions() noexcept;
[[nodiscard]] std::span<const DeliveryState> delivery_states() noexcept;
[[nodiscard]] std::span<const SilenceState> silence_states() noexcept;

template <typename Value>
[[nodiscard]] std::vector<std::string_view> words_of(std::span<const Value> values)
{
    std::vector<std::string_view> words;
    words.reserve(values.size());
    for (const auto value : values) words.push_back(to_string(value));
    return words;
}

/// "critical, error, warning, info"; with another word before the last one, " or ", that instead of its comma.
template <typename Value>
[[nodiscard]] std::string listed(std::span<const Value> values, std::string_view before_last = ", ")
{
    std::string list;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) list.append(i + 1 == values.size() ? before_last : ", ");
        list.append(to_string(values[i]));
    }
    return list;
}

}  // namespace winnow::domain

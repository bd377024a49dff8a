#pragma once

/// @file
/// Claims of both kinds at once, without regard to tenants and receivers, for tests that are about something else; and
/// when the next one is worth it.

#include "winnow/pg/due_board.hpp"
#include "winnow/ports/outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pg {

[[nodiscard]] inline ports::ClaimShare without_shares(std::size_t limit, std::size_t per_contact,
                                                      const std::vector<ContactId>& busy = {})
{
    return {.limit = limit, .per_tenant = limit, .per_receiver = limit, .per_contact = per_contact, .busy = busy};
}

/// Retries, then first attempts.
[[nodiscard]] inline Result<std::vector<ports::ClaimedDelivery>> claim_any(
    ports::Outbox& outbox, std::size_t limit, std::size_t per_contact, const std::vector<ContactId>& busy = {},
    std::chrono::milliseconds lease = std::chrono::minutes{1})
{
    auto share = without_shares(limit, per_contact, busy);
    share.retries = true;
    auto again = outbox.claim("node", share, lease);
    if (!again) return again.error();
    auto claimed = std::move(again->deliveries);
    share.retries = false;
    share.limit -= claimed.size();
    if (share.limit == 0) return claimed;
    auto first = outbox.claim("node", share, lease);
    if (!first) return first.error();
    std::ranges::move(first->deliveries, std::back_inserter(claimed));
    return claimed;
}

/// In how long the board says that a delivery is due, while no timeline is owed anything: 0 where one is already,
/// nullopt where none waits.
[[nodiscard]] inline std::optional<std::chrono::milliseconds> next_delivery(const PgOptions& options)
{
    const auto times = make_due_board(options)->look();
    EXPECT_TRUE(times);
    const auto found = std::ranges::find(times->in, std::string("delivery"), [](const auto& one) { return one.first; });
    if (found == times->in.end()) return std::nullopt;
    return std::max(found->second, std::chrono::milliseconds{0});
}

}  // namespace winnow::pg

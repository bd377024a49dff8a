#pragma once

/// @file
/// Claims of both kinds at once, without regard to tenants and receivers, for tests that are about something else.

#include "winnow/ports/outbox.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
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

}  // namespace winnow::pg

#pragma once

/// @file
/// On which accounts a request goes.

#include "api/audit/recorded.hpp"
#include "api/calls/router.hpp"
#include "winnow/domain/rates.hpp"

namespace winnow::api {

[[nodiscard]] inline domain::RateClass class_of(const RouteEntry& entry, const http::RequestHead& head)
{
    const auto& route = entry.route;
    if (entry.special == Special::alerts) return domain::RateClass::ingest;
    if (is_analysis(route, head) || route.is_charged) return domain::RateClass::heavy;
    return route.method == "GET" ? domain::RateClass::read : domain::RateClass::write;
}

/// What one that costs processor time takes one of, too: what leaves a record is a write, whatever else it does.
[[nodiscard]] inline domain::RateClass beside_of(const RouteEntry& entry, const http::RequestHead& head)
{
    const bool reads = is_analysis(entry.route, head) && !is_recorded_beforehand(entry.route);
    return reads ? domain::RateClass::read : domain::RateClass::write;
}

}  // namespace winnow::api

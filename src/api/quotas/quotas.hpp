#pragma once

/// @file
/// Quotas in handlers: whether there is room for more, and how they are shown.

#include "api/rest/route.hpp"
#include "winnow/domain/tenants/quota.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace winnow::api {

/// Whether the tenant may have `more` of what the database counts; `quota_exceeded` where not. Whoever is told so keeps
/// the places until his transaction ends.
[[nodiscard]] Result<Done> has_room(const Call& call, ports::TenantSession& session, domain::Quota quota,
                                    std::int64_t more = 1);

/// The same for who is no caller yet.
[[nodiscard]] Result<Done> has_room(const domain::TenantLimits& limits, ports::TenantSession& session,
                                    domain::Quota quota);

/// The same of what ends with time, of which there are `used`, counted under the configuration's lock.
[[nodiscard]] Result<Done> has_room_beside(const Call& call, ports::TenantSession& session, domain::Quota quota,
                                           const Result<std::size_t>& used);

/// {"name": "users", "max": 10000, "used": 12}; deliveries have "left_out" as well. `most`: nullopt is null.
[[nodiscard]] nlohmann::json quota_json(const domain::QuotaUse& use, const std::optional<std::int64_t>& most);

/// GET /api/v1/quotas.
[[nodiscard]] Result<http::Response> list_quotas(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api

#pragma once

/// @file
/// What the handlers of silences share.

#include "api/route.hpp"

#include <cstddef>

namespace winnow::api {

inline constexpr std::size_t kMaxSilences = 1'000;  ///< Not over, a tenant.

[[nodiscard]] Result<http::Response> preview_silence(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api

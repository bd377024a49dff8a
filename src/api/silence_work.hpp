#pragma once

/// @file
/// What the handlers of silences share.

#include "api/route.hpp"

namespace winnow::api {

[[nodiscard]] Result<Answer> preview_silence(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api

#pragma once

/// @file
/// ports::Chores on PostgreSQL.

#include "winnow/base/uuid.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/chores.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::pg {

struct ChoreLimits {
    std::chrono::days max_retention{3'650};  ///< Whatever a tenant has chosen.
    std::size_t newest_rulesets = 100;       ///< Versions of a rule set that stay, each; those before them are thinned.
};

/// A webhook's whole URL, sealed under domain::sealed_url_context().
using SealUrl = std::function<std::string(TenantId, ContactId, std::string_view url)>;

/// As the role winnow_pipeline. With `seal_url` the URLs that were stored before there was sealing are
/// sealed, once no program is at work that could not open them.
[[nodiscard]] std::unique_ptr<ports::Chores> make_chores(const Sessions& sessions, ChoreLimits limits = {},
                                                         SealUrl seal_url = {});

}  // namespace winnow::pg

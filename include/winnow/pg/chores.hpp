#pragma once

/// @file
/// ports::Chores on PostgreSQL.

#include "winnow/base/uuid.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/chores.hpp"

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
    std::chrono::days audit{400};            ///< For how long audit records stay.
};

/// Signs a head of an audit chain (audit::head_text()).
struct HeadSigner {
    std::string key_id;
    std::function<std::string(std::string_view text)> sign;  ///< Empty: heads are not signed.
};

/// A webhook's whole URL, sealed under domain::sealed_url_context().
using SealUrl = std::function<std::string(TenantId, ContactId, std::string_view url)>;

/// As the role winnow_pipeline. With `seal_url` the URLs that were stored before there was sealing are
/// sealed, once no program is at work that could not open them. With `signer` heads of audit chains are signed.
[[nodiscard]] std::unique_ptr<ports::Chores> make_chores(const Sessions& sessions, ChoreLimits limits = {},
                                                         SealUrl seal_url = {}, HeadSigner signer = {});

}  // namespace winnow::pg

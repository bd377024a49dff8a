#pragma once

/// @file
/// ports::Chores on PostgreSQL.

#include "winnow/base/uuid.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/chores.hpp"
#include "winnow/ports/vault/key_store.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::pg {

struct ChoreLimits {
    std::chrono::days max_retention{3'650};  ///< Whatever a tenant has chosen.
    std::size_t newest_rulesets = 100;       ///< Versions of a rule set that stay, each; those before them are thinned.
    std::chrono::days audit{400};            ///< For how long audit records stay.
    /// A table that an erased tenant's rows were in is written anew up to that size: nobody reads it meanwhile.
    std::size_t rewrite_bytes = std::size_t{64} << 20U;
    std::chrono::days backups{35};  ///< For how long backups are kept: what certificates of deletion say.
};

/// Signs a head of an audit chain (audit::head_text()).
struct HeadSigner {
    std::string key_id;
    std::function<std::string(std::string_view text)> sign;  ///< Empty: heads are not signed.
};

/// A webhook's whole URL, sealed under domain::sealed_url_context().
using SealUrl = std::function<std::string(TenantId, ContactId, std::string_view url)>;

/// With a vault: what its keys have to do with the database's secrets. All of it outlives the chores.
struct VaultChores {
    ports::Sealing* sealing = nullptr;
    ports::KeyStore* keys = nullptr;
    /// Whether the vault answered when it was asked last. While it did not, there is nothing to do.
    std::function<bool()> is_there;
    /// Wraps at most so many keys anew; how many it were.
    std::function<Result<std::size_t>(std::size_t limit)> rewrap;
    /// Gives at most so many tenants whose key has had its time another one; how many it were.
    std::function<Result<std::size_t>(std::size_t limit)> renew;
    std::chrono::days keep_retired{35};
};

/// As the role winnow_pipeline. With `seal_url` the URLs that were stored before there was sealing are
/// sealed, once no program is at work that could not open them. With `signer` heads of audit chains are signed, and
/// certificates of deletion, without which no erasure ends. With `vault` its keys are rotated, and secrets are sealed
/// anew.
[[nodiscard]] std::unique_ptr<ports::Chores> make_chores(const Sessions& sessions, ChoreLimits limits = {},
                                                         SealUrl seal_url = {}, HeadSigner signer = {},
                                                         std::optional<VaultChores> vault = {});

}  // namespace winnow::pg

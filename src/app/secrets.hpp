#pragma once

/// @file
/// What seals and opens secrets in this process, as the configuration says: a vault, or one key for all tenants.

#include "app/config/config.hpp"
#include "winnow/api/management_api.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/vault/key_store.hpp"
#include "winnow/ports/vault/sealing.hpp"
#include "winnow/vault/key_ring.hpp"
#include "winnow/vault/one_key.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::app {

class Secrets {
public:
    /// `node` is this process's name among nodes; `pipeline` is of the role winnow_pipeline. Throws std::runtime_error
    /// where a key's file cannot be read; a vault that is away is asked again later.
    Secrets(const Config& config, const std::string& node, const pg::Sessions& pipeline, observe::Metrics& metrics);

    [[nodiscard]] ports::Sealing& sealing() noexcept;
    /// The key of before there was a vault.
    [[nodiscard]] const crypto::Sealer& one_key() const noexcept { return sealer_; }
    /// Null without a vault, both.
    [[nodiscard]] vault::KeyRing* ring() noexcept { return ring_.get(); }
    [[nodiscard]] ports::KeyStore* keys() noexcept { return keys_.get(); }
    /// What the provider may do with the vault.
    [[nodiscard]] api::VaultAdministration administration();
    /// What the chores of a vault need of this.
    [[nodiscard]] std::optional<pg::VaultChores> chores();

private:
    const VaultConfig config_;
    const crypto::Sealer sealer_;
    vault::OneKey one_key_;
    std::function<Result<bool>(TenantId)> has_older_secrets_;
    std::unique_ptr<ports::KeyStore> keys_;
    std::unique_ptr<vault::KeyRing> ring_;
};

}  // namespace winnow::app

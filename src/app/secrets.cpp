#include "app/secrets.hpp"

#include "app/config/key_file.hpp"
#include "app/config/node_settings.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/pg/key_store.hpp"
#include "winnow/pg/tenant_keys.hpp"

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace winnow::app {

namespace {

/// A sixteenth of the 2^32 that random nonces of 96 bits allow under one key.
constexpr std::uint64_t kMostSeals = std::uint64_t{1} << 28U;

std::vector<crypto::RootKey> root_keys(const VaultConfig& config)
{
    std::vector<crypto::RootKey> keys;
    for (const auto& file : config.root_key_files) keys.emplace_back(read_key_file(file, "root key"));
    return keys;
}

}  // namespace

Secrets::Secrets(const Config& config, const std::string& node, const pg::Sessions& pipeline, observe::Metrics& metrics)
    : config_(config.vault),
      sealer_(read_key_file(config.encryption_key_file)),
      one_key_(sealer_),
      has_older_secrets_(pg::finds_older_secrets(pipeline))
{
    if (config_.url.empty()) {
        observe::warn("secrets of all tenants are sealed under one key: no vault.url");
        return;
    }
    keys_ = pg::make_key_store(config_.url, kVaultSessions);
    ring_ = std::make_unique<vault::KeyRing>(*keys_, root_keys(config_), sealer_, pg::begins_tenant_keys(pipeline),
                                             vault::KeyRingOptions{.node = node, .most = config_.open_keys}, metrics);
}

ports::Sealing& Secrets::sealing() noexcept
{
    if (ring_ != nullptr) return *ring_;
    return one_key_;
}

api::VaultAdministration Secrets::administration()
{
    if (ring_ == nullptr) return {};
    return {.keys = keys_.get(),
            .renew = [ring = ring_.get()](TenantId tenant) { return ring->renew(tenant); },
            .has_older_secrets = has_older_secrets_,
            .refresh =
                [ring = ring_.get()] {
                    static_cast<void>(ring->refresh());
                }};
}

std::optional<pg::VaultChores> Secrets::chores()
{
    if (ring_ == nullptr) return std::nullopt;
    return pg::VaultChores{.sealing = ring_.get(),
                           .keys = keys_.get(),
                           .is_there = [ring = ring_.get()] { return ring->is_there(); },
                           .rewrap = [ring = ring_.get()](std::size_t limit) { return ring->rewrap(limit); },
                           .renew = [ring = ring_.get(), age = std::chrono::days(config_.renew_days)](
                                        std::size_t limit) { return ring->renew(limit, age, kMostSeals); },
                           .keep_retired = std::chrono::days(config_.keep_retired_days)};
}

}  // namespace winnow::app

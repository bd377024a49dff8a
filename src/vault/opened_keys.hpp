#pragma once

/// @file
/// Keys that were opened, as many as there is room for. Private to vault.

#include "winnow/crypto/tenant_key.hpp"
#include "winnow/ports/vault/key_store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::vault {

/// Outlives its place here while somebody uses it.
using OpenedKey = std::shared_ptr<const crypto::TenantKey>;

/// Whoever was used longest ago goes first. Thread-safe.
class OpenedKeys {
public:
    explicit OpenedKeys(std::size_t most) : most_(most) {}

    /// Null where it is not here.
    [[nodiscard]] OpenedKey find(const ports::TenantVersion& of);
    /// The one that seals; null where that is not known.
    [[nodiscard]] OpenedKey current(TenantId tenant);
    void keep(TenantId tenant, OpenedKey key, bool is_current);
    /// And which of the tenant's is current.
    void drop(const ports::TenantVersion& of);
    [[nodiscard]] std::size_t size() const;

    void count_seal(const ports::TenantVersion& of);
    /// How often each has sealed since this was asked last.
    [[nodiscard]] std::vector<std::pair<ports::TenantVersion, std::uint64_t>> take_seals();
    /// They could not be told of.
    void put_back(const std::vector<std::pair<ports::TenantVersion, std::uint64_t>>& seals);

private:
    struct Hash {
        std::size_t operator()(const ports::TenantVersion& of) const noexcept
        {
            return std::hash<TenantId>{}(of.tenant) ^ of.version;
        }
    };
    struct Place {
        OpenedKey key;
        std::list<ports::TenantVersion>::iterator in_order;
    };

    OpenedKey use(const ports::TenantVersion& of);
    void remove(const ports::TenantVersion& of);

    const std::size_t most_;
    mutable std::mutex mutex_;               // guards what follows
    std::list<ports::TenantVersion> order_;  // who was used last stands first
    std::unordered_map<ports::TenantVersion, Place, Hash> keys_;
    std::unordered_map<TenantId, domain::KeyVersion> current_;
    std::unordered_map<ports::TenantVersion, std::uint64_t, Hash> seals_;
};

}  // namespace winnow::vault

#pragma once

/// @file
/// The vault: tenants' keys, wrapped. It is in another database than all else, so nothing here is part of anybody's
/// transaction: each call is one of its own, and what it changes it changes only where it still is as the caller saw
/// it.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/sealed.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

struct TenantVersion {
    TenantId tenant;
    domain::KeyVersion version = 0;

    friend auto operator<=>(const TenantVersion&, const TenantVersion&) = default;
};

/// One version of a tenant's key, as the root key named `root` wrapped it.
struct WrappedKey {
    TenantVersion of;
    std::string root;
    std::string wrapped;
};

/// The same key, wrapped anew.
struct RewrappedKey {
    WrappedKey before;
    std::string root;
    std::string wrapped;
};

/// What a node tells of itself, and asks, every few seconds.
struct NodeReport {
    std::string node;
    std::vector<std::string> roots;  ///< Names of the root keys that it holds; the first one wraps where none does yet.
    std::vector<std::pair<TenantVersion, std::uint64_t>> seals;  ///< How often it has sealed since the last report.
    std::optional<Timestamp> since;  ///< NodeNews::now of the last report; nullopt: there was none.
};
struct NodeNews {
    Timestamp now;                       ///< By the vault's clock.
    std::string root;                    ///< The root key that wraps.
    Timestamp root_since;                ///< When it was made known.
    std::vector<TenantVersion> changed;  ///< Whose state is another one, a minute's overlap included.
    std::vector<std::string> nodes;      ///< Who has reported within five minutes, this node included.
};

/// For the provider.
struct RootFacts {
    std::string root;
    std::string state;       ///< waiting, current, retiring, destroyed
    std::int64_t keys = 0;   ///< Wrapped by it.
    std::int64_t nodes = 0;  ///< Hold it, of those that reported within five minutes.
    Timestamp created_at;
    std::optional<Timestamp> retired_at = {};
    std::optional<Timestamp> destroyed_at = {};
};
struct VaultFacts {
    std::vector<RootFacts> roots;  ///< The newest first; at most 100.
    std::int64_t nodes = 0;        ///< That reported within five minutes.
    std::int64_t to_rewrap = 0;    ///< Keys that another root key than the current one wraps.
    std::int64_t to_reseal = 0;  ///< Versions under which something may still be sealed, though a newer one is current.
    std::int64_t current = 0;
    std::int64_t retiring = 0;
    std::int64_t destroyed = 0;
};
struct KeyFacts {
    domain::KeyVersion version = 0;
    std::string root;
    std::string state;  ///< current, retiring, destroyed
    std::int64_t seals = 0;
    Timestamp created_at;
    std::optional<Timestamp> retired_at = {};
    std::optional<Timestamp> resealed_at = {};
    std::optional<Timestamp> destroyed_at = {};
};

/// Blocking; thread-safe. `unavailable` and `timeout`: the vault is away.
class KeyStore {
public:
    KeyStore() = default;
    KeyStore(const KeyStore&) = delete;
    KeyStore& operator=(const KeyStore&) = delete;
    virtual ~KeyStore() = default;

    // What nodes need to seal and to open.

    /// The first report of all makes the first of its root keys the current one.
    [[nodiscard]] virtual Result<NodeNews> report(const NodeReport& report) = 0;
    /// The node ends: nobody waits for what it holds.
    [[nodiscard]] virtual Result<Done> leave(const std::string& node) = 0;
    /// The version that seals. `not_found`: the tenant has none yet. `conflict`: its keys were destroyed.
    [[nodiscard]] virtual Result<WrappedKey> current(TenantId tenant) = 0;
    /// `not_found`: there is no such version, or it was destroyed.
    [[nodiscard]] virtual Result<WrappedKey> find(const TenantVersion& of) = 0;
    /// Stores a tenant's version 1, unless it has one; what is current afterwards. `conflict`: its keys were destroyed.
    [[nodiscard]] virtual Result<WrappedKey> add_first(const WrappedKey& key) = 0;
    /// Those that seal, and those before them, the newest first.
    [[nodiscard]] virtual Result<std::vector<WrappedKey>> newest(std::size_t limit) = 0;

    // Rotation, in steps: what one has done nobody does again, and what it has not is found by the next one.

    /// `root` wraps from now on. `not_found`: no node has told of it, or it was destroyed. `conflict`: a node is at
    /// work that does not hold it, or it is the current one.
    [[nodiscard]] virtual Result<Done> rotate_root(const std::string& root) = 0;
    /// Keys that another root key wraps.
    [[nodiscard]] virtual Result<std::vector<WrappedKey>> to_rewrap(std::size_t limit) = 0;
    /// Where `before` still is how a key is stored. How many were.
    [[nodiscard]] virtual Result<std::size_t> rewrap(const std::vector<RewrappedKey>& keys) = 0;
    /// Root keys that wrap nothing and that no node has told of for a day are marked as destroyed. How many.
    [[nodiscard]] virtual Result<std::size_t> forget_roots() = 0;

    /// Whose current version is older than `age`, or has sealed `seals` times.
    [[nodiscard]] virtual Result<std::vector<TenantVersion>> due(std::size_t limit, std::chrono::seconds age,
                                                                 std::uint64_t seals) = 0;
    /// `next` is current from now on, whose version is one more than `current`'s. False: `current` is not, by now.
    [[nodiscard]] virtual Result<bool> replace(const TenantVersion& current, const WrappedKey& next) = 0;
    /// The current versions of those tenants of which something may still be sealed under an older one, behind `after`.
    [[nodiscard]] virtual Result<std::vector<TenantVersion>> to_reseal(TenantId after, std::size_t limit) = 0;
    /// Whether anything of the tenant is still sealed under a version before `current`. That nothing is counts five
    /// minutes after that became the current one: a node that had not heard of it sealed under the one before it.
    [[nodiscard]] virtual Result<Done> resealed(const TenantVersion& current, bool nothing_left) = 0;
    /// Versions under which nothing is sealed, `age` after another one was current.
    [[nodiscard]] virtual Result<std::vector<TenantVersion>> to_destroy(std::size_t limit,
                                                                        std::chrono::seconds age) = 0;
    /// Of retiring versions only. How many were destroyed.
    [[nodiscard]] virtual Result<std::size_t> destroy(const std::vector<TenantVersion>& versions) = 0;

    // For the provider.

    [[nodiscard]] virtual Result<VaultFacts> facts() = 0;
    /// In order of their versions; empty where the tenant never had one.
    [[nodiscard]] virtual Result<std::vector<KeyFacts>> keys_of(TenantId tenant) = 0;
    /// All versions of the tenant: nothing that is sealed under them opens ever again, and the tenant gets no other
    /// one. Those that were destroyed by it: none the second time.
    [[nodiscard]] virtual Result<std::vector<domain::KeyVersion>> destroy_all(TenantId tenant) = 0;
};

}  // namespace winnow::ports

#pragma once

/// @file
/// Sealing with a vault: a key a tenant (format 2), wrapped in the vault, opened here.

#include "winnow/base/result.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/crypto/tenant_key.hpp"
#include "winnow/ports/time/due_kind.hpp"
#include "winnow/ports/vault/key_store.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::vault {

/// Whether format 2 may be written: no program is at work that could not open it. Told who has a vault, by node.
using MayBegin = std::function<Result<bool>(const std::vector<std::string>& nodes)>;

struct KeyRingOptions {
    std::string node;                           ///< This one's name.
    std::size_t most = 10'000;                  ///< Opened keys that are kept in memory.
    std::chrono::milliseconds refresh{15'000};  ///< What nodes are told of keys that changed, at the latest.
};

/// Opened keys stay in memory, so that most of what is sealed and opened asks nobody, and goes on while the vault is
/// away; each is overwritten when it is dropped. A key that was destroyed is dropped within KeyRingOptions::refresh of
/// the vault's telling.
class KeyRing final : public ports::Sealing {
public:
    /// Asks the vault, once, for what it knows; one that is away is asked again by refresh(). `roots`: one at least,
    /// the first is the one that wraps in a vault that has none yet. `before` opens what was sealed before there was a
    /// vault, and seals until `may_begin` says so. All references must outlive it.
    KeyRing(ports::KeyStore& store, std::vector<crypto::RootKey> roots, const crypto::Sealer& before,
            MayBegin may_begin, KeyRingOptions options, observe::Metrics& metrics);
    ~KeyRing() override;

    Result<std::string> seal(const domain::SealedPlace& place, std::string_view secret) override;
    Result<std::string> open(const domain::SealedPlace& place, std::string_view sealed) override;

    /// Tells the vault of this node, drops what has changed, and finds out whether the vault is there. Blocking.
    [[nodiscard]] Result<Done> refresh();

    /// Whether the vault has answered when it was asked last. False: what is not in memory waits.
    [[nodiscard]] bool is_there() const noexcept;

    /// `vault`, by the clock: refresh(). `this` must outlive it.
    [[nodiscard]] std::unique_ptr<ports::DueKind> make_kind();

    // Steps of rotation, for the chores. Each does a bounded part, of at most `limit` keys, and says how many that
    // were.

    /// Wraps by the current root key what another one wraps; marks root keys that are of no use any more.
    [[nodiscard]] Result<std::size_t> rewrap(std::size_t limit);
    /// Makes a new version for those whose current one is older than `age`, or has sealed `seals` times.
    [[nodiscard]] Result<std::size_t> renew(std::size_t limit, std::chrono::seconds age, std::uint64_t seals);
    /// The same for one tenant, whatever its key's age. `not_found`: it has none.
    [[nodiscard]] Result<domain::KeyVersion> renew(TenantId tenant);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::vault

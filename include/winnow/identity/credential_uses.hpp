#pragma once

/// @file
/// When keys and sessions were used last, to the minute: noted in memory at each use, stored once a minute.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace winnow::ports {
class CredentialUseStore;
}

namespace winnow::identity {

/// Thread-safe. What was noted and not stored yet is lost with the process: a minute.
class CredentialUses {
public:
    struct Options {
        std::size_t most = 100'000;  ///< Keys that wait to be stored; of others nothing is noted until some were.
        std::function<Timestamp()> clock = {};  ///< Empty: the system's.
    };

    /// `store` must outlive it.
    CredentialUses(ports::CredentialUseStore& store, Options options);
    ~CredentialUses();
    CredentialUses(const CredentialUses&) = delete;
    CredentialUses& operator=(const CredentialUses&) = delete;

    /// A key or session was used just now, and let in. Never waits for the database; others are nothing to note.
    void note(const access::Principal& who);

    /// Stores at most `limit` of what was noted: how many, 0 without asking the database where nothing was. What could
    /// not be stored is noted still. Blocking.
    [[nodiscard]] Result<std::size_t> store(std::size_t limit);

    /// The same of all that is left, at the end of a node. What cannot be stored is logged, and lost.
    void store_rest();

    /// What stores them, of all tenants at once: `credential_use`, every minute. `this` must outlive it.
    [[nodiscard]] std::unique_ptr<ports::DueKind> make_kind();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::identity

#pragma once

/// @file
/// Calls that were refused for who asked, from where, or how often: summed in memory, stored a few times a minute, so
/// that whoever is refused without end costs a row and not a row a call.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::ports {
class RefusedAccessStore;
}

namespace winnow::identity {

/// How credentials are called in logs: "user_key", "integration_key", "session", "support_grant", "access_key",
/// "directory", "none".
[[nodiscard]] std::string_view means_of(access::CredentialKind kind) noexcept;

/// What was refused. Views are valid during the call.
struct RefusedCall {
    std::string_view address;
    std::string_view method;
    std::string_view route;  ///< "/api/v1/tickets/{id}"
    int status = 0;
    std::string_view code;  ///< Of its problem document; "" where it had none.
};

/// Thread-safe. What was noted and not stored yet is lost with the process: seconds.
class RefusedAccesses {
public:
    struct Options {
        /// Sums of one tenant that wait to be stored: what differs from all of them is counted by status and code only.
        std::size_t of_tenant = 200;
        std::size_t most = 20'000;      ///< Of all tenants together; beyond, as above.
        std::size_t most_keys = 5'000;  ///< Sums of keys that nobody is known by; others are left out, and counted.
        std::function<Timestamp()> clock = {};  ///< Empty: the system's.
    };

    /// `store` must outlive it.
    RefusedAccesses(ports::RefusedAccessStore& store, Options options);
    ~RefusedAccesses();
    RefusedAccesses(const RefusedAccesses&) = delete;
    RefusedAccesses& operator=(const RefusedAccesses&) = delete;

    /// A caller who is known. Never waits for the database.
    void note(const access::Principal& who, const RefusedCall& call);

    /// A key by which nobody is let in: revoked, expired, or never anybody's, which the store will tell. What cannot be
    /// a key is not noted.
    void note_key(std::string_view key, const RefusedCall& call);

    /// Stores at most `limit` of the sums: how many, 0 without asking the database where there are none. What could not
    /// be stored waits still. Blocking.
    [[nodiscard]] Result<std::size_t> store(std::size_t limit);

    /// The same of all that is left, at the end of a node. What cannot be stored is logged, and lost.
    void store_rest();

    /// What stores them, of all tenants at once: `refused_accesses`, every few seconds. `this` must outlive it.
    [[nodiscard]] std::unique_ptr<ports::DueKind> make_kind();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::identity

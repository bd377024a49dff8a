#pragma once

/// @file
/// Looking an access key up, before its tenant is known.

#include "winnow/base/result.hpp"
#include "winnow/ports/credential_store.hpp"

#include <functional>
#include <optional>
#include <string>

namespace winnow::ports {

/// Thread-safe; never blocks the caller.
class AccessKeyDoor {
public:
    AccessKeyDoor() = default;
    AccessKeyDoor(const AccessKeyDoor&) = delete;
    AccessKeyDoor& operator=(const AccessKeyDoor&) = delete;
    virtual ~AccessKeyDoor() = default;

    /// Whose it is, with its secret as `principal.signing_secret`; nullopt: there is none, or its owner is disabled.
    /// `unavailable` where the database is away, `internal` where the secret does not open. `done` is called once, on a
    /// database thread (or at once with `unavailable` when the queue is full).
    virtual void find(std::string access_key,
                      std::move_only_function<void(Result<std::optional<Credential>>)> done) = 0;

    /// False while no session is to be had; it is tried again without a call.
    [[nodiscard]] virtual bool healthy() const { return true; }
};

}  // namespace winnow::ports

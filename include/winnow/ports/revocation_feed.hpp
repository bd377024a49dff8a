#pragma once

/// @file
/// What the database tells a node of access that ended.

#include "winnow/access/revoked.hpp"
#include "winnow/base/result.hpp"

#include <chrono>
#include <vector>

namespace winnow::ports {

/// One session that listens. One thread at a time; all calls block, for no longer than the store's session waits for an
/// answer. After an error nobody listens, until listen() succeeds.
class RevocationFeed {
public:
    RevocationFeed() = default;
    RevocationFeed(const RevocationFeed&) = delete;
    RevocationFeed& operator=(const RevocationFeed&) = delete;
    virtual ~RevocationFeed() = default;

    /// Listens from now on, by a new session: of what was revoked before nothing is told.
    [[nodiscard]] virtual Result<Done> listen() = 0;

    /// Tells itself something, and waits for it: what was committed before the call and not told of yet is in the
    /// answer, whole.
    [[nodiscard]] virtual Result<std::vector<access::Revoked>> prove() = 0;

    /// What was told, after waiting for something for up to `timeout`. Empty: nothing of the kind.
    [[nodiscard]] virtual Result<std::vector<access::Revoked>> wait(std::chrono::milliseconds timeout) = 0;
};

}  // namespace winnow::ports

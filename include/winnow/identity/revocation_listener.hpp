#pragma once

/// @file
/// A node's one listener for access that ended, which proves that it hears.

#include "winnow/identity/authenticator.hpp"

#include <chrono>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::ports {
class RevocationFeed;
}

namespace winnow::identity {

/// A thread of its own, from construction on. While keys are in use it proves every `prove_every` that it hears. What
/// it refers to outlives it.
class RevocationListener {
public:
    struct Options {
        std::chrono::milliseconds prove_every{250};
        std::chrono::milliseconds after_error{100};  ///< Before it listens anew.
    };

    RevocationListener(std::unique_ptr<ports::RevocationFeed> feed, Authenticator& authenticator, Options options,
                       observe::Metrics& metrics);
    ~RevocationListener();
    RevocationListener(const RevocationListener&) = delete;
    RevocationListener& operator=(const RevocationListener&) = delete;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::identity

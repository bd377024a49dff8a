#pragma once

/// @file
/// The key that tenants are proven with, as a node knows it. Private to pg.

#include "winnow/base/result.hpp"

#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <utility>

namespace winnow::pg {

/// Read when first needed, and again where it was refused. One thread reads; whoever needs the key meanwhile waits for
/// that read and has its outcome, be it a failure: a database that hangs costs all of them its deadline once. A key
/// that is known is never waited for while a newer one is read. Thread-safe.
class TenantKey {
public:
    using Outcome = Result<std::string>;
    /// `read` must bound the time it takes. Called by one thread at a time, with nothing locked.
    explicit TenantKey(std::function<Outcome()> read) : read_(std::move(read)) {}

    /// The key as far as it is known, unless that is `refused`. Otherwise what comes of the read that is under way, or
    /// of a new one: the first thread that asks the future for it reads.
    [[nodiscard]] std::shared_future<Outcome> ask(const std::string& refused = {});

private:
    const std::function<Outcome()> read_;
    std::mutex mutex_;  // guards what follows; not held while it is read
    std::shared_future<Outcome> known_;
    std::shared_future<Outcome> reading_;
};

}  // namespace winnow::pg

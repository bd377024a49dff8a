#pragma once

/// @file
/// One try to hand one message over: how its transfer is set up, and how its end is read. Private to delivery.

#include "winnow/ports/outbox.hpp"

#include <curl/curl.h>

#include <chrono>
#include <expected>
#include <memory>

namespace winnow::delivery {

/// Lives on the channel's thread once it is armed, and must outlive its transfer.
class Attempt {
public:
    Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    virtual ~Attempt() = default;

    /// Sets the transfer up; `now` goes into the message. Throws std::runtime_error where libcurl refuses.
    virtual void arm(CURL* transfer, std::chrono::sys_seconds now) = 0;

    /// Reads how the transfer ended.
    [[nodiscard]] virtual ports::SendReport judge(CURL* transfer, CURLcode end, std::chrono::sys_seconds now) = 0;
};

/// An attempt, or why none can be made.
using Prepared = std::expected<std::unique_ptr<Attempt>, ports::SendReport>;

}  // namespace winnow::delivery

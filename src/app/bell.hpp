#pragma once

/// @file
/// A call to a part of a node that is made after those who call.

#include <functional>
#include <mutex>
#include <utility>

namespace winnow::app {

/// Rings for what is made after those who ring it, and ends before them: take the clapper away first. Thread-safe.
class Bell {
public:
    void hang(std::function<void()> clapper)
    {
        const std::lock_guard lock(mutex_);
        clapper_ = std::move(clapper);
    }
    void ring()
    {
        const std::lock_guard lock(mutex_);
        if (clapper_) clapper_();
    }

private:
    std::mutex mutex_;
    std::function<void()> clapper_;  // guarded by mutex_
};

}  // namespace winnow::app

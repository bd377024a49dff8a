#pragma once

/// @file
/// Published read-only state: readers never wait for a writer's work.

#include <memory>
#include <mutex>
#include <utility>

namespace winnow {

/// Holds the current version of an immutable value. Safe from any thread.
///
/// A mutex around a shared_ptr: std::atomic<std::shared_ptr> of libstdc++ 12 is neither lock-free nor clean under
/// ThreadSanitizer.
template <typename T>
class Snapshot {
public:
    explicit Snapshot(std::shared_ptr<const T> value = nullptr) : value_(std::move(value)) {}

    [[nodiscard]] std::shared_ptr<const T> get() const
    {
        const std::lock_guard lock(mutex_);
        return value_;
    }

    void set(std::shared_ptr<const T> value)
    {
        const std::lock_guard lock(mutex_);
        value_.swap(value);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace winnow

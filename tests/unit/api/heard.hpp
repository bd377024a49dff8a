#pragma once

/// @file
/// What the threads of a test say.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {

/// What threads say, in the order in which they say it.
class Heard {
public:
    void say(std::string word)
    {
        const std::lock_guard lock(mutex_);
        words_.push_back(std::move(word));
        changed_.notify_all();
    }
    /// Once there are so many; a wait for more than are ever said is a failure of its own.
    std::vector<std::string> words(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return words_.size() >= count; }))
            << "waited for " << count << " words";
        return words_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> words_;
};

}  // namespace winnow::api

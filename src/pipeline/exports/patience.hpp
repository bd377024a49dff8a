#pragma once

/// @file
/// A database that is away for a moment does not end what took most of an hour. Private to pipeline.

#include "winnow/base/error.hpp"
#include "winnow/ports/tenants/export_jobs.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace winnow::pipeline {

/// Asks anew what may be asked twice, for less time than its runner may be silent. Used by one thread.
class Patience {
public:
    explicit Patience(std::stop_token stop) : stop_(std::move(stop)) {}

    /// The first answer of `ask` that is none of a database that is away, or else the last one.
    template <typename Ask>
    auto operator()(Ask ask) -> decltype(ask())
    {
        const auto until = std::chrono::steady_clock::now() + kInAll;
        while (true) {
            auto answer = ask();
            if (answer || !may_pass(answer.error().code()) || stop_.stop_requested() ||
                std::chrono::steady_clock::now() >= until) {
                return answer;
            }
            pause();
        }
    }

private:
    static constexpr std::chrono::seconds kInAll{45};
    static constexpr std::chrono::milliseconds kPause{500};
    static_assert(kInAll < ports::kExportSilence);

    static bool may_pass(ErrorCode code) noexcept
    {
        return code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::conflict;
    }

    void pause()
    {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait_for(lock, stop_, kPause, [] { return false; });
    }

    const std::stop_token stop_;
};

}  // namespace winnow::pipeline

#pragma once

/// @file
/// A queue of requests with names.

#include "journal/request_queue.hpp"

#include <gmock/gmock.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::journal {

inline constexpr std::size_t kAny = 1'000'000;

/// Requests are named "a1", "a2": the letter is the tenant. An alert takes 10 bytes.
class RequestQueueTest : public testing::Test {
protected:
    static TenantId of(const std::string& name)
    {
        return TenantId(Uuid::from_words(7, static_cast<std::uint64_t>(name.front())));
    }
    std::unique_ptr<Pending> request(const std::string& name, std::size_t alerts = 1, const std::string& key = "")
    {
        auto made = std::make_unique<Pending>();
        made->submission.tenant = of(name);
        made->submission.alerts.resize(alerts);
        made->submission.alerts.front().title = name;
        made->bytes = 10 * alerts;
        made->since = now_ += std::chrono::milliseconds{1};
        if (!key.empty()) made->submission.once.emplace().key = key;
        return made;
    }
    std::optional<RequestQueue::Refusal> push(const std::string& name, std::size_t alerts = 1,
                                              const std::string& key = "", const fair::Held& unapplied = {})
    {
        auto made = request(name, alerts, key);
        return queue_->push(made, unapplied);
    }
    /// So many alerts as find room one by one, and why no more do.
    std::pair<std::size_t, RequestQueue::Refusal> fill(const std::string& name, std::size_t alerts = 1)
    {
        std::size_t held = 0;
        while (true) {
            if (auto refused = push(name, alerts)) return {held, *refused};
            held += alerts;
        }
    }
    std::vector<std::string> take(std::size_t alerts, std::size_t bytes = kAny)
    {
        taken_ = queue_->take({.alerts = alerts, .bytes = bytes});
        return names(taken_);
    }
    static std::vector<std::string> names(const std::vector<std::unique_ptr<Pending>>& requests)
    {
        std::vector<std::string> all;
        for (const auto& each : requests) all.push_back(each->submission.alerts.front().title);
        return all;
    }
    /// Of what was taken last.
    [[nodiscard]] RequestQueue::Amounts amounts() const
    {
        RequestQueue::Amounts all;
        for (const auto& each : taken_) {
            all.push_back({each->submission.tenant, each->submission.alerts.size(), each->bytes});
        }
        return all;
    }
    void make(const RequestQueue::Limits& limits) { queue_.emplace(limits); }

    std::optional<RequestQueue> queue_{std::in_place, RequestQueue::Limits{}};
    std::vector<std::unique_ptr<Pending>> taken_;
    RequestQueue::TimePoint now_{};
};

}  // namespace winnow::journal

#pragma once

/// @file
/// ports::Chores in memory, with faults on demand.

#include "winnow/ports/time/chores.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {

class FakeChores final : public ports::Chores {
public:
    explicit FakeChores(const std::vector<std::string>& names,
                        std::chrono::milliseconds interval = std::chrono::milliseconds{5})
    {
        for (const auto& name : names) list_.push_back({.name = name, .interval = interval});
    }

    [[nodiscard]] const std::vector<ports::Chore>& list() const override { return list_; }

    Result<std::chrono::milliseconds> claim(std::size_t chore) override
    {
        const std::lock_guard lock(mutex_);
        auto& rests = rests_[list_.at(chore).name];
        if (rests.empty()) return std::chrono::milliseconds{0};
        auto rest = rests.front();
        rests.pop_front();
        return rest;
    }

    Result<ports::ChoreStep> step(std::size_t chore) override
    {
        std::unique_lock lock(mutex_);
        ++begun_;
        const auto& name = list_.at(chore).name;
        steps_.push_back(name);
        changed_.wait(lock, [&] { return !held_; });
        auto& answers = answers_[name];
        if (answers.empty()) return ports::ChoreStep{};
        auto answer = answers.front();
        answers.pop_front();
        return answer;
    }

    /// Answers to the next steps of a chore; after them there is nothing to do.
    void answer(const std::string& name, std::deque<Result<ports::ChoreStep>> answers)
    {
        const std::lock_guard lock(mutex_);
        answers_[name] = std::move(answers);
    }
    /// Answers to the next claims of a chore; after them it is the caller's.
    void refuse(const std::string& name, std::deque<Result<std::chrono::milliseconds>> rests)
    {
        const std::lock_guard lock(mutex_);
        rests_[name] = std::move(rests);
    }
    /// How many of them are left.
    [[nodiscard]] std::size_t refusals(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        return rests_[name].size();
    }
    /// Before anybody has the list.
    void put_on_board(const std::string& name)
    {
        for (auto& chore : list_) {
            if (chore.name == name) chore.on_board = true;
        }
    }
    /// step() waits.
    void hold(bool held)
    {
        {
            const std::lock_guard lock(mutex_);
            held_ = held;
        }
        changed_.notify_all();
    }
    [[nodiscard]] int begun()
    {
        const std::lock_guard lock(mutex_);
        return begun_;
    }
    /// The names of the chores whose steps were begun, in order.
    [[nodiscard]] std::vector<std::string> steps()
    {
        const std::lock_guard lock(mutex_);
        return steps_;
    }

private:
    std::vector<ports::Chore> list_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::deque<Result<ports::ChoreStep>>> answers_;
    std::map<std::string, std::deque<Result<std::chrono::milliseconds>>> rests_;
    std::vector<std::string> steps_;
    bool held_ = false;
    int begun_ = 0;
};

}  // namespace winnow::pipeline

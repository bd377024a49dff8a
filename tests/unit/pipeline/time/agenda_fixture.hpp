#pragma once

/// @file
/// An Agenda whose tasks a test hands out, in words, by a clock of its own.

#include "pipeline/time/agenda.hpp"
#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::pipeline {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

inline const Agenda::Instant kStart{1'000h};
inline constexpr std::optional<milliseconds> kNothing = std::nullopt;

/// What a task is, in a word: "look", "find hold", "take hold 1", "patient hold 1", "wait 250".
class Words {
public:
    explicit Words(std::vector<std::string> kinds) : kinds_(std::move(kinds)) {}
    std::string of(const Agenda::Task& task, Agenda::Instant now) const
    {
        if (std::holds_alternative<Agenda::Look>(task)) return "look";
        if (const auto* find = std::get_if<Agenda::Find>(&task)) return "find " + kinds_.at(find->kind);
        if (const auto* turn = std::get_if<Agenda::Take>(&task)) {
            std::string number = "nobody";
            for (std::uint64_t n = 1; n < 20; ++n) {
                if (turn->tenant == tenant_id(n)) number = std::to_string(n);
            }
            return (turn->patience.count() > 0 ? "patient " : "take ") + kinds_.at(turn->kind) + " " + number;
        }
        return "wait " +
               std::to_string(std::chrono::ceil<milliseconds>(std::get<Agenda::Wait>(task).until - now).count());
    }

private:
    std::vector<std::string> kinds_;
};

class AgendaTest : public testing::Test {
protected:
    void make(const std::vector<ports::DueTraits>& kinds)
    {
        agenda_.emplace(kinds, 1'000ms, now_);
        names_.clear();
        for (const auto& kind : kinds) names_.emplace_back(kind.name);
    }
    /// Hands out the next task.
    std::string next()
    {
        task_ = agenda_->next(now_);
        return Words(names_).of(task_, now_);
    }
    Agenda::Take turn() const { return std::get<Agenda::Take>(task_); }
    void pass(milliseconds time) { now_ += time; }
    void looked(const std::vector<std::optional<milliseconds>>& in) { agenda_->looked(in, now_); }
    void found(std::size_t kind, const std::vector<TenantId>& tenants) { agenda_->found(kind, tenants, now_); }
    milliseconds took(const Agenda::Take& turn, Agenda::End end = Agenda::End::done, ports::DueDone done = {})
    {
        return agenda_->took(turn, end, done, now_);
    }

    Agenda::Instant now_ = kStart;
    std::optional<Agenda> agenda_;
    std::vector<std::string> names_;
    Agenda::Task task_;
    const ports::DueTraits hold_{.name = "hold", .again = 250ms, .after_fold = true};
    const ports::DueTraits quiet_{.name = "quiet", .again = 1'000ms, .after_fold = true};
    const ports::DueTraits purge_{.name = "purge", .every = 5'000ms, .alone = "chores"};
    const ports::DueTraits noise_{.name = "noise", .every = 1'000ms, .alone = "chores"};
    const TenantId a_ = tenant_id(1), b_ = tenant_id(2), c_ = tenant_id(3);
};

}  // namespace winnow::pipeline

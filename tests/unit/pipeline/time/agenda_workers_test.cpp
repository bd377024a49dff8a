/// @file
/// Several workers at one agenda.

#include "unit/pipeline/time/agenda_fixture.hpp"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

/// Whatever several workers answer, in whatever order: nobody is handed out twice, everybody who is due comes to his
/// turn, and it never stands still.
TEST_F(AgendaTest, WhateverWorkersAnswerEverybodyWhoIsDueComesToHisTurnAndNobodyIsWithTwo)
{
    std::mt19937 dice(20261127);  // NOLINT: a property, the same in each run
    make({hold_, quiet_, purge_, noise_});
    std::vector<Agenda::Task> out;
    std::map<std::pair<std::size_t, TenantId>, int> taken;
    int purges = 0;
    for (int i = 0; i < 50'000; ++i) {
        if (out.size() < 4) {
            const auto what = next();
            if (what.starts_with("wait")) {
                ASSERT_GT(std::get<Agenda::Wait>(task_).until, now_);
                if (out.empty()) now_ = std::get<Agenda::Wait>(task_).until;
            } else {
                if (const auto* turn = std::get_if<Agenda::Take>(&task_)) {
                    for (const auto& other : out) {
                        const auto* at = std::get_if<Agenda::Take>(&other);
                        if (at == nullptr) continue;
                        if (turn->kind < 2 && at->kind < 2) ASSERT_NE(at->tenant, turn->tenant);
                        ASSERT_FALSE(turn->kind >= 2 && at->kind >= 2) << "one chore at a time";
                    }
                }
                out.push_back(task_);
            }
        }
        now_ += 1ms;
        if (out.empty() || (out.size() < 4 && dice() % 2 == 0)) continue;
        const auto at = out.begin() + static_cast<std::ptrdiff_t>(dice() % out.size());
        const auto task = *at;
        out.erase(at);
        if (std::holds_alternative<Agenda::Look>(task)) {
            dice() % 10 == 0 ? agenda_->look_failed(now_) : looked({0ms, 0ms, kNothing, kNothing});
        } else if (const auto* find = std::get_if<Agenda::Find>(&task)) {
            if (dice() % 10 == 0) {
                agenda_->find_failed(find->kind, now_);
            } else {
                found(find->kind, find->kind < 2 ? std::vector{a_, b_, c_} : std::vector{TenantId()});
            }
        } else if (const auto* turn = std::get_if<Agenda::Take>(&task)) {
            const auto end = dice() % 3 == 0 ? Agenda::End::busy : Agenda::End::done;
            took(*turn, end, {.more = dice() % 4 == 0});
            if (end == Agenda::End::done) ++taken[{turn->kind, turn->tenant}];
            if (turn->kind >= 2) ++purges;
        }
    }
    EXPECT_EQ(taken.size(), 8U);
    for (const auto& [whom, times] : taken) EXPECT_GT(times, whom.first == 2 ? 2 : 10) << whom.first;
    EXPECT_GT(purges, 10);
}

}  // namespace
}  // namespace winnow::pipeline

#include "pipeline/fold/due_soon.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

TEST(DueSoon, OfAllThatWaitsForItsTimeAndNothingElse)
{
    struct Case {
        std::string what;
        std::function<void(ports::TriageWrites&, Timestamp)> put;
    };
    const std::vector<Case> cases{
        {"a new ticket's pause",
         [](auto& writes, auto time) {
             writes.outcome.opened.emplace_back().restraint.until = time;
         }},
        {"a known ticket's",
         [](auto& writes, auto time) {
             writes.outcome.changed.emplace_back().restraint.until = time;
         }},
        {"a machine",
         [](auto& writes, auto time) {
             writes.outcome.machines.emplace_back().due_at = time;
         }},
        {"an instance",
         [](auto& writes, auto time) {
             auto& instance = writes.outcome.instances.emplace_back();
             instance.firing = true;
             instance.ends_at = time;
         }},
        {"a cover",
         [](auto& writes, auto time) {
             writes.quiet_tickets.emplace_back().cover.until = time;
         }},
    };
    const auto by = triage::kNoon;
    for (const auto& [what, put] : cases) {
        ports::TriageWrites writes;
        put(writes, by + std::chrono::milliseconds{1});
        EXPECT_FALSE(is_due_by(writes, by)) << what;
        put(writes, by);
        EXPECT_TRUE(is_due_by(writes, by)) << what;
    }
    ports::TriageWrites over;
    over.outcome.opened.emplace_back();
    over.outcome.instances.emplace_back().ends_at = by;
    EXPECT_FALSE(is_due_by(over, by)) << "an instance that has ended waits for nothing";
}

}  // namespace
}  // namespace winnow::pipeline

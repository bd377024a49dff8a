/// Prints how many changed tickets a second the triage store writes. Not a test: run it by hand.

#include "triage_fixture.hpp"

#include <cstdio>

namespace winnow::pg {
namespace {

using triage::States;

constexpr int kTickets = 10'000;
constexpr int kFolds = 20;

class TriageBench : public TriageFixture {
protected:
    triage::StateKeys open_all()
    {
        std::vector<triage::Outcome::Opened> many;
        triage::StateKeys keys;
        for (int i = 0; i < kTickets; ++i) {
            many.push_back(opened("service-" + std::to_string(i) + "/disk/full", i + 1));
            keys.dedup_keys.push_back(many.back().ticket.dedup_key);
        }
        const auto started = std::chrono::steady_clock::now();
        EXPECT_TRUE(store_->apply(tenant_, 0, at(1), {}, [&](const States&) { return opening(many, kTickets + 1); }));
        report("opened", started, kTickets);
        return keys;
    }

    template <typename Change>
    void fold(const char* name, const triage::StateKeys& keys, std::uint64_t first, Change change)
    {
        auto started = std::chrono::steady_clock::now();
        std::chrono::steady_clock::duration loading{};
        for (std::uint64_t seq = first; seq < first + kFolds; ++seq) {
            const auto begun = std::chrono::steady_clock::now();
            EXPECT_TRUE(store_->apply(tenant_, seq, at(seq + 1), keys, [&](States states) {
                loading += std::chrono::steady_clock::now() - begun;
                for (auto& ticket : states.tickets) change(ticket);
                ports::TriageWrites writes;
                writes.outcome.changed = std::move(states.tickets);
                return writes;
            }));
        }
        report(name, started, kTickets * kFolds);
        std::printf("  of it loading and locking %.2f s\n", std::chrono::duration<double>(loading).count());
    }

    static void report(const char* name, std::chrono::steady_clock::time_point started, int rows)
    {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        std::printf("%s: %d rows in %.2f s, %.0f rows/s\n", name, rows, took.count(), rows / took.count());
    }
};

TEST_F(TriageBench, ChangedTicketsASecond)
{
    const auto keys = open_all();
    fold("counted", keys, 1, [](triage::TicketState& ticket) { ++ticket.occurrences; });
    fold("changed", keys, 1 + kFolds, [](triage::TicketState& ticket) {
        ++ticket.occurrences;
        ++ticket.event_seq;
    });
}

}  // namespace
}  // namespace winnow::pg

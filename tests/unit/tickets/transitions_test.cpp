#include "winnow/tickets/transitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace winnow::tickets {

namespace {

using domain::TicketEventKind;
using domain::TicketState;
using enum domain::TicketState;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const Timestamp kBefore{std::chrono::hours(7)};
const Timestamp kNow{std::chrono::hours(24)};

/// What a person may do, told once more, letter by letter: from each state to each state, in the order of
/// domain::ticket_states(). `n` where closing takes no approval, `a` where it does, `x` always, `.` never.
const std::map<TicketState, std::string> kPeople{
    //                  held open in_progress recovered close_requested returned closed
    {held, ".x..a.n"},
    {open, "..xxa.n"},
    {in_progress, ".x.xa.n"},
    {recovered, ".xx.a.n"},
    {close_requested, ".....xx"},
    {returned, "..xxx.."},
    {closed, ".x....."},
};

/// The same of alerts and time.
const std::map<TicketState, std::string> kMachine{
    {held, ".x.x..x"},
    {open, "..xx..."},
    {in_progress, "...x..."},
    {recovered, "xx....."},
    {close_requested, "xx....."},
    {returned, "xx....."},
    {closed, "xx....."},
};

bool allows(char mark, bool close_approval)
{
    return mark == 'x' || mark == (close_approval ? 'a' : 'n');
}

}  // namespace

TEST(Transitions, OfEachStateToEachStateAreAsTheyAreMeantForPeopleAndForTheMachine)
{
    for (const bool approval : {false, true}) {
        for (const auto from : domain::ticket_states()) {
            for (const auto to : domain::ticket_states()) {
                const auto place = static_cast<std::size_t>(to);
                EXPECT_EQ(find_transition(from, to, Mover::person, approval) != nullptr,
                          allows(kPeople.at(from)[place], approval))
                    << to_string(from) << " to " << to_string(to) << (approval ? " with approval" : "");
                EXPECT_EQ(find_transition(from, to, Mover::machine, approval) != nullptr,
                          allows(kMachine.at(from)[place], approval))
                    << to_string(from) << " to " << to_string(to);
            }
        }
    }
}

TEST(Transitions, StandInTheTableOnceEachAndAreSomebodys)
{
    std::set<std::pair<TicketState, TicketState>> seen;
    for (const auto& each : transitions()) {
        EXPECT_TRUE(seen.emplace(each.from, each.to).second) << to_string(each.from) << " to " << to_string(each.to);
        EXPECT_TRUE(each.by_person || each.by_machine);
        EXPECT_FALSE(each.close_approval && !each.by_person) << "alerts ask for no approval";
    }
}

TEST(Transitions, ThatBringATicketBackAreCalledReopened)
{
    for (const auto& each : transitions()) {
        const bool back = !domain::is_live(each.from) && domain::is_live(each.to);
        const bool machine_back = each.by_machine && !each.by_person && (each.to == held || each.to == open);
        EXPECT_EQ(each.kind == TicketEventKind::reopened, back || machine_back)
            << to_string(each.from) << " to " << to_string(each.to);
        EXPECT_EQ(each.kind == TicketEventKind::recovered, each.to == recovered);
        EXPECT_EQ(each.kind == TicketEventKind::acknowledged, each.from == open && each.to == in_progress);
    }
}

TEST(Transitions, ARefusalNamesWhatIsAllowedInTheTablesOrder)
{
    EXPECT_EQ(not_allowed(open, returned, false),
              Error(ErrorCode::conflict,
                    "a ticket that is 'open' cannot be moved to 'returned'; allowed: in_progress, recovered, closed"));
    EXPECT_EQ(not_allowed(closed, in_progress, true).message(),
              "a ticket that is 'closed' cannot be moved to 'in_progress'; allowed: open");
    EXPECT_THAT(allowed_transitions(returned, false), ElementsAre(in_progress, recovered, close_requested));
}

TEST(Transitions, KeepATimeExactlyAsLongAsItHolds)
{
    const std::optional<Timestamp> none;
    for (const auto& each : transitions()) {
        for (const auto by : {Mover::person, Mover::machine}) {
            if (by == Mover::person ? !each.by_person : !each.by_machine) continue;
            const bool new_episode = each.from == held && by == Mover::person;
            const Standing before{
                .state = each.from, .acknowledged_at = kBefore, .recovered_at = kBefore, .closed_at = kBefore};
            const auto after = moved(before, each.to, by, kNow);
            const auto what = std::string(to_string(each.from)) + " to " + std::string(to_string(each.to));
            const auto kept = new_episode ? none : std::optional(kBefore);
            EXPECT_EQ(after.state, each.to);
            switch (each.to) {
                case open: EXPECT_EQ(after, Standing{.state = open}) << what; break;
                case in_progress:
                    EXPECT_EQ(after, (Standing{.state = in_progress, .acknowledged_at = kBefore})) << what;
                    break;
                case closed:
                    EXPECT_EQ(after.acknowledged_at, kept) << what;
                    EXPECT_EQ(after.recovered_at, kept) << what;
                    EXPECT_EQ(after.closed_at, kNow) << what;
                    break;
                case held:
                case recovered:
                case close_requested:
                case returned:
                    EXPECT_EQ(
                        after,
                        (Standing{.state = each.to, .acknowledged_at = kept, .recovered_at = kept, .closed_at = kept}))
                        << what;
            }
        }
    }
    EXPECT_EQ(moved({}, in_progress, Mover::person, kNow).acknowledged_at, kNow);
    EXPECT_EQ(moved({}, recovered, Mover::machine, kNow).recovered_at, kNow);
}

TEST(TicketTransitions, WithoutApprovalCloseDirectly)
{
    EXPECT_THAT(allowed_transitions(held, false), UnorderedElementsAre(open, closed));
    EXPECT_THAT(allowed_transitions(open, false), UnorderedElementsAre(in_progress, recovered, closed));
    EXPECT_THAT(allowed_transitions(in_progress, false), UnorderedElementsAre(open, recovered, closed));
    EXPECT_THAT(allowed_transitions(recovered, false), UnorderedElementsAre(open, in_progress, closed));
    EXPECT_THAT(allowed_transitions(closed, false), UnorderedElementsAre(open));
}

TEST(TicketTransitions, WithApprovalTakeASecondStep)
{
    for (const auto state : {held, open, in_progress, recovered, returned}) {
        const auto next = allowed_transitions(state, true);
        EXPECT_THAT(next, testing::Contains(close_requested)) << to_string(state);
        EXPECT_THAT(next, testing::Not(testing::Contains(closed))) << to_string(state);
    }
    EXPECT_THAT(allowed_transitions(close_requested, true), UnorderedElementsAre(returned, closed));
}

TEST(TicketTransitions, NeverLeadToWhereTheyStartOrToHeld)
{
    for (const auto from : domain::ticket_states()) {
        for (const bool approval : {false, true}) {
            const auto next = allowed_transitions(from, approval);
            EXPECT_THAT(next, testing::Not(testing::Contains(from)));
            EXPECT_THAT(next, testing::Not(testing::Contains(held)));
        }
    }
}

/// docs/tickets.md has the table in words: `| from | to | who | close approval | timeline |`.
TEST(Transitions, AreThoseOfTheirPage)
{
    std::vector<std::string> in_page;
    std::ifstream page(WINNOW_TICKETS_PAGE);
    ASSERT_TRUE(page.is_open());
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| `")) in_page.push_back(line);
    }
    std::vector<std::string> in_table;
    for (const auto& each : transitions()) {
        const auto word = [](std::string_view text) {
            return "`" + std::string(text) + "`";
        };
        std::ostringstream line;
        line << "| " << word(to_string(each.from)) << " | " << word(to_string(each.to)) << " | "
             << (each.by_person && each.by_machine ? "a person, alerts"
                 : each.by_person                  ? "a person"
                                                   : "alerts")
             << " | " << (each.close_approval ? (*each.close_approval ? "asked for" : "not asked for") : "") << " | "
             << word(to_string(each.kind)) << " |";
        in_table.push_back(line.str());
    }
    EXPECT_EQ(in_page, in_table);
}

}  // namespace winnow::tickets

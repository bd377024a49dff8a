/// @file
/// Whatever people, covers, rules and timers do to tickets, in whatever order: what is owed is told, and an end is not
/// lost.

#include "unit/triage/holds_fixture.hpp"
#include "winnow/tickets/transitions.hpp"

#include <map>
#include <random>
#include <set>

namespace winnow::triage {
namespace {

/// A tenant's life at random. Each key has rules of its own: threshold, pause, flap, none.
class Life {
public:
    explicit Life(unsigned seed) : dice_(seed) { store.settings.reopen_window = 10min; }

    void step()
    {
        now_ += std::chrono::seconds{roll(150)};
        const auto key = roll(kKeys);
        switch (roll(10)) {
            case 0: covered_[key] = true; break;
            case 1: covered_[key] = false; break;
            case 2: person(); break;
            case 3: store.pass(at(now_)); break;
            case 4:
            case 5: resolve(key); break;
            default: fire(key); break;
        }
        judge_covers();
    }

    /// Every cover ends, and nothing comes for a day.
    void quieten()
    {
        covered_ = {};
        judge_covers();
        wait();
    }
    void wait()
    {
        now_ += 24h;
        store.pass(at(now_));
        judge_covers();
    }

    void fire(unsigned key, bool bare = false)
    {
        auto alert = source_.firing(name(key), now_);
        if (!bare) alert = ask(std::move(alert), key);
        if (covered_[key]) {
            alert = suppressed(std::move(alert), "silence: s");
            alert.cover = domain::Cover{.cause = {.kind = domain::QuietKind::silence, .id = Uuid::from_words(3, 4)},
                                        .reason = "silence: s",
                                        .until = {},
                                        .source_key = {}};
        }
        store.apply({alert});
    }
    void resolve(unsigned key) { store.apply({ask(source_.resolved(name(key), now_), key)}); }

    /// Never moved by hand.
    [[nodiscard]] bool is_the_machines(TicketId id) const { return !touched_.contains(id); }

    static constexpr unsigned kKeys = 4;
    StoreModel store;

private:
    unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
    static std::string name(unsigned key) { return "key " + std::to_string(key); }
    static Evaluated ask(Evaluated alert, unsigned key)
    {
        if (key == 0) return asking(std::move(alert), 2, ThresholdAction{2, 5min, {}});
        if (key == 1) return asking(std::move(alert), 1, PauseAction{.duration = 3min});
        if (key == 2) return asking(std::move(alert), 3, FlapAction{2, 20min, 6min, {}});
        return alert;
    }

    void judge_covers()
    {
        States states{.tickets = {}, .instances = {}, .next_number = store.next_number};
        std::vector<Released> released;
        for (const auto& [id, ticket] : store.tickets) {
            if (covered_[static_cast<unsigned>(ticket.dedup_key.back() - '0')]) continue;
            states.tickets.push_back(ticket);
            released.push_back({.ticket_id = id, .alert_id = {}});
        }
        store.keep(release(released, std::move(states), at(now_)));
    }

    /// Somebody moves a ticket, as the API lets him.
    void person()
    {
        if (store.tickets.empty()) return;
        auto& ticket = std::next(store.tickets.begin(), roll(static_cast<unsigned>(store.tickets.size())))->second;
        const auto allowed = tickets::allowed_transitions(ticket.state, roll(2) == 0);
        if (allowed.empty()) return;
        const auto to = allowed[roll(static_cast<unsigned>(allowed.size()))];
        if (!domain::is_live(ticket.state) && domain::is_live(to)) {
            for (const auto& [id, other] : store.tickets) {
                if (other.dedup_key == ticket.dedup_key && domain::is_live(other.state)) return;
            }
        }
        touched_.insert(ticket.id);
        if (ticket.state == InState::held) {
            ticket.suppressed = ticket.suppressed || domain::is_live(to);
            ticket.restraint = {.never_told = ticket.restraint.never_told};
            ticket.recovered_at.reset();
        }
        ticket.state = to;
        if (to == InState::open || to == InState::in_progress) {
            ticket.recovered_at.reset();
            ticket.closed_at.reset();
        }
        if (to == InState::recovered && !ticket.recovered_at) ticket.recovered_at = at(now_);
        if (to == InState::closed) ticket.closed_at = at(now_);
    }

    std::mt19937 dice_;
    AlertSource source_;
    std::chrono::milliseconds now_{0};
    std::map<unsigned, bool> covered_;
    std::set<TicketId> touched_;
};

bool over(const TicketCore& ticket)
{
    return domain::is_over(ticket.state, ticket.recovered_at);
}

void expect_sound_words(const StoreModel& store)
{
    std::set<TicketId> known;
    std::set<TicketId> flapping;
    for (const auto& notice : store.notices) {
        const auto id = notice.ticket.id;
        const auto kind = notice.event.kind;
        EXPECT_FALSE(notice.ticket.suppressed);
        EXPECT_NE(notice.ticket.state, InState::held);
        EXPECT_EQ(kind == opened, known.insert(id).second) << "opened is the first word, and no other";
        if (kind == flapping_settled) EXPECT_TRUE(flapping.contains(id)) << "an end whose begin was told";
        if (kind == flapping_settled || kind == recovered) flapping.erase(id);
        if (notice.event.data.find("transitions") != std::string::npos) flapping.insert(id);
    }
}

TEST(Owed, WhatIsOwedIsToldAndNoEndIsLostWhateverTheOrder)
{
    std::size_t words = 0;
    for (unsigned seed = 1; seed <= 400; ++seed) {
        SCOPED_TRACE(seed);
        Life life(seed);
        for (int i = 0; i < 120; ++i) life.step();
        life.quieten();
        for (const auto& [id, ticket] : life.store.tickets) {
            EXPECT_NE(ticket.state, InState::held);
            if (over(ticket)) continue;
            EXPECT_FALSE(ticket.suppressed) << "nothing covers it";
            if (life.is_the_machines(id)) {
                EXPECT_FALSE(ticket.restraint.never_told) << ticket.dedup_key << ": a page that was owed";
            }
        }
        for (unsigned key = 0; key < Life::kKeys; ++key) life.fire(key, true);
        std::map<std::string, TicketId> current;
        for (const auto& [id, ticket] : life.store.tickets) {
            if (over(ticket)) continue;
            current[ticket.dedup_key] = id;
            EXPECT_FALSE(ticket.restraint.never_told) << ticket.dedup_key << ": an alert that nothing keeps quiet";
        }
        EXPECT_EQ(current.size(), Life::kKeys);
        for (unsigned key = 0; key < Life::kKeys; ++key) life.resolve(key);
        life.wait();
        std::map<TicketId, domain::TicketEventKind> last;
        for (const auto& notice : life.store.notices) last[notice.ticket.id] = notice.event.kind;
        for (const auto& [id, ticket] : life.store.tickets) {
            EXPECT_TRUE(over(ticket)) << ticket.dedup_key << ' ' << to_string(ticket.state);
        }
        for (const auto& [key, id] : current) EXPECT_EQ(last[id], recovered) << key << ": its end";
        expect_sound_words(life.store);
        words += life.store.notices.size();
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(words, 10'000U) << "the dice must lead somewhere";
}

}  // namespace
}  // namespace winnow::triage

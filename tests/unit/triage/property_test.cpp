#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

namespace winnow::triage {

namespace {

/// Alerts of every kind, over few keys and instances so that they meet often.
std::vector<Evaluated> random_alerts(std::mt19937& dice, std::size_t count, unsigned keys = 4)
{
    AlertSource source;
    std::vector<Evaluated> alerts;
    std::chrono::milliseconds now{0};
    const auto roll = [&](unsigned sides) {
        return static_cast<unsigned>(dice() % sides);
    };
    for (std::size_t i = 0; i < count; ++i) {
        now += std::chrono::seconds{roll(90)};
        const auto key = "key " + std::to_string(roll(keys));
        auto next = source.firing(key, now);
        next.alert.title = "disk " + std::to_string(roll(3));
        if (roll(3) != 0) {
            next.alert.instance_key = "instance " + std::to_string(roll(6));
            next.alert.ends_at = next.alert.received_at + std::chrono::minutes{4};
        }
        const auto status = roll(10);
        if (status >= 6) next.alert.status = domain::AlertStatus::resolved;
        if (status == 9) next.alert.status = domain::AlertStatus::acknowledged;
        next.alert.severity = static_cast<domain::Severity>(1 + roll(4));
        next.evaluation.dropped = roll(12) == 0;
        if (roll(6) == 0) next = suppressed(std::move(next));
        if (roll(6) == 0) next = routed(std::move(next), {ContactGroupId(Uuid::from_words(1, roll(3)))});
        alerts.push_back(std::move(next));
    }
    return alerts;
}

/// The same alerts, several of which come in one row.
std::vector<std::vector<Evaluated>> in_rows(std::mt19937& dice, std::vector<Evaluated> alerts, unsigned in_one = 3)
{
    std::vector<std::vector<Evaluated>> rows;
    for (auto& alert : alerts) {
        if (rows.empty() || dice() % in_one == 0) rows.emplace_back();
        auto& row = rows.back();
        if (!row.empty()) {
            alert.position = {.row = row.front().position.row, .index = static_cast<std::uint16_t>(row.size())};
            alert.alert.received_at = row.front().alert.received_at;
            if (alert.alert.ends_at) alert.alert.ends_at = alert.alert.received_at + std::chrono::minutes{4};
        }
        row.push_back(std::move(alert));
    }
    return rows;
}

/// Some of the alerts ask one of two rules whether they flap: at the drop of a hat, the one for long, the other not.
void ask_for_flapping(std::mt19937& dice, std::vector<Evaluated>& alerts)
{
    const auto nervous = [](std::chrono::minutes settle) {
        return domain::FlapAction{.transitions = 2, .within = std::chrono::minutes{20}, .settle = settle};
    };
    for (auto& alert : alerts) {
        const auto rule = dice() % 3;
        if (rule == 0) continue;
        alert = asking(std::move(alert), rule, nervous(rule == 1 ? std::chrono::minutes{60} : std::chrono::minutes{2}));
    }
}

/// What a person does to a ticket now and then.
void close_one(std::mt19937& dice, Timestamp now, std::initializer_list<StoreModel*> stores)
{
    const auto key = "key " + std::to_string(dice() % 2);
    for (auto* store : stores) {
        for (auto& [id, ticket] : store->tickets) {
            if (ticket.dedup_key != key || !domain::is_live(ticket.state)) continue;
            ticket.state = domain::TicketState::closed;
            ticket.closed_at = now;
        }
    }
}

StoreModel empty_store()
{
    StoreModel store;
    store.settings.reopen_window = std::chrono::minutes{5};
    store.settings.default_route = {ContactGroupId(Uuid::from_words(1, 9))};
    return store;
}

auto comparable(const TicketCore& s)
{
    return std::tuple(s.id, s.number, s.state, s.severity, s.dedup_key, std::tie(s.title, s.description), s.route,
                      s.suppressed, s.suppression_reason, s.occurrences,
                      std::tuple(s.first_seen_at, s.last_seen_at, s.opened_at), s.acknowledged_at, s.recovered_at,
                      s.closed_at, s.event_seq,
                      std::tuple(s.firing_instances, s.restraint.by, s.restraint.until, s.restraint.from,
                                 s.restraint.never_told, s.restraint.flapping));
}

auto comparable(const InstanceState& s)
{
    return std::tuple(s.key, s.ticket_id, s.starts_at, s.ends_at, s.firing, s.last_end);
}

auto comparable(const domain::TicketEvent& e)
{
    return std::tuple(e.ticket_id, e.seq, e.kind, e.at, e.actor, e.data);
}

void expect_same(const StoreModel& a, const StoreModel& b)
{
    EXPECT_EQ(a.verdicts, b.verdicts);
    EXPECT_EQ(a.next_number, b.next_number);
    ASSERT_EQ(a.tickets.size(), b.tickets.size());
    for (const auto& [id, state] : a.tickets) EXPECT_EQ(comparable(state), comparable(b.tickets.at(id)));
    ASSERT_EQ(a.instances.size(), b.instances.size());
    for (const auto& [key, state] : a.instances) EXPECT_EQ(comparable(state), comparable(b.instances.at(key)));
    ASSERT_EQ(a.events.size(), b.events.size());
    for (std::size_t i = 0; i < a.events.size(); ++i) EXPECT_EQ(comparable(a.events[i]), comparable(b.events[i]));
    ASSERT_EQ(a.notices.size(), b.notices.size());
    for (std::size_t i = 0; i < a.notices.size(); ++i) {
        EXPECT_EQ(comparable(a.notices[i].event), comparable(b.notices[i].event));
        EXPECT_EQ(comparable(a.notices[i].ticket), comparable(b.notices[i].ticket));
    }
}

std::int64_t occurrences_in(const std::vector<domain::Verdict>& verdicts)
{
    return std::ranges::count_if(verdicts, [](const domain::Verdict& verdict) {
        using enum domain::TicketEffect;
        return verdict.effect == opened || verdict.effect == joined || verdict.effect == reopened;
    });
}

/// What people hear of one ticket makes sense by itself: `opened` first and once, then by turns that it is over and
/// back.
void expect_sound_words(const StoreModel& store)
{
    using enum domain::TicketEventKind;
    std::map<TicketId, bool> there;
    for (const auto& notice : store.notices) {
        const auto known = there.find(notice.ticket.id);
        const bool first = known == there.end();
        const auto kind = notice.event.kind;
        EXPECT_EQ(kind == opened, first) << "opened is the first word, and no other";
        if (!first && kind == recovered) {
            EXPECT_TRUE(known->second) << "over, of what was there";
        }
        there[notice.ticket.id] = kind != recovered;
    }
    for (const auto& [id, ticket] : store.tickets) EXPECT_EQ(ticket.restraint.never_told, !there.contains(id));
}

void expect_sound(const StoreModel& store)
{
    std::map<std::string, int> live;
    std::int64_t occurrences = 0;
    std::set<std::int64_t> numbers;
    for (const auto& [id, ticket] : store.tickets) {
        live[ticket.dedup_key] += domain::is_live(ticket.state) ? 1 : 0;
        occurrences += ticket.occurrences;
        numbers.insert(ticket.number);
        const auto firing = std::ranges::count_if(
            store.instances, [&](const auto& entry) { return entry.second.firing && entry.second.ticket_id == id; });
        EXPECT_EQ(ticket.firing_instances, firing) << "the count and the instances agree";
        EXPECT_EQ(ticket.state == domain::TicketState::recovered, ticket.recovered_at.has_value());
    }
    for (const auto& [key, count] : live) EXPECT_LE(count, 1) << key;
    EXPECT_EQ(occurrences, occurrences_in(store.verdicts)) << "each alert counts once, or not at all";
    EXPECT_EQ(numbers.size(), store.tickets.size());
    EXPECT_EQ(store.next_number, static_cast<std::int64_t>(numbers.size()) + 1) << "no number is left out";
    if (!numbers.empty()) {
        EXPECT_EQ(*numbers.rbegin(), store.next_number - 1);
    }

    std::map<TicketId, std::int32_t> seq;
    for (const auto& event : store.events) EXPECT_EQ(event.seq, ++seq[event.ticket_id]);
    for (const auto& [id, ticket] : store.tickets) EXPECT_EQ(ticket.event_seq, seq[id]);
    for (const auto& notice : store.notices) EXPECT_FALSE(notice.ticket.suppressed);
    expect_sound_words(store);
}

}  // namespace

TEST(FoldProperty, FoldingInOneGoOrSplitAnywhereGivesTheSame)
{
    for (unsigned seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        const auto alerts = random_alerts(dice, 60);
        auto whole = empty_store();
        whole.apply(alerts);
        for (std::size_t split = 0; split <= alerts.size(); split += 1 + seed % 3) {
            const auto middle = alerts.begin() + static_cast<std::ptrdiff_t>(split);
            auto parts = empty_store();
            parts.apply({alerts.begin(), middle});
            parts.apply({middle, alerts.end()});
            ASSERT_NO_FATAL_FAILURE(expect_same(whole, parts));
        }
        if (HasFailure()) return;
    }
}

TEST(FoldProperty, RowsMayBeFoldedTogetherOrApartAndTellOfATicketAtMostOnce)
{
    for (unsigned seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        const auto rows = in_rows(dice, random_alerts(dice, 120));
        auto whole = empty_store();
        std::vector<Evaluated> all;
        for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
        whole.apply(all);
        auto apart = empty_store();
        for (const auto& row : rows) {
            const auto outcome = apart.apply(row);
            std::set<TicketId> told;
            for (const auto& notice : outcome.notices) {
                const bool again = !told.insert(notice.ticket.id).second;
                EXPECT_FALSE(again && notice.event.kind != domain::TicketEventKind::severity_changed &&
                             notice.event.kind != domain::TicketEventKind::recovered);
            }
            ASSERT_NO_FATAL_FAILURE(expect_sound(apart));
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(whole, apart));
        if (HasFailure()) return;
    }
}

TEST(FoldProperty, RowsMayBeFoldedTogetherOrApartWhereTwoRulesDetectFlappingAndPeopleClose)
{
    std::size_t settled = 0;
    for (unsigned seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        auto alerts = random_alerts(dice, 400, 2);
        ask_for_flapping(dice, alerts);
        const auto rows = in_rows(dice, std::move(alerts), 6);
        auto together = empty_store();
        auto apart = empty_store();
        for (std::size_t from = 0; from < rows.size();) {
            const auto until = std::min<std::size_t>(rows.size(), from + 1 + dice() % 4);
            std::vector<Evaluated> all;
            for (; from < until; ++from) {
                all.insert(all.end(), rows[from].begin(), rows[from].end());
                apart.apply(rows[from]);
            }
            together.apply(all);
            ASSERT_NO_FATAL_FAILURE(expect_sound_words(apart));
            close_one(dice, all.back().alert.received_at, {&together, &apart});
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(together, apart));
        settled += static_cast<std::size_t>(
            std::ranges::count(told(apart.notices), domain::TicketEventKind::flapping_settled));
        if (HasFailure()) return;
    }
    EXPECT_GT(settled, 60U) << "the dice must lead there";
}

TEST(FoldProperty, OneByOneGivesTheSameToo)
{
    std::mt19937 dice(99);
    const auto alerts = random_alerts(dice, 300);
    auto whole = empty_store();
    whole.apply(alerts);
    auto parts = empty_store();
    for (const auto& alert : alerts) parts.apply({alert});
    expect_same(whole, parts);
}

TEST(FoldProperty, RandomAlertsAndExpiriesKeepTheInvariants)
{
    for (unsigned seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        const auto alerts = random_alerts(dice, 200);
        auto store = empty_store();
        for (std::size_t from = 0; from < alerts.size();) {
            const auto until = std::min(alerts.size(), from + 1 + dice() % 20);
            store.apply({alerts.begin() + static_cast<std::ptrdiff_t>(from),
                         alerts.begin() + static_cast<std::ptrdiff_t>(until)});
            from = until;
            if (dice() % 4 == 0) store.expire_due(alerts[from - 1].alert.received_at);
            ASSERT_NO_FATAL_FAILURE(expect_sound(store));
        }
        EXPECT_GT(store.notices.size(), 5U) << "the dice must lead somewhere";
        if (HasFailure()) return;
    }
}

TEST(FoldProperty, ReplayingABatchMakesTheSameTicketsAgain)
{
    std::mt19937 dice(5);
    const auto alerts = random_alerts(dice, 100);
    auto once = empty_store();
    auto again = empty_store();
    once.apply(alerts);
    again.apply(alerts);
    expect_same(once, again);
}

TEST(FoldProperty, AFloodFoldsOntoItsTicketsExactly)
{
    AlertSource source;
    std::vector<Evaluated> alerts;
    for (std::size_t i = 0; i < 7'500; ++i) alerts.push_back(source.firing("key " + std::to_string(i % 1'000)));
    StoreModel store;
    const auto outcome = store.apply(alerts);
    ASSERT_EQ(outcome.opened.size(), 1'000U);
    std::int64_t total = 0;
    for (const auto& opened : outcome.opened) {
        EXPECT_GE(opened.ticket.occurrences, 7);
        EXPECT_LE(opened.ticket.occurrences, 8);
        total += opened.ticket.occurrences;
    }
    EXPECT_EQ(total, 7'500);
}

}  // namespace winnow::triage

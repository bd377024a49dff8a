#pragma once

/// @file
/// What the tests of holds share: alerts that ask for a pause, a threshold or flap detection.

#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

namespace winnow::triage {

using namespace std::chrono_literals;
using domain::Disposition;
using domain::FlapAction;
using domain::FlapMode;
using domain::HoldKind;
using domain::PauseAction;
using domain::ThresholdAction;
using domain::ThresholdMode;
using domain::TicketEffect;
using InState = domain::TicketState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum domain::TicketEventKind;

inline constexpr PauseAction kPause{.duration = 5min};
inline constexpr ThresholdAction kThree{.count = 3, .within = 10min, .mode = ThresholdMode::every};
inline constexpr FlapAction kFlap{.transitions = 3, .within = 30min, .settle = 10min, .mode = FlapMode::transitions};

struct HoldRules : testing::Test {
    AlertSource alerts;
    StoreModel store;

    domain::Verdict take(const Evaluated& evaluated) { return store.apply({evaluated}).verdicts.front(); }
    domain::Verdict paused(std::chrono::milliseconds when) { return take(asking(alerts.firing("k", when), 1, kPause)); }
    domain::Verdict counted(std::chrono::milliseconds when, ThresholdAction terms = kThree)
    {
        return take(asking(alerts.firing("k", when), 2, terms));
    }
    domain::Verdict flapped(std::chrono::milliseconds when, bool firing)
    {
        return take(asking(firing ? alerts.firing("k", when) : alerts.resolved("k", when), 3, kFlap));
    }
    domain::Verdict resolved(std::chrono::milliseconds when) { return take(alerts.resolved("k", when)); }
    const TicketCore& only() const
    {
        EXPECT_EQ(store.tickets.size(), 1U);
        return store.tickets.begin()->second;
    }
    std::vector<domain::TicketEventKind> pages() const { return told(store.notices); }
};

}  // namespace winnow::triage

#pragma once

/// @file
/// The data of a ticket's events. Private to triage.

#include "winnow/tickets/event_data.hpp"
#include "winnow/triage/fold.hpp"

namespace winnow::triage {

using Data = tickets::EventData;

/// Names the alert that brings the event about.
[[nodiscard]] inline Data caused_by(const Evaluated& cause)
{
    Data data;
    data.add("alert_id", cause.alert_id().str());
    return data;
}

}  // namespace winnow::triage

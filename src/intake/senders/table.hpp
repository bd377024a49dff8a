#pragma once

/// @file
/// Which senders there are.

#include "winnow/intake/sender.hpp"

/// A line a sender: its folder here, in which sender.cpp defines `const Sender& <name>_sender()`.
#define WINNOW_SENDERS(SENDER) \
    SENDER(native)             \
    SENDER(grafana)            \
    SENDER(alertmanager)       \
    SENDER(uom)

namespace winnow::intake {

#define WINNOW_DECLARE_SENDER(name) [[nodiscard]] const Sender& name##_sender();
WINNOW_SENDERS(WINNOW_DECLARE_SENDER)
#undef WINNOW_DECLARE_SENDER

}  // namespace winnow::intake

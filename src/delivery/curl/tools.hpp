#pragma once

/// @file
/// What attempts are made with. Private to delivery.

#include "delivery/egress_guard.hpp"
#include "winnow/delivery/channel.hpp"
#include "winnow/ports/vault/sealing.hpp"

namespace winnow::delivery {

/// All of it outlives every attempt.
struct Tools {
    const DeliveryOptions& options;
    const EgressGuard& guard;
    ports::Sealing& sealing;
};

}  // namespace winnow::delivery

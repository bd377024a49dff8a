#pragma once

/// @file
/// What attempts are made with. Private to delivery.

#include "delivery/egress_guard.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/delivery/channel.hpp"

namespace winnow::delivery {

/// All of it outlives every attempt.
struct Tools {
    const DeliveryOptions& options;
    const EgressGuard& guard;
    const crypto::Sealer& sealer;
};

}  // namespace winnow::delivery

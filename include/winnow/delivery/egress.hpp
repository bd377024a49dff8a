#pragma once

/// @file
/// What may stand in DeliveryOptions::egress_allow.

#include <string>

namespace winnow::delivery {

/// What is wrong with a network, and what would be right; "" if nothing.
[[nodiscard]] std::string problem_of_egress_network(const std::string& text);

}  // namespace winnow::delivery

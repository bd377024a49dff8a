#pragma once

/// @file
/// Whether texts of a configuration are what a listener can use.

#include <string>

namespace winnow::http {

[[nodiscard]] bool is_ip_address(const std::string& text);

/// "10.0.0.0/8", "::1/128", or one address.
[[nodiscard]] bool is_ip_network(const std::string& text);

}  // namespace winnow::http

#pragma once

/// @file
/// Whether a text of the configuration is an address that a listener can use.

#include <string>

namespace winnow::http {

[[nodiscard]] bool is_ip_address(const std::string& text);

}  // namespace winnow::http

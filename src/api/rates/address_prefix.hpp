#pragma once

/// @file
/// Who counts as one client before anybody knows who it is. Pure.

#include "winnow/base/uuid.hpp"

#include <string>

namespace winnow::api {

/// An IPv4 address, also where it is written as a mapped one, or the first 64 bits of an IPv6 address: whoever has one
/// of those has all of them. What is no address is all one.
[[nodiscard]] Uuid address_prefix(const std::string& address);

}  // namespace winnow::api

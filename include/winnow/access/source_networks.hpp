#pragma once

/// @file
/// From where a tenant lets its people and keys in.

#include "winnow/base/network.hpp"

#include <cstddef>
#include <vector>

namespace winnow::access {

/// Networks in each list, at most.
inline constexpr std::size_t kMaxSourceNetworks = 100;

/// Each list that speaks of a caller must hold its address; an empty one holds all. A user's key is spoken of by
/// `users`, by `admins` where its user is one, and by `keys`.
struct SourceNetworks {
    std::vector<Network> users;   ///< Whoever is a user, whatever they show.
    std::vector<Network> admins;  ///< Admins, besides.
    std::vector<Network> keys;    ///< Whatever is a key: users' and integrations'.

    friend bool operator==(const SourceNetworks&, const SourceNetworks&) = default;
};

}  // namespace winnow::access

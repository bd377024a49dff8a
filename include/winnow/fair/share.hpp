#pragma once

/// @file
/// How much of something bounded one tenant may hold: as much as all leave free. Pure.

#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace winnow::fair {

/// Something that all tenants hold together: items of a queue, bytes of memory.
struct Bound {
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

    std::size_t whole = kNone;
    /// What a tenant may always hold; all floors together may go beyond the whole by a tenth.
    std::size_t floor = 65'536;
};

/// How much of it is held, and by the tenant that is asked about.
struct Held {
    std::size_t all = 0;
    std::size_t own = 0;

    friend bool operator==(const Held&, const Held&) = default;
};

/// Why there is no room.
struct Refused {
    enum class Limit : std::uint8_t { items, bytes };
    enum class Whose : std::uint8_t { tenant, node };

    Limit limit = Limit::items;
    std::size_t value = 0;  ///< Of the limit that was met, by now: what others hold is not the tenant's.
    Whose whose = Whose::tenant;

    friend bool operator==(const Refused&, const Refused&) = default;
};

/// What a tenant may hold where all hold `all`: alone half of the whole, with another that fills its share a third. So
/// a newcomer always finds room, and nobody has to be turned out for it.
[[nodiscard]] std::size_t share_of(const Bound& bound, std::size_t all) noexcept;

/// The whole, and what floors may add to it.
[[nodiscard]] std::size_t with_floors(const Bound& bound) noexcept;

/// Why the tenant cannot have `amount` more; nullopt: it can. Who holds nothing is never over its share: it gets what
/// is there, the tenth for floors included, and where nobody holds anything even more than that.
[[nodiscard]] std::optional<Refused> refusal(Refused::Limit limit, const Bound& bound, const Held& held,
                                             std::size_t amount) noexcept;

/// How much of what it may hold a tenant does hold: 0 to 1.
[[nodiscard]] double fullness(const Bound& bound, const Held& held) noexcept;

}  // namespace winnow::fair

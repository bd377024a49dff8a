#pragma once

/// @file
/// A row of the table of channels: how messages reach the contacts of one type. Private to delivery.

#include "delivery/curl/attempt.hpp"
#include "delivery/curl/tools.hpp"
#include "winnow/ports/contact_types.hpp"
#include "winnow/ports/outbox.hpp"

#include <cstddef>
#include <string_view>

namespace winnow::delivery {

/// Everything that is asked of a channel; nothing else knows one from another. All that it refers to is static.
struct ChannelType {
    ports::ContactType contact;  ///< What its contacts are called, and what people write and read of them.

    /// Renders the message and opens what the contact is reached by. What is sent is a function of the message and the
    /// contact, so that a retry sends the same; only what says when the attempt was made may differ. Any thread; must
    /// not wait, but for a key that is not in memory (ports::Sealing). The attempt judges its end itself: of each way
    /// to fail, whether trying again helps.
    Prepared (*prepare)(const ports::ClaimedDelivery& message, const Tools& tools) = nullptr;

    /// For channels that all leave by one server of the operator's, which may bound a client's connections.
    struct Bound {
        std::size_t at_once = 0;             ///< 0: as many as there is room for.
        std::string_view told_if_late = {};  ///< To who waited longer for its turn than an attempt may take.
    } bound = {};
};

}  // namespace winnow::delivery

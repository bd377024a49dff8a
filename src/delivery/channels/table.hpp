#pragma once

/// @file
/// Which channels there are. Private to delivery.

#include "delivery/channels/channel_type.hpp"

#include <span>
#include <string_view>

/// A line a channel: its folder here, in which channel.cpp defines `const ChannelType& <name>_channel()`.
#define WINNOW_CHANNELS(CHANNEL) \
    CHANNEL(webhook)             \
    CHANNEL(mail)

namespace winnow::delivery {

#define WINNOW_DECLARE_CHANNEL(name) [[nodiscard]] const ChannelType& name##_channel();
WINNOW_CHANNELS(WINNOW_DECLARE_CHANNEL)
#undef WINNOW_DECLARE_CHANNEL

/// Every channel, in the order in which people are told of them. Thread-safe, as all of it is constant.
[[nodiscard]] std::span<const ChannelType* const> channels();

}  // namespace winnow::delivery

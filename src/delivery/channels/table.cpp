#include "delivery/channels/table.hpp"

#include <array>

namespace winnow::delivery {

std::span<const ChannelType* const> channels()
{
#define WINNOW_CHANNEL_ROW(name) &name##_channel(),
    static const std::array kChannels{WINNOW_CHANNELS(WINNOW_CHANNEL_ROW)};
#undef WINNOW_CHANNEL_ROW
    return kChannels;
}

}  // namespace winnow::delivery

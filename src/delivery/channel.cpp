#include "winnow/delivery/channel.hpp"

#include "delivery/curl_channel.hpp"

#include <utility>

namespace winnow::delivery {

std::unique_ptr<ports::Channel> make_channel(DeliveryOptions options, const crypto::Sealer& sealer,
                                             observe::Metrics& metrics)
{
    return std::make_unique<CurlChannel>(std::move(options), sealer, metrics);
}

}  // namespace winnow::delivery

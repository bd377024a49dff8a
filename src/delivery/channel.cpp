#include "winnow/delivery/channel.hpp"

#include "delivery/channels/table.hpp"
#include "delivery/curl_channel.hpp"
#include "delivery/egress_guard.hpp"

#include <utility>

namespace winnow::delivery {

std::unique_ptr<Channels> make_channel(DeliveryOptions options, ports::Sealing& sealing, observe::Metrics& metrics)
{
    return std::make_unique<CurlChannel>(std::move(options), sealing, metrics);
}

std::span<const ports::ContactType> contact_types()
{
    static const auto kTypes = [] {
        std::vector<ports::ContactType> types;
        for (const auto* const channel : channels()) types.push_back(channel->contact);
        return types;
    }();
    return kTypes;
}

std::function<bool(std::string_view host)> plain_http_hosts(const std::vector<std::string>& egress_allow)
{
    return [guard = EgressGuard(egress_allow)](std::string_view host) {
        return guard.may_allow_plain(host);
    };
}

std::function<bool(std::string_view host)> webhook_hosts(const std::vector<std::string>& egress_allow)
{
    return [guard = EgressGuard(egress_allow)](std::string_view host) {
        return guard.may_allow(host);
    };
}

}  // namespace winnow::delivery

#pragma once

/// @file
/// Whether a URL to send to is one, as far as its text tells. Where it leads is the egress guard's to judge. Pure.
/// Private to delivery.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace winnow::delivery {

inline constexpr std::size_t kMaxWebhookUrl = 2'048;

/// Whether webhooks may go to that host without TLS; empty: to none.
using PlainHttpHosts = std::function<bool(std::string_view host)>;

/// Whether webhooks may go to that host at all, as far as its text tells; empty: to all.
using WebhookHosts = std::function<bool(std::string_view host)>;

/// What is wrong with a webhook's URL; "" where nothing is.
[[nodiscard]] std::string webhook_url_problem(std::string_view url, const PlainHttpHosts& plain_http = {},
                                              const WebhookHosts& hosts = {});

}  // namespace winnow::delivery

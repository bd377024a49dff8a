#pragma once

/// @file
/// Whether a place to send to is one, as far as its text tells. Where it leads is the egress guard's to judge. Pure.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace winnow::api {

inline constexpr std::size_t kMaxWebhookUrl = 2'048;
inline constexpr std::size_t kMaxMailbox = 254;  // RFC 5321, without the angle brackets

/// Whether webhooks may go to that host without TLS; empty: to none.
using PlainHttpHosts = std::function<bool(std::string_view host)>;

/// Whether webhooks may go to that host at all, as far as its text tells; empty: to all.
using WebhookHosts = std::function<bool(std::string_view host)>;

/// What is wrong with a webhook's URL; "" where nothing is.
[[nodiscard]] std::string webhook_url_problem(std::string_view url, const PlainHttpHosts& plain_http = {},
                                              const WebhookHosts& hosts = {});

/// What is wrong with a mail address; "" where nothing is. Takes the plain form only: no display name, no quoted local
/// part, ASCII.
[[nodiscard]] std::string mailbox_problem(std::string_view address);

}  // namespace winnow::api

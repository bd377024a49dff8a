#pragma once

/// @file
/// How messages leave: signed webhooks and mail, through one egress guard, on one thread of its own.

#include "winnow/ports/contact_types.hpp"
#include "winnow/ports/mail/server_mail_queue.hpp"
#include "winnow/ports/outbox.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::delivery {

struct SmtpOptions {
    std::string host;  ///< "" : mail is not configured; every mail is refused with that reason.
    std::uint16_t port = 587;
    enum class Security : std::uint8_t { none, starttls, tls } security = Security::starttls;
    std::string username;  ///< "" : no authentication.
    std::string password;
    std::string from = "winnow@localhost";  ///< With or without a display name: `Winnow <winnow@example.com>`.
    std::string ca_file;                    ///< "" : the system's.
};

struct DeliveryOptions {
    SmtpOptions smtp;
    std::string webhook_ca_file;            ///< "" : the system's.
    std::vector<std::string> egress_allow;  ///< Networks ("127.0.0.0/8") allowed although they are denied by default,
                                            ///< and the only ones that webhooks may go to in plain http.
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds total_timeout{10'000};
    std::size_t max_reply_bytes = 65'536;
    std::size_t max_concurrent = 1'000;  ///< Who calls send() has tighter bounds of its own.
    std::string public_url;              ///< For links in messages; "" : none.
};

/// What leaves this service: messages to contacts, and its own mails, by the same server and within the same bound.
class Channels : public ports::Channel, public ports::ServerMailChannel {
public:
    using ports::Channel::send;
    using ports::ServerMailChannel::send;
};

/// The channel for every contact type. `sealing` and `metrics` must outlive it. The destructor reports what is still in
/// flight as `retry`. Throws std::invalid_argument where an entry of `egress_allow` is not a network or a file of
/// authorities cannot be read.
[[nodiscard]] std::unique_ptr<Channels> make_channel(DeliveryOptions options, ports::Sealing& sealing,
                                                     observe::Metrics& metrics);

/// The types that contacts may have: one a channel. Thread-safe, as all of it is constant.
[[nodiscard]] std::span<const ports::ContactType> contact_types();

/// Whether a webhook to `http://HOST/` can be sent at all: the host is an address in one of the networks of
/// `egress_allow`, or a name and there are some; where the name leads is judged whenever a message is sent. Throws
/// std::invalid_argument as make_channel() does.
[[nodiscard]] std::function<bool(std::string_view host)> plain_http_hosts(const std::vector<std::string>& egress_allow);

/// Whether a webhook to `https://HOST/` can be sent at all, as far as its text tells: an address that is denied cannot.
/// Throws as plain_http_hosts() does.
[[nodiscard]] std::function<bool(std::string_view host)> webhook_hosts(const std::vector<std::string>& egress_allow);

}  // namespace winnow::delivery

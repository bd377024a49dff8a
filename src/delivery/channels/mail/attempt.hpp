#pragma once

/// @file
/// One try to hand a mail to the operator's server. Private to delivery.

#include "delivery/curl/attempt.hpp"
#include "winnow/delivery/channel.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::delivery {

/// The mail as it goes over the wire, with that time as its date.
using ComposeMail = std::function<std::string(std::chrono::sys_seconds now)>;

/// Whether it can stand between the brackets of an envelope, whatever came into the database by other ways than ours.
[[nodiscard]] bool is_plain_mailbox(std::string_view address);

/// `options` must outlive it. @param to  A plain mailbox.
[[nodiscard]] std::unique_ptr<Attempt> make_mail_attempt(const DeliveryOptions& options, std::string to,
                                                         ComposeMail compose);

}  // namespace winnow::delivery

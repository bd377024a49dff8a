#pragma once

/// @file
/// Mails that the service sends in its own name, by the same server. Private to delivery.

#include "delivery/channels/channel_type.hpp"
#include "delivery/curl/attempt.hpp"
#include "winnow/ports/mail/server_mail_queue.hpp"

namespace winnow::delivery {

/// Opens the token of its link and renders it. What is sent is a function of the mail and of `public_url`. Any thread;
/// does not wait.
[[nodiscard]] Prepared prepare_server_mail(const ports::OwedMail& owed, const Tools& tools);

}  // namespace winnow::delivery

#pragma once

/// @file
/// A mail as it goes over the wire: RFC 5322 headers, MIME text, CRLF line ends. Pure. Private to delivery.

#include "winnow/base/uuid.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace winnow::delivery {

struct MailMessage {
    std::string from;  ///< A mailbox, with or without a display name: `Winnow <winnow@example.com>`.
    std::string to;    ///< A plain mailbox.
    std::string subject;
    std::string text;        ///< Lines ended by LF.
    DeliveryId delivery_id;  ///< Names the mail: the Message-ID.
    TicketId ticket_id;      ///< nil: it is about none, and begins a thread of its own.
    std::chrono::sys_seconds date;
};

/// The address alone: `winnow@example.com` of `Winnow <winnow@example.com>`.
[[nodiscard]] std::string_view mailbox_of(std::string_view from);

/// Control characters in header values become spaces, so that no value can begin a header of its own. Mails about one
/// ticket name one common ancestor and so form a thread. Lines are at most 998 bytes, without dot stuffing.
[[nodiscard]] std::string compose_mail(const MailMessage& message);

/// A header value for any UTF-8 text: folded where it is ASCII, RFC 2047 encoded words where it is not.
/// @param used what already stands on the first line ("Subject: ").
[[nodiscard]] std::string encode_header_text(std::string_view text, std::size_t used);

/// RFC 2045 §6.7 of text whose lines end in LF; lines of at most 76 characters that end in CRLF.
[[nodiscard]] std::string quoted_printable(std::string_view text);

}  // namespace winnow::delivery

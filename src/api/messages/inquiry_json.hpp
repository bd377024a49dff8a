#pragma once

/// @file
/// Inquiries as JSON, and what is read of them, whichever side it is.

#include "api/rest/json_body.hpp"
#include "api/rest/page.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/messages/inquiry.hpp"
#include "winnow/http/message.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::api {

[[nodiscard]] nlohmann::json inquiry_json(const domain::Inquiry& inquiry);
[[nodiscard]] nlohmann::json inquiry_message_json(const domain::InquiryMessage& message);

/// "text" of a message.
[[nodiscard]] std::string read_inquiry_text(FieldReader& fields);
/// {"text"} alone.
[[nodiscard]] Result<std::string> read_inquiry_message(const http::Request& request);

/// The page of messages that is asked for, by the number of the last one shown.
[[nodiscard]] Result<Stretch<std::int64_t>> inquiry_message_page(const http::RequestHead& head);

/// One page of what `fetch(after, most)` gives.
template <typename Fetch>
[[nodiscard]] Result<http::Response> inquiry_messages_response(const http::RequestHead& head, Fetch fetch)
{
    const auto page = inquiry_message_page(head);
    if (!page) return page.error();
    return page_response(
        head, *page, [&](const auto& after, std::size_t most) { return fetch(after.value_or(0), most); },
        inquiry_message_json, [](const domain::InquiryMessage& message) { return message.seq; },
        [](std::int64_t seq) { return Cursor{std::to_string(seq)}; });
}

}  // namespace winnow::api

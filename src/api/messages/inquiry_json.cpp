#include "api/messages/inquiry_json.hpp"

#include "winnow/base/time.hpp"

#include <charconv>
#include <system_error>

namespace winnow::api {

using nlohmann::json;

json inquiry_json(const domain::Inquiry& inquiry)
{
    return {{"id", inquiry.id.str()},
            {"subject", inquiry.subject},
            {"state", to_string(inquiry.state)},
            {"opened_by", {{"user_id", inquiry.opened_by.str()}, {"name", inquiry.opened_by_name}}},
            {"messages", inquiry.messages},
            {"opened_at", format_rfc3339(inquiry.opened_at)},
            {"changed_at", format_rfc3339(inquiry.changed_at)},
            {"closed_at", inquiry.closed_at ? json(format_rfc3339(*inquiry.closed_at)) : json(nullptr)}};
}

json inquiry_message_json(const domain::InquiryMessage& message)
{
    return {{"seq", message.seq},       {"side", to_string(message.side)},
            {"author", message.author}, {"author_name", message.author_name},
            {"text", message.text},     {"at", format_rfc3339(message.at)}};
}

std::string read_inquiry_text(FieldReader& fields)
{
    return fields.text("text", {1, domain::kMaxInquiryText}, Need::required).value_or("");
}

Result<std::string> read_inquiry_message(const http::Request& request)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    auto text = read_inquiry_text(fields);
    if (auto read = fields.finish(); !read) return read.error();
    return text;
}

Result<Stretch<std::int64_t>> inquiry_message_page(const http::RequestHead& head)
{
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    Stretch<std::int64_t> stretch{.limit = page->limit, .after = {}};
    if (page->cursor.empty()) return stretch;
    const auto& text = page->cursor.front();
    std::int64_t seq = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (failure != std::errc() || end != text.data() + text.size()) return bad_cursor();
    stretch.after = seq;
    return stretch;
}

}  // namespace winnow::api

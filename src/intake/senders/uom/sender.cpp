/// @file
/// What sends to IIJ's UOM: SendAlert in query style and in REST style. Who signed a request is checked before it is
/// read here.

#include "intake/json/json_text.hpp"
#include "intake/senders/receipt.hpp"
#include "intake/senders/table.hpp"
#include "intake/senders/uom/send_alert.hpp"
#include "winnow/base/text.hpp"

#include <array>
#include <utility>

namespace winnow::intake {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kAction = "SendAlert";
constexpr int kUnprocessable = 422;
constexpr int kBadRequest = 400;

/// The words that its clients know are the first and the last.
std::string_view type_of(int status) noexcept
{
    constexpr int kUnauthorized = 401;
    constexpr int kForbidden = 403;
    constexpr int kTooMany = 429;
    constexpr int kOurs = 500;
    if (status == kUnauthorized) return "Authentication Error";
    if (status == kForbidden) return "Authorization Error";
    if (status == kTooMany) return "Throttling Error";
    return status < kOurs ? "Parameter Error" : "UOM WebSystem Error";
}

/// 422 is no status of that API: what cannot be right is 400 there.
Reply refuse(const Refusal& why)
{
    constexpr std::size_t kMostBytes = 2'048;
    Reply reply{.status = why.status == kUnprocessable ? kBadRequest : why.status, .content_type = kJson};
    reply.body = R"({"ErrorType":)";
    append_json_string(reply.body, type_of(reply.status));
    reply.body += R"(,"ErrorMessage":)";
    append_json_string(reply.body, truncate_utf8(why.detail, kMostBytes));
    reply.body += R"(,"RequestId":)";
    append_json_string(reply.body, why.request_id);
    reply.body += '}';
    return reply;
}

Reply answer(const Stored& stored)
{
    Reply reply{.status = 200, .content_type = kJson, .body = R"({"ResultCode":"0"})"};
    if (stored.receipt) reply.headers.emplace_back(kReceiptHeader, stored.ids.receipt(*stored.receipt));
    return reply;
}

Result<SendAlert> query_of(const Sent& sent)
{
    const auto action = sent.fields.query("Action");
    if (action != kAction) {
        return field_error("/Action",
                           "must be SendAlert: what else there is of this API is in REST style, below /uom/r");
    }
    return read_query(sent.fields);
}

Result<Batch> parse_query(const Sent& sent)
{
    const auto read = query_of(sent);
    return read ? alert_of(*read, sent.origin, sent.limits) : Result<Batch>(read.error());
}

Result<Batch> parse_rest(const Sent& sent)
{
    const auto read = read_object(sent.body, sent.limits);
    return read ? alert_of(*read, sent.origin, sent.limits) : Result<Batch>(read.error());
}

std::string name_query(const Sent& sent)
{
    const auto read = query_of(sent);
    return read ? name_of(*read) : "";
}

std::string name_rest(const Sent& sent)
{
    const auto read = read_object(sent.body, sent.limits);
    return read ? name_of(*read) : "";
}

constexpr std::array kQuery{Format{.parse = parse_query}};
constexpr std::array kRest{Format{.parse = parse_rest}};

constexpr std::array kPaths{
    SenderPath{.place = {"/uom/r/{version}/SendAlert.json", "sendUomAlert"},
               .formats = kRest,
               .answer = answer,
               .max_bytes = &domain::AlertLimits::max_body_bytes,
               .once = name_rest,
               .once_status = 200},
    SenderPath{.place = {"/uom/json", "sendUomAlertByForm"},
               .formats = kQuery,
               .answer = answer,
               .max_bytes = &domain::AlertLimits::max_body_bytes,
               .once = name_query,
               .once_status = 200,
               .is_form = true},
    SenderPath{.method = "GET",
               .place = {"/uom/json", "sendUomAlertByQuery"},
               .formats = kQuery,
               .answer = answer,
               .max_bytes = &domain::AlertLimits::max_body_bytes,
               .once = name_query,
               .once_status = 200},
};

constexpr std::array<std::string_view, 1> kRoots{"/uom"};

}  // namespace

const Sender& uom_sender()
{
    static constexpr Sender kSender{
        .name = "uom", .roots = kRoots, .paths = kPaths, .refuse = refuse, .is_signed = true};
    return kSender;
}

}  // namespace winnow::intake

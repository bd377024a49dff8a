/// @file
/// Winnow's own format: POST /api/v1/alerts.

#include "intake/json/json_diagnosis.hpp"
#include "intake/senders/batch_reader.hpp"
#include "intake/senders/receipt.hpp"
#include "intake/senders/table.hpp"

#include <array>
#include <utility>

namespace winnow::intake {

namespace {

void name_its_door(std::vector<FieldError>& reasons, std::string_view body)
{
    auto hint = recognise_foreign(body);
    if (hint.empty()) return;
    reasons.insert(reasons.begin(), {.pointer = "", .code = "foreign_format", .detail = std::move(hint)});
}

/// An object a line, as NDJSON has it, whatever the Content-Type says.
bool is_ndjson(std::string_view body)
{
    const auto end = body.find('\n');
    if (end == std::string_view::npos || !body.starts_with('{')) return false;
    const auto next = body.find_first_not_of(" \t\r\n", end);
    return next != std::string_view::npos && body[next] == '{' && !diagnose(body.substr(0, end));
}

Result<Batch> parse_json(const Sent& sent)
{
    return parse_native_json(sent.body, sent.origin, sent.limits);
}

void explain_json(std::vector<FieldError>& reasons, std::string_view body)
{
    const auto before = reasons.size();
    name_its_door(reasons, body);
    if (reasons.size() == before && is_ndjson(body)) {
        reasons.front().detail += " This is an alert a line: send it with Content-Type: application/x-ndjson.";
    }
}

Result<Batch> parse_ndjson(const Sent& sent)
{
    auto batch = parse_native_ndjson(sent.body, sent.origin, sent.limits);
    if (batch && batch->empty()) return no_alerts();  // of blank lines and byte order marks
    return batch;
}

constexpr std::array<std::string_view, 1> kJson{"application/json"};
constexpr std::array<std::string_view, 2> kNdjson{"application/x-ndjson", "application/ndjson"};
constexpr std::array kFormats{Format{.media_types = kJson, .parse = parse_json, .explain = explain_json},
                              Format{.media_types = kNdjson, .parse = parse_ndjson, .explain = name_its_door}};

constexpr std::array kPaths{
    SenderPath{.place = {"/api/v1/alerts", "sendAlerts"},
               .with_token = {"/i/{token}/alerts", "sendAlertsByToken"},
               .formats = kFormats,
               .answer = receipt_reply,
               .max_bytes = &domain::AlertLimits::max_body_bytes,
               .takes_idempotency_key = true},
};

}  // namespace

const Sender& native_sender()
{
    static constexpr Sender kSender{.name = "native", .paths = kPaths, .url_name = "alerts"};
    return kSender;
}

}  // namespace winnow::intake

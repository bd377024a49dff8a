/// @file
/// Prometheus and all that sends as it does, to Alertmanager's API; and the webhook of a real Alertmanager.

#include "intake/json/json_text.hpp"
#include "intake/senders/receipt.hpp"
#include "intake/senders/table.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::intake {

namespace {

constexpr std::string_view kJson = "application/json";

/// Errors are bare strings there, cut as all of our texts are.
Reply json_string(int status, std::string_view text)
{
    constexpr std::size_t kMostBytes = 2'048;
    constexpr std::string_view kEllipsis = "…";
    const bool is_long = text.size() > kMostBytes;
    std::string shown(is_long ? truncate_utf8(text, kMostBytes - kEllipsis.size()) : text);
    if (is_long) shown += kEllipsis;
    Reply reply{.status = status, .content_type = kJson};
    append_json_string(reply.body, shown);
    return reply;
}

/// 422 is no status of Alertmanager's API: what cannot be right is 400 there.
Reply refuse(const Refusal& why)
{
    return json_string(why.status == 422 ? 400 : why.status, why.detail);
}

Result<Batch> parse_api(const Sent& sent)
{
    return parse_alertmanager(sent.body, sent.origin, sent.limits, sent.resolve_timeout);
}

/// Nothing, or what is wrong with the first bad alert, although the good ones are kept: as Alertmanager answers.
Reply answer_api(const Stored& stored)
{
    if (!stored.receipt) return {};
    const auto& refusals = stored.items.refusals;
    const auto bad = std::ranges::find_if(refusals, [](const auto& refusal) { return refusal.has_value(); });
    auto reply = bad == refusals.end()     ? Reply{}
                 : (*bad)->pointer.empty() ? json_string(400, (*bad)->detail)
                                           : json_string(400, (*bad)->pointer + " " + (*bad)->detail);
    reply.headers.emplace_back(kReceiptHeader, stored.ids.receipt(*stored.receipt));
    return reply;
}

Result<Batch> parse_hook(const Sent& sent)
{
    return parse_webhook(WebhookSender::alertmanager, sent.body, sent.origin, sent.limits);
}

/// Enough for clients that look before they send.
Reply status()
{
    return {.status = 200,
            .content_type = kJson,
            .body = R"({"cluster":{"peers":[],"status":"disabled"},)"
                    R"("config":{"original":"route:\n  receiver: winnow\nreceivers:\n- name: winnow\n"},)"
                    R"("uptime":"1970-01-01T00:00:00.000Z",)"
                    R"("versionInfo":{"branch":"","buildDate":"","buildUser":"","goVersion":"","revision":"",)"
                    R"("version":"0.28.0"}})"};
}

constexpr std::array kApi{Format{.parse = parse_api}};
constexpr std::array kHook{Format{.parse = parse_hook}};

constexpr std::array kPaths{
    SenderPath{.place = {"/am/api/v2/alerts", "sendAlertmanagerAlerts"},
               .with_token = {"/i/{token}/am/api/v2/alerts", "sendAlertmanagerAlertsByToken"},
               .formats = kApi,
               .answer = answer_api,
               .too_much = 503},
    SenderPath{.place = {"/am/webhook", "sendAlertmanagerWebhook"},
               .with_token = {"/i/{token}/am/webhook", "sendAlertmanagerWebhookByToken"},
               .formats = kHook,
               .answer = named_receipt_reply,
               .too_fast = 503,  // 429 is final there
               .too_much = 503},
    SenderPath{.method = "GET",
               .place = {"/am/api/v2/status", "getAlertmanagerStatus"},
               .with_token = {"/i/{token}/am/api/v2/status", "getAlertmanagerStatusByToken"},
               .reply = status},
};

constexpr std::array<std::string_view, 1> kRoots{"/am"};

constexpr std::string_view kHookLike = "This looks like Alertmanager's webhook: send it to /am/webhook";
constexpr std::string_view kApiLike =
    "This looks like alerts of Prometheus: send them to /am/api/v2/alerts, as an array";
constexpr std::array kSigns{
    Sign{{"alerts", "groupKey", "receiver"}, kHookLike}, Sign{{"alerts", "commonLabels", ""}, kHookLike},
    Sign{{"labels", "annotations", ""}, kApiLike, true}, Sign{{"labels", "startsAt", ""}, kApiLike, true},
    Sign{{"labels", "generatorURL", ""}, kApiLike, true}};

}  // namespace

const Sender& alertmanager_sender()
{
    static constexpr Sender kSender{.name = "alertmanager",
                                    .roots = kRoots,
                                    .paths = kPaths,
                                    .url = "/i/{token}/am",  // Prometheus appends /api/v2/alerts
                                    .signs = kSigns,
                                    .refuse = refuse};
    return kSender;
}

}  // namespace winnow::intake

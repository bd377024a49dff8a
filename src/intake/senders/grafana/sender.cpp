/// @file
/// The webhook of a contact point of Grafana. Its body is that of Alertmanager's, and is read there.

#include "intake/senders/receipt.hpp"
#include "intake/senders/table.hpp"

#include <array>

namespace winnow::intake {

namespace {

Result<Batch> parse(const Sent& sent)
{
    return parse_webhook(WebhookSender::grafana, sent.body, sent.origin, sent.limits);
}

constexpr std::array kFormats{Format{.parse = parse}};

constexpr std::array kPaths{
    SenderPath{.place = {"/grafana", "sendGrafanaWebhook"},
               .with_token = {"/i/{token}/grafana", "sendGrafanaWebhookByToken"},
               .formats = kFormats,
               .answer = named_receipt_reply,
               .too_fast = 503,  // it gives up on any other failure
               .too_much = 503},
};

constexpr std::string_view kLooksLike = "This looks like Grafana's webhook: send it to /grafana";
constexpr std::array kSigns{Sign{{"alerts", "groupKey", "orgId"}, kLooksLike},
                            Sign{{"alerts", "receiver", "orgId"}, kLooksLike}};

}  // namespace

const Sender& grafana_sender()
{
    static constexpr Sender kSender{.name = "grafana", .paths = kPaths, .signs = kSigns};
    return kSender;
}

}  // namespace winnow::intake

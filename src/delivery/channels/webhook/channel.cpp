/// @file
/// Webhooks: the message as JSON, signed as Standard Webhooks has it.

#include "delivery/channels/table.hpp"
#include "delivery/channels/webhook/message.hpp"
#include "delivery/curl/http_attempt.hpp"
#include "delivery/verdict.hpp"
#include "winnow/observe/log.hpp"

#include <utility>

namespace winnow::delivery {

namespace {

/// To be tried again: the operator may have started with another key file.
std::unexpected<ports::SendReport> unreadable(const ports::ClaimedDelivery& message, const Error& error,
                                              std::string_view log, const char* told)
{
    observe::error(log, {{"contact", message.contact.id.str()}, {"reason", error.message()}});
    ports::SendReport report;
    report.error = told;
    return std::unexpected(std::move(report));
}

Prepared prepare(const ports::ClaimedDelivery& message, const Tools& tools)
{
    const auto& contact = message.contact;
    const auto& sealer = tools.sealer;
    const auto secret = sealer.open(contact.sealed_secret, "contact:" + message.tenant.str() + ':' + contact.id.str());
    auto key = secret ? signing_key(*secret) : Result<std::string>(secret.error());
    if (!key) {
        return unreadable(message, key.error(), "a webhook's signing secret cannot be opened",
                          "The contact's signing secret cannot be read by this service; set a new one.");
    }
    auto url = contact.sealed_url.empty()
                   ? Result<std::string>(contact.url)
                   : sealer.open(contact.sealed_url, domain::sealed_url_context(message.tenant, contact.id));
    if (!url) {
        return unreadable(message, url.error(), "a webhook's URL cannot be opened",
                          "The contact's URL cannot be read by this service; set it anew.");
    }
    return make_http_attempt({.url = *std::move(url),
                              .body = message.delivery.payload,
                              .headers =
                                  [key = *std::move(key), id = message.delivery.id.str()](
                                      std::chrono::sys_seconds now, std::string_view body) {
                                      return webhook_headers(key, id, now, body);
                                  },
                              .judge = &judge_http},
                             tools);
}

}  // namespace

const ChannelType& webhook_channel()
{
    static constexpr ChannelType kWebhook{.type = "webhook", .prepare = &prepare};
    return kWebhook;
}

}  // namespace winnow::delivery

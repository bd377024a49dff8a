/// @file
/// Webhooks: the message as JSON, signed as Standard Webhooks has it.

#include "delivery/channels/setting.hpp"
#include "delivery/channels/table.hpp"
#include "delivery/channels/webhook/message.hpp"
#include "delivery/curl/http_attempt.hpp"
#include "delivery/send_report.hpp"
#include "delivery/url.hpp"
#include "winnow/crypto/digest.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::delivery {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kMinSecretBytes = 24;  // Standard Webhooks
constexpr std::size_t kMaxSecretBytes = 64;
constexpr std::size_t kNewSecretBytes = 32;

std::string url_problem(std::string_view text, const ports::AllowedHosts& hosts)
{
    return webhook_url_problem(text, hosts.plain_http, hosts.any);
}

std::string secret_problem(std::string_view text, const ports::AllowedHosts& /*hosts*/)
{
    std::string bytes;
    const bool is_one = text.starts_with(kSecretPrefix) &&
                        crypto::from_base64(text.substr(kSecretPrefix.size()), bytes) &&
                        bytes.size() >= kMinSecretBytes && bytes.size() <= kMaxSecretBytes;
    if (is_one) return {};
    return R"(must be "whsec_" and the base64 of 24 to 64 random bytes; leave it out to get one)";
}

std::string make_secret()
{
    return std::string(kSecretPrefix) + crypto::to_base64(crypto::random_bytes(kNewSecretBytes));
}

constexpr std::array kFields{
    ports::ContactField{.name = "url",
                        .max = kMaxWebhookUrl,
                        .required = true,
                        .secrecy = ports::Secrecy::url,
                        .problem = &url_problem},
    ports::ContactField{.name = "secret",
                        .max = 128,
                        .secrecy = ports::Secrecy::whole,
                        .problem = &secret_problem,
                        .make = &make_secret},
};

Prepared prepare(const ports::ClaimedDelivery& message, const Tools& tools)
{
    const auto secret = setting_of(message, "secret", tools.sealing);
    auto key = secret ? signing_key(*secret) : Result<std::string>(secret.error());
    if (!key) {
        return unreadable(message, key.error(), "a webhook's signing secret cannot be opened",
                          "The contact's signing secret cannot be read by this service; set a new one.");
    }
    auto url = setting_of(message, "url", tools.sealing);
    if (!url) {
        return unreadable(message, url.error(), "a webhook's URL cannot be opened",
                          "The contact's URL cannot be read by this service; set it anew.");
    }
    return make_http_attempt({.url = *std::move(url),
                              .body = message.delivery.payload,
                              .headers = [key = *std::move(key), id = message.delivery.id.str()](
                                             std::chrono::sys_seconds now,
                                             std::string_view body) { return webhook_headers(key, id, now, body); },
                              .judge = &judge_http},
                             tools);
}

}  // namespace

const ChannelType& webhook_channel()
{
    static constexpr ChannelType kWebhook{.contact = {.type = "webhook", .fields = kFields}, .prepare = &prepare};
    return kWebhook;
}

}  // namespace winnow::delivery

#include "delivery/channels/webhook/message.hpp"

#include "winnow/crypto/digest.hpp"

namespace winnow::delivery {

Result<std::string> signing_key(std::string_view secret)
{
    constexpr std::string_view kPrefix = "whsec_";
    std::string key;
    if (!secret.starts_with(kPrefix) || !crypto::from_base64(secret.substr(kPrefix.size()), key) || key.empty()) {
        return Error(ErrorCode::internal, "the stored signing secret is not one");
    }
    return key;
}

std::string signature(std::string_view key, std::string_view id, std::chrono::sys_seconds now, std::string_view body)
{
    auto signed_text = std::string(id) + '.' + std::to_string(now.time_since_epoch().count()) + '.';
    signed_text += body;
    return "v1," + crypto::to_base64(crypto::hmac_sha256(key, signed_text));
}

std::vector<std::string> webhook_headers(std::string_view key, std::string_view id, std::chrono::sys_seconds now,
                                         std::string_view body)
{
    return {"Content-Type: application/json", "webhook-id: " + std::string(id),
            "webhook-timestamp: " + std::to_string(now.time_since_epoch().count()),
            "webhook-signature: " + signature(key, id, now, body)};
}

}  // namespace winnow::delivery

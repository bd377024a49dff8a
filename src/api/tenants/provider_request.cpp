#include "api/tenants/provider_request.hpp"

#include "winnow/base/text.hpp"

#include <cstddef>
#include <string>

namespace winnow::api {

ports::ProviderRequest provider_request_of(const http::Request& request)
{
    constexpr std::size_t kMaxAgentBytes = 256;
    const auto& head = request.head;
    const bool has_certificate = !head.client_certificate_subject.empty();
    return {.actor = {.id = "provider",
                      .means = has_certificate ? "client_certificate" : "provider_key",
                      .request_id = head.request_id},
            .address = head.remote_address,
            .user_agent = std::string(truncate_utf8(head.header("User-Agent"), kMaxAgentBytes)),
            .certificate_subject = head.client_certificate_subject};
}

}  // namespace winnow::api

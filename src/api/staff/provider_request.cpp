#include "api/staff/provider_request.hpp"

#include "winnow/base/text.hpp"

#include <cstddef>
#include <string>

namespace winnow::api {

const StaffCaller* staff_caller(const http::Request& request) noexcept
{
    return dynamic_cast<const StaffCaller*>(request.attachment.get());
}

ports::ProviderRequest provider_request_of(const http::Request& request)
{
    constexpr std::size_t kMaxAgentBytes = 256;
    const auto& head = request.head;
    const auto* const staff = staff_caller(request);
    const bool has_certificate = !head.client_certificate_subject.empty();
    const auto* const means = staff != nullptr  ? "staff_session"
                              : has_certificate ? "client_certificate"
                                                : "provider_key";
    return {.actor = {.id = staff != nullptr ? "provider:" + staff->session.member.id.str() : "provider",
                      .means = means,
                      .request_id = head.request_id},
            .address = head.remote_address,
            .user_agent = std::string(truncate_utf8(head.header("User-Agent"), kMaxAgentBytes)),
            .certificate_subject = head.client_certificate_subject};
}

}  // namespace winnow::api

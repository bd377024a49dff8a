#pragma once

/// @file
/// What tenants ask: /admin/v1/inquiries.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/messages/provider_inquiries.hpp"

namespace winnow::api {

/// Each blocks on the store. GET takes ?state=, one of them.
[[nodiscard]] Result<http::Response> list_tenants_inquiries(const http::Request& request,
                                                            ports::ProviderInquiries& store);
[[nodiscard]] Result<http::Response> show_tenants_inquiry(InquiryId id, ports::ProviderInquiries& store);
[[nodiscard]] Result<http::Response> list_tenants_inquiry_messages(InquiryId id, const http::Request& request,
                                                                   ports::ProviderInquiries& store);
/// POST: {"text"}.
[[nodiscard]] Result<http::Response> answer_inquiry(InquiryId id, const http::Request& request,
                                                    ports::ProviderInquiries& store);
[[nodiscard]] Result<http::Response> close_tenants_inquiry(InquiryId id, const http::Request& request,
                                                           ports::ProviderInquiries& store);

}  // namespace winnow::api

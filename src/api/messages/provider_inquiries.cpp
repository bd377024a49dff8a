#include "api/messages/provider_inquiries.hpp"

#include "api/messages/inquiry_json.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::TenantInquiry;

json tenants_inquiry_json(const TenantInquiry& asked)
{
    auto document = inquiry_json(asked.inquiry);
    document["tenant_id"] = asked.tenant.str();
    document["service_code"] = asked.service_code;
    return document;
}

Result<http::Response> answered(const Result<TenantInquiry>& inquiry)
{
    if (!inquiry) return inquiry.error();
    return json_response(200, tenants_inquiry_json(*inquiry));
}

}  // namespace

Result<http::Response> list_tenants_inquiries(const http::Request& request, ports::ProviderInquiries& store)
{
    const auto& head = request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor", "state[]"}); !known) return known.error();
    const auto states =
        word_parameter<domain::InquiryState>(head, "state", domain::parse_inquiry_state, "open, answered, closed");
    if (!states) return states.error();
    if (states->size() > 1) return query_error("state", "must be one word here");
    const auto state = states->empty() ? std::nullopt : std::optional(states->front());
    const auto page = id_page<InquiryId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return store.page(state, after, most); },
        tenants_inquiry_json, [](const TenantInquiry& asked) { return asked.inquiry.id; });
}

Result<http::Response> show_tenants_inquiry(InquiryId id, ports::ProviderInquiries& store)
{
    return answered(store.find(id));
}

Result<http::Response> list_tenants_inquiry_messages(InquiryId id, const http::Request& request,
                                                     ports::ProviderInquiries& store)
{
    return inquiry_messages_response(
        request.head, [&](std::int64_t after, std::size_t most) { return store.messages(id, after, most); });
}

Result<http::Response> answer_inquiry(InquiryId id, const http::Request& request, ports::ProviderInquiries& store)
{
    const auto text = read_inquiry_message(request);
    if (!text) return text.error();
    return answered(store.answer(id, *text, provider_request_of(request)));
}

Result<http::Response> close_tenants_inquiry(InquiryId id, const http::Request& request,
                                             ports::ProviderInquiries& store)
{
    return answered(store.close(id, provider_request_of(request)));
}

}  // namespace winnow::api

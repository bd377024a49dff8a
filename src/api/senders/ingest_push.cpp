#include "api/rest/problem.hpp"
#include "api/senders/alertmanager_error.hpp"
#include "api/senders/ingest.hpp"
#include "winnow/intake/formats.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

using http::Request;
using http::Response;
using http::ResponseSink;

constexpr std::string_view kReceipt = "Winnow-Receipt";

Result<intake::Batch> read_push(const Door& door, PushFormat format, const access::Principal& who, Request& request,
                                IngestBill& bill)
{
    const auto body = plain_body(request, door.limits.max_push_bytes, bill);
    if (!body) return body.error();
    const auto origin = origin_of(door, who);
    if (format == PushFormat::alertmanager_api) {
        return intake::parse_alertmanager(*body, origin, door.limits, door.resolve_timeout);
    }
    const auto sender =
        format == PushFormat::grafana_webhook ? intake::WebhookSender::grafana : intake::WebhookSender::alertmanager;
    return intake::parse_webhook(sender, *body, origin, door.limits);
}

Error first_refusal(const ItemOutcomes& outcomes)
{
    const auto first = std::ranges::find_if(outcomes.refusals, [](const auto& refusal) { return refusal.has_value(); });
    return Error(std::vector<FieldError>{**first});
}

/// Where there is nothing to store, all is well: groups may be empty.
Response nothing_to_store(PushFormat format)
{
    if (format == PushFormat::alertmanager_api) return Response(200);
    return {200, "application/json", R"({"receipt_id":null,"accepted":0,"rejected":0,"results":[]})"};
}

Response stored(PushFormat format, const domain::ReceiptId& receipt, const domain::TenantIds& ids,
                const ItemOutcomes& outcomes, const std::string& path, const std::string& id)
{
    const bool all_good =
        std::ranges::none_of(outcomes.refusals, [](const auto& refusal) { return refusal.has_value(); });
    auto answer = format != PushFormat::alertmanager_api
                      ? Response(202, "application/json", ingest_answer(receipt, ids, outcomes))
                      : (all_good ? Response(200) : push_refusal(first_refusal(outcomes), path, id));
    answer.set(kReceipt, ids.receipt(receipt));
    return answer;
}

}  // namespace

Response push_refusal(const Error& error, const std::string& path, const std::string& id)
{
    if (is_unsupported(error)) return error_at(path, 415, "unsupported_media_type", error.message(), id);
    if (error.code() == ErrorCode::rate_limited) return error_at(path, 503, kind_of(error).code, error.message(), id);
    return error_at(path, error, id);
}

void ingest_push(const Door& door, PushFormat format, const access::Principal& who, Request request, ResponseSink sink)
{
    auto path = std::move(request.head.path);
    auto id = std::move(request.head.request_id);
    if (const auto refused = door.journal.refusal(who.tenant)) return sink(push_refusal(*refused, path, id));
    IngestBill bill(door.rates, who, request, door.limits.max_push_bytes);
    auto batch = read_push(door, format, who, request, bill);
    if (!batch) return sink(push_refusal(batch.error(), path, id));
    bill.alerts(batch->size());
    if (batch->empty()) return sink(nothing_to_store(format));
    auto parsed = sort_out(*std::move(batch));
    if (parsed.alerts.empty()) return sink(push_refusal(first_refusal(parsed.outcomes), path, id));

    journal::Submission submission;
    submission.tenant = who.tenant;
    submission.alerts = std::move(parsed.alerts);
    door.journal.submit(
        std::move(submission),
        [format, ids = door.ids.of(who.tenant), outcomes = std::move(parsed.outcomes), path = std::move(path),
         id = std::move(id), sink = std::move(sink)](const Result<journal::Committed>& committed) mutable {
            if (!committed) return sink(push_refusal(committed.error(), path, id));
            sink(stored(format, committed->receipt, ids, outcomes, path, id));
        });
}

}  // namespace winnow::api

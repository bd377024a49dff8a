#include "api/senders/ingest.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/senders/ingest_answer.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/intake/formats.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <variant>

namespace winnow::api {

namespace {

using http::Request;
using http::Response;
using http::ResponseSink;
using Outcome = ports::ReceiptAnswer::Outcome;

constexpr auto kJson = "application/json";

Response refusal(const Error& error, const http::RequestHead& head)
{
    if (is_unsupported(error)) {
        return problem(415, "unsupported_media_type", error.message(), {}, instance_of(head.request_id));
    }
    return problem(error, instance_of(head.request_id));
}

/// Why nothing of a body was taken, which it then holds no more; empty where something was, or where it is not for a
/// field's sake.
std::vector<FieldError> all_refused(Result<intake::Batch>& batch)
{
    if (!batch) return batch.error().fields();
    const auto was_refused = [](const intake::Item& item) {
        return std::holds_alternative<FieldError>(item);
    };
    if (!std::ranges::all_of(*batch, was_refused)) return {};
    std::vector<FieldError> refusals;
    refusals.reserve(batch->size());
    for (auto& item : *batch) refusals.push_back(std::move(std::get<FieldError>(item)));
    return refusals;
}

/// An object a line, as NDJSON has it, whatever the Content-Type says.
bool is_ndjson(std::string_view body)
{
    const auto end = body.find('\n');
    if (end == std::string_view::npos || !body.starts_with('{')) return false;
    const auto next = body.find_first_not_of(" \t\r\n", end);
    return next != std::string_view::npos && body[next] == '{' && nlohmann::json::accept(body.substr(0, end));
}

Result<intake::Batch> read_native(const Door& door, const access::Principal& who, Request& request, IngestBill& bill)
{
    const bool lines = has_media_type(request.head, {"application/x-ndjson", "application/ndjson"}) &&
                       !request.head.header("Content-Type").empty();
    if (!lines && !has_media_type(request.head, {kJson})) {
        return unsupported_content("Content-Type must be application/json or application/x-ndjson, in UTF-8");
    }
    const auto body = plain_body(request, door.limits.max_body_bytes, bill);
    if (!body) return body.error();
    const auto origin = origin_of(door, who);
    auto batch = lines ? intake::parse_native_ndjson(*body, origin, door.limits)
                       : intake::parse_native_json(*body, origin, door.limits);
    if (batch) bill.alerts(batch->size());
    auto refusals = all_refused(batch);
    if (refusals.empty()) return batch;
    if (auto hint = intake::recognise_foreign(*body); !hint.empty()) {
        refusals.insert(refusals.begin(), {.pointer = "", .code = "foreign_format", .detail = std::move(hint)});
    } else if (!lines && is_ndjson(*body)) {
        refusals.front().detail += " This is an alert a line: send it with Content-Type: application/x-ndjson.";
    }
    return Error(std::move(refusals));
}

Error doubtful()
{
    return {ErrorCode::timeout,
            "it is not known whether the alerts were stored. Sending them again with the same Idempotency-Key is safe"};
}

/// The journal's word on a native request.
Response answer_to(const Result<journal::Committed>& committed, const domain::TenantIds& ids,
                   const ItemOutcomes& outcomes, const std::string& id)
{
    if (!committed) {
        const auto code = committed.error().code();
        if (code == ErrorCode::timeout) return problem(doubtful(), instance_of(id));
        return problem(committed.error(), instance_of(id));
    }
    if (!committed->replayed) return {202, kJson, ingest_answer(committed->receipt, ids, outcomes)};
    if (committed->replayed->outcome == Outcome::mismatched) {
        return problem(422, "idempotency_mismatch", "this Idempotency-Key was used with another body before", {},
                       instance_of(id));
    }
    Response again(committed->replayed->status, kJson, committed->replayed->answer);
    again.set("Idempotent-Replayed", "true");
    return again;
}

}  // namespace

Parsed sort_out(intake::Batch batch)
{
    Parsed parsed;
    auto& [refusals, warnings] = parsed.outcomes;
    parsed.alerts.reserve(batch.size());
    refusals.reserve(batch.size());
    for (auto& item : batch) {
        if (auto* alert = std::get_if<domain::Alert>(&item)) {
            if (!alert->warnings.empty()) warnings.emplace_back(refusals.size(), alert->warnings);
            parsed.alerts.push_back(std::move(*alert));
            refusals.emplace_back(std::nullopt);
        } else {
            refusals.emplace_back(std::move(std::get<FieldError>(item)));
        }
    }
    return parsed;
}

Error unsupported_content(std::string detail)
{
    std::vector<FieldError> fields(1);
    fields.front().code = "unsupported_media_type";
    fields.front().detail = std::move(detail);
    return Error(std::move(fields));
}

bool is_unsupported(const Error& error)
{
    return !error.fields().empty() && error.fields().front().code == "unsupported_media_type";
}

Result<std::string> plain_body(Request& request, std::size_t max_bytes, IngestBill& bill)
{
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    std::string encoding;  // lines of one name are one list (RFC 9110, 5.3)
    for (const auto& header : request.head.headers) {
        if (!std::ranges::equal(header.name, std::string_view("content-encoding"), {}, lower)) continue;
        encoding += (encoding.empty() ? "" : ", ") + header.value;
    }
    std::ranges::transform(encoding, encoding.begin(), lower);
    constexpr std::array<std::string_view, 5> kKnown{"", "identity", "gzip", "x-gzip", "zstd"};
    if (std::ranges::find(kKnown, encoding) == kKnown.end()) {
        return unsupported_content("Content-Encoding may be gzip, zstd or identity");
    }
    auto body = intake::decode_content(encoding, std::move(request.body), max_bytes);
    bill.bytes(body ? body->size() : max_bytes);  // what cannot be undone may have taken as much work as the longest
    return body;
}

intake::Origin origin_of(const Door& door, const access::Principal& who)
{
    intake::Origin origin;
    origin.integration_id = who.integration;
    origin.integration = who.integration_name;
    origin.received_at = door.clock();
    return origin;
}

void ingest_native(const Door& door, const access::Principal& who, Request request, ResponseSink sink)
{
    if (const auto refused = door.journal.refusal(who.tenant)) {
        return sink(problem(*refused, instance_of(request.head.request_id)));
    }
    const auto key = idempotency_key(request.head);
    if (!key) return sink(problem(key.error(), instance_of(request.head.request_id)));
    auto digest = *key ? crypto::sha256(request.body) : std::string();
    IngestBill bill(door.rates, who, request, door.limits.max_body_bytes);
    auto batch = read_native(door, who, request, bill);
    if (!batch) return sink(refusal(batch.error(), request.head));

    auto parsed = sort_out(*std::move(batch));
    journal::Submission submission;
    submission.tenant = who.tenant;
    submission.alerts = std::move(parsed.alerts);
    auto outcomes = std::make_shared<const ItemOutcomes>(std::move(parsed.outcomes));
    const auto ids = door.ids.of(who.tenant);
    if (*key) {
        auto& once = submission.once.emplace();
        once.scope = who.integration.value();
        once.key = **key;
        once.body_sha256 = std::move(digest);
        once.answer = [outcomes, ids](const domain::ReceiptId& receipt) {
            return ingest_answer(receipt, ids, *outcomes);
        };
    }
    door.journal.submit(std::move(submission), [outcomes, ids, id = std::move(request.head.request_id),
                                                sink = std::move(sink)](Result<journal::Committed> committed) mutable {
        sink(answer_to(committed, ids, *outcomes, id));
    });
}

Response alertmanager_status()
{
    const nlohmann::json version{{"version", "0.28.0"}, {"revision", ""},  {"branch", ""},
                                 {"buildUser", ""},     {"buildDate", ""}, {"goVersion", ""}};
    const nlohmann::json status{{"cluster", {{"status", "disabled"}, {"peers", nlohmann::json::array()}}},
                                {"versionInfo", version},
                                {"config", {{"original", "route:\n  receiver: winnow\nreceivers:\n- name: winnow\n"}}},
                                {"uptime", "1970-01-01T00:00:00.000Z"}};
    return {200, kJson, status.dump()};
}

}  // namespace winnow::api

#include "api/senders/ingest.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/senders/head_fields.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::api {

namespace {

using http::Request;
using http::Response;
using http::ResponseSink;
using intake::ItemOutcomes;
using Outcome = ports::ReceiptAnswer::Outcome;

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

/// How a body is read that is called so; null where it is called nothing that is taken there.
const intake::Format* format_of(const intake::SenderPath& path, const http::RequestHead& head)
{
    const auto& first = path.formats.front();
    if (first.media_types.empty()) return &first;
    const auto type = media_type_of(head);
    if (!type) return nullptr;
    if (type->empty()) return &first;
    const auto fits = [&type](const intake::Format& format) {
        return std::ranges::find(format.media_types, *type) != format.media_types.end();
    };
    const auto found = std::ranges::find_if(path.formats, fits);
    return found == path.formats.end() ? nullptr : &*found;
}

Error unknown_type(const intake::SenderPath& path)
{
    std::string types;
    for (const auto& format : path.formats) {
        types += types.empty() ? "" : " or ";
        types += format.media_types.front();
    }
    return unsupported_content("Content-Type must be " + types + ", in UTF-8");
}

/// A request's Idempotency-Key, or what its sender's protocol has in place of one, and what makes its repeat known.
struct Key {
    std::string text;
    std::string body_sha256;
};

/// Of the sender's own protocol.
std::optional<Key> own_key(const intake::SenderPath& path, const intake::Sent& sent)
{
    auto name = path.once == nullptr ? std::string() : path.once(sent);
    if (name.empty()) return std::nullopt;
    auto digest = crypto::sha256(name);  // it stands for all that the request says
    return Key{.text = std::move(name), .body_sha256 = std::move(digest)};
}

/// `key` is set where the body has one in it.
Result<intake::Batch> read_body(const Door& door, const intake::SenderPath& path, const access::Principal& who,
                                Request& request, const PathParameters& parameters, IngestBill& bill,
                                std::optional<Key>& key)
{
    const auto* format = format_of(path, request.head);
    if (format == nullptr) return unknown_type(path);
    const auto body = plain_body(request, door.limits.*path.max_bytes, bill);
    if (!body && body.error().code() == ErrorCode::too_large) {
        return Error(ErrorCode::too_large, body.error().message() + " The limit is this server's " +
                                               std::string(path.max_bytes_setting()) + '.');
    }
    if (!body) return body.error();
    const intake::Origin origin{
        .integration_id = who.integration, .integration = who.integration_name, .received_at = door.clock()};
    const HeadFields fields(request.head, parameters);
    const intake::Sent sent{.body = *body,
                            .fields = fields,
                            .origin = origin,
                            .limits = door.limits,
                            .resolve_timeout = door.resolve_timeout};
    auto batch = format->parse(sent);
    const bool was_read = batch.has_value();
    if (was_read) bill.alerts(batch->size());
    auto reasons = all_refused(batch);
    if (reasons.empty()) {
        if (auto own = own_key(path, sent)) key = std::move(own);
        return batch;
    }
    if (format->explain != nullptr) {
        format->explain(reasons, *body);
    } else if (was_read) {
        reasons.erase(reasons.begin() + 1, reasons.end());
    }
    return Error(std::move(reasons));
}

/// A body as far as it could be read.
struct Parsed {
    std::vector<domain::Alert> alerts;
    ItemOutcomes outcomes;
};

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

/// Who sent a key may send it again.
Error doubtful()
{
    return {ErrorCode::timeout,
            "it is not known whether the alerts were stored. Sending them again with the same Idempotency-Key is safe"};
}

Response failed(const SenderRoute& at, const Error& error, const std::string& id)
{
    if (error.code() == ErrorCode::internal) {  // its answer says so, and nothing else
        observe::error("alerts could not be taken", {{"request_id", id}, {"reason", error.message()}});
    }
    const bool may_repeat = at.path->takes_idempotency_key && error.code() == ErrorCode::timeout;
    return refusal(at, may_repeat ? doubtful() : error, id);
}

/// The answer to a request whose key was seen before.
Response replayed(const SenderRoute& at, const ports::ReceiptAnswer& first, const std::string& id)
{
    if (first.outcome == Outcome::mismatched) {
        return refusal(at.sender, 422, "idempotency_mismatch", "this Idempotency-Key was used with another body before",
                       id);
    }
    Response again(first.status, "application/json", first.answer);
    again.set("Idempotent-Replayed", "true");
    return again;
}

Result<std::optional<Key>> key_of(const intake::SenderPath& path, const Request& request)
{
    if (!path.takes_idempotency_key) return std::optional<Key>();
    auto text = idempotency_key(request.head);
    if (!text) return text.error();
    if (!*text) return std::optional<Key>();
    return Key{.text = **std::move(text), .body_sha256 = crypto::sha256(request.body)};
}

}  // namespace

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

void ingest(const Door& door, const SenderRoute& at, const access::Principal& who, Request request,
            const PathParameters& parameters, ResponseSink sink)
{
    const auto& path = *at.path;
    auto& id = request.head.request_id;
    if (const auto full = door.journal.refusal(who.tenant)) return sink(refusal(at, *full, id));
    auto key = key_of(path, request);
    if (!key) return sink(refusal(at, key.error(), id));
    IngestBill bill(door.rates, who, request, door.limits.*path.max_bytes);
    auto batch = read_body(door, path, who, request, parameters, bill, *key);
    if (!batch) return sink(refusal(at, batch.error(), id));
    const auto ids = door.ids.of(who.tenant);
    auto [alerts, outcomes] = sort_out(*std::move(batch));
    // The journal takes no submission of nothing.
    if (alerts.empty()) return sink(response_of(path.answer({.receipt = {}, .ids = ids, .items = outcomes})));

    journal::Submission submission;
    submission.tenant = who.tenant;
    submission.alerts = std::move(alerts);
    std::shared_ptr<const ItemOutcomes> shared;  // only what is answered twice is
    if (*key) {
        shared = std::make_shared<const ItemOutcomes>(std::move(outcomes));
        auto& once = submission.once.emplace();
        once.scope = who.integration.value();
        once.key = std::move((*key)->text);
        once.body_sha256 = std::move((*key)->body_sha256);
        once.status = path.once_status;
        once.answer = [answer = path.answer, shared, ids](const domain::ReceiptId& receipt) {
            return answer({.receipt = receipt, .ids = ids, .items = *shared}).body;
        };
    }
    door.journal.submit(std::move(submission), [at, ids, shared, own = std::move(outcomes), id = std::move(id),
                                                sink = std::move(sink)](Result<journal::Committed> committed) mutable {
        if (!committed) return sink(failed(at, committed.error(), id));
        if (committed->replayed) return sink(replayed(at, *committed->replayed, id));
        const auto& items = shared ? *shared : own;
        sink(response_of(at.path->answer({.receipt = committed->receipt, .ids = ids, .items = items})));
    });
}

}  // namespace winnow::api

#include "intake/senders/receipt.hpp"

#include "intake/json/json_text.hpp"
#include "winnow/base/uuid_text.hpp"

#include <vector>

namespace winnow::intake {

namespace {

constexpr std::size_t kBytesPerResult = 64;
constexpr std::string_view kJson = "application/json";

void append_fields(const FieldError& field, std::string& body)
{
    body += R"({"code":)";
    append_json_string(body, field.code, Escapes::numbered);
    body += R"(,"pointer":)";
    append_json_string(body, field.pointer, Escapes::numbered);
    body += R"(,"detail":)";
    append_json_string(body, field.detail, Escapes::numbered);
    body += '}';
}

void append_warnings(const std::vector<FieldError>& warnings, std::string& body)
{
    char before = '[';
    body += R"(,"warnings":)";
    for (const auto& warning : warnings) {
        body += before;
        before = ',';
        append_fields(warning, body);
    }
    body += ']';
}

}  // namespace

std::string receipt_json(const domain::ReceiptId& receipt, const domain::TenantIds& ids, const ItemOutcomes& outcomes)
{
    const auto& refusals = outcomes.refusals;
    std::string body;
    body.reserve(128 + refusals.size() * kBytesPerResult);
    std::size_t rejected = 0;
    for (const auto& refusal : refusals) rejected += refusal ? 1U : 0U;
    body += R"({"receipt_id":")";
    auto row = ids.row(receipt.first.row);
    body += row.alert(receipt.first.index).str() + '.' + std::to_string(receipt.count);  // ids.receipt(), masked once
    body += R"(","accepted":)";
    body += std::to_string(refusals.size() - rejected);
    body += R"(,"rejected":)";
    body += std::to_string(rejected);
    body += R"(,"results":[)";
    auto position = receipt.first;
    auto warnings = outcomes.warnings.begin();
    std::size_t told = 0;
    std::size_t untold = 0;
    for (std::size_t i = 0; i < refusals.size(); ++i) {
        if (i > 0) body += ',';
        if (refusals[i]) {
            body += R"({"error":)";
            append_fields(*refusals[i], body);
            body += '}';
            continue;
        }
        body += R"({"alert_id":")";
        body += UuidText(row.alert(position.index)).view();
        body += '"';
        if (warnings != outcomes.warnings.end() && warnings->first == i) {
            const auto& own = (warnings++)->second;
            const bool fits = told + own.size() <= kMaxWarnings;
            (fits ? told : untold) += own.size();
            if (fits) append_warnings(own, body);
        }
        body += '}';
        position = domain::next_in_request(position);
        if (position.index == 0) row = ids.row(position.row);
    }
    body += ']';
    if (untold > 0) body += R"(,"more_warnings":)" + std::to_string(untold);
    body += '}';
    return body;
}

Reply receipt_reply(const Stored& stored)
{
    if (!stored.receipt) {
        return {.status = 200,
                .content_type = kJson,
                .body = R"({"receipt_id":null,"accepted":0,"rejected":0,"results":[]})"};
    }
    return {.status = 202, .content_type = kJson, .body = receipt_json(*stored.receipt, stored.ids, stored.items)};
}

Reply named_receipt_reply(const Stored& stored)
{
    auto reply = receipt_reply(stored);
    if (stored.receipt) reply.headers.emplace_back(kReceiptHeader, stored.ids.receipt(*stored.receipt));
    return reply;
}

}  // namespace winnow::intake

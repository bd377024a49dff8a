#include "api/senders/ingest_answer.hpp"

#include "winnow/base/uuid_text.hpp"

#include <array>
#include <cstdio>

namespace winnow::api {

namespace {

constexpr std::size_t kBytesPerResult = 64;

void append_fields(const FieldError& field, std::string& body)
{
    body += R"({"code":)";
    append_json_string(field.code, body);
    body += R"(,"pointer":)";
    append_json_string(field.pointer, body);
    body += R"(,"detail":)";
    append_json_string(field.detail, body);
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

void append_json_string(std::string_view text, std::string& out)
{
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    std::array<char, 8> escaped{};
                    std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
                    out += escaped.data();
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

std::string ingest_answer(const domain::ReceiptId& receipt, const domain::TenantIds& ids, const ItemOutcomes& outcomes)
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

}  // namespace winnow::api

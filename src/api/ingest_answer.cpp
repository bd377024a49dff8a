#include "api/ingest_answer.hpp"

#include <array>
#include <cstdio>

namespace winnow::api {

namespace {

constexpr std::size_t kBytesPerResult = 64;

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

std::string ingest_answer(const domain::ReceiptId& receipt, const ItemOutcomes& outcomes)
{
    std::string body;
    body.reserve(128 + outcomes.size() * kBytesPerResult);
    std::size_t rejected = 0;
    for (const auto& outcome : outcomes) rejected += outcome ? 1U : 0U;
    body += R"({"receipt_id":")";
    body += receipt.str();
    body += R"(","accepted":)";
    body += std::to_string(outcomes.size() - rejected);
    body += R"(,"rejected":)";
    body += std::to_string(rejected);
    body += R"(,"results":[)";
    auto position = receipt.first;
    bool first = true;
    for (const auto& outcome : outcomes) {
        if (!first) body += ',';
        first = false;
        if (outcome) {
            body += R"({"error":{"code":)";
            append_json_string(outcome->code, body);
            body += R"(,"pointer":)";
            append_json_string(outcome->pointer, body);
            body += R"(,"detail":)";
            append_json_string(outcome->detail, body);
            body += "}}";
        } else {
            body += R"({"alert_id":")";
            body += domain::alert_id_at(position).str();
            body += R"("})";
            ++position.index;
        }
    }
    body += "]}";
    return body;
}

}  // namespace winnow::api

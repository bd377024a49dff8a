#include "winnow/audit/record.hpp"

namespace winnow::audit {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr unsigned char kFirstPrintable = 0x20;

}  // namespace

std::string json_string(std::string_view text)
{
    std::string out = "\"";
    out.reserve(text.size() + 2);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < kFirstPrintable) {
            out += "\\u00";
            out += kHexDigits[byte >> 4U];
            out += kHexDigits[byte & 0x0FU];
        } else {
            out += c;
        }
    }
    out += '"';
    return out;
}

std::string record_text(const Act& act, Timestamp at, std::string_view id, std::string_view commitment)
{
    std::string out = "{\"act\":" + json_string(act.name);
    out += ",\"actor\":" + json_string(act.actor.id);
    out += ",\"at\":" + std::to_string(at.time_since_epoch().count());
    out += ",\"by\":" + json_string(act.actor.means);
    out += ",\"id\":" + json_string(id);
    out += ",\"on\":" + json_string(act.object);
    out += ",\"req\":" + json_string(act.actor.request_id);
    out += ",\"res\":" + std::to_string(act.result);
    out += ",\"v\":1,\"x\":" + json_string(commitment);
    return out + "}";
}

}  // namespace winnow::audit

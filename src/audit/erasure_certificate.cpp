#include "winnow/audit/erasure_certificate.hpp"

#include "winnow/audit/record.hpp"

#include <algorithm>
#include <cstddef>

namespace winnow::audit {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBegin = "{\"certificate\":";
constexpr std::string_view kKey = ",\"key_id\":\"";
constexpr std::string_view kSignature = "\",\"signature\":\"";
constexpr std::string_view kEnd = "\"}\n";
constexpr std::size_t kKeyIdDigits = 16;
constexpr std::size_t kSignatureBytes = 64;

std::string hex(std::string_view bytes)
{
    std::string digits;
    digits.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        digits += kHexDigits[byte >> 4U];
        digits += kHexDigits[byte & 0x0FU];
    }
    return digits;
}

bool is_hex(std::string_view text)
{
    return text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

/// Of hexadecimal digits, two a byte.
std::string bytes_of(std::string_view digits)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>((kHexDigits.find(digits[i]) << 4U) | kHexDigits.find(digits[i + 1]));
    }
    return bytes;
}

std::string quoted(Timestamp at)
{
    return json_string(format_rfc3339(at));
}

std::string quoted(const std::optional<Timestamp>& at)
{
    return at ? quoted(*at) : "null";
}

std::string keys_text(const std::optional<std::vector<std::int64_t>>& keys)
{
    if (!keys) return "null";
    std::string text = "[";
    for (const auto version : *keys) text += (text.size() > 1 ? "," : "") + std::to_string(version);
    return text + "]";
}

std::string tables_text(std::vector<ErasedRows> tables)
{
    std::ranges::sort(tables, {}, &ErasedRows::table);
    std::string text = "[";
    for (const auto& each : tables) {
        text += text.size() > 1 ? "," : "";
        text += "{\"done_at\":" + quoted(each.done_at);
        text += ",\"pages_left\":" + std::to_string(each.pages_left);
        text += ",\"pages_rewritten\":" + std::to_string(each.pages_rewritten);
        text += ",\"rows\":" + std::to_string(each.rows);
        text += ",\"table\":" + json_string(each.table) + "}";
    }
    return text + "]";
}

std::string head_text_of(const ErasureCertificate& certificate)
{
    if (certificate.audit_seq == 0) return "null";
    return "{\"hash\":" + json_string(hex(certificate.audit_hash)) +
           ",\"seq\":" + std::to_string(certificate.audit_seq) + "}";
}

}  // namespace

std::string certificate_body(const ErasureCertificate& certificate)
{
    std::string out = "{\"asked\":{\"at\":" + quoted(certificate.asked_at);
    out += ",\"by\":" + json_string(certificate.asked_by);
    out += ",\"means\":" + json_string(certificate.asked_means);
    out += ",\"reason\":" + json_string(certificate.reason);
    out += ",\"request\":" + json_string(certificate.asked_request);
    out += "},\"audit_head\":" + head_text_of(certificate);
    out += ",\"backups_until\":" + quoted(certificate.backups_until);
    out += ",\"began_at\":" + quoted(certificate.began_at);
    out += ",\"closed_at\":" + quoted(certificate.closed_at);
    out += ",\"erasure\":" + json_string(certificate.erasure.str());
    out += ",\"export\":{\"last_made_at\":" + quoted(certificate.exported_at);
    out += ",\"until\":" + quoted(certificate.export_until);
    out += std::string(",\"waived\":") + (certificate.window_waived ? "true" : "false");
    out += "},\"finished_at\":" + quoted(certificate.finished_at);
    out += ",\"keys_destroyed\":" + keys_text(certificate.keys_destroyed);
    out += ",\"rows_left\":0";
    out += ",\"service_code\":" + json_string(certificate.service_code);
    out += ",\"tables\":" + tables_text(certificate.tables);
    out += ",\"tenant\":" + json_string(certificate.tenant.str());
    return out + ",\"v\":1}";
}

std::string certificate_text(std::string_view body)
{
    return std::string("winnow-erasure/1\n").append(body);
}

std::string certificate_file(std::string_view body, std::string_view key_id, std::string_view signature)
{
    std::string file(kBegin);
    file.append(body).append(kKey).append(key_id).append(kSignature).append(hex(signature)).append(kEnd);
    return file;
}

Result<SignedCertificate> read_certificate_file(std::string_view file)
{
    constexpr std::size_t kTail = kKey.size() + kKeyIdDigits + kSignature.size() + 2 * kSignatureBytes + kEnd.size();
    const Error none(ErrorCode::invalid_argument,
                     "this is no certificate of deletion: it is not of the form in which one is handed out");
    if (file.size() <= kBegin.size() + kTail || !file.starts_with(kBegin)) return none;
    auto rest = file.substr(file.size() - kTail);
    const auto take = [&rest](std::size_t bytes) {
        const auto taken = rest.substr(0, bytes);
        rest.remove_prefix(bytes);
        return taken;
    };
    const bool begins = take(kKey.size()) == kKey;
    const auto key_id = take(kKeyIdDigits);
    const bool goes_on = take(kSignature.size()) == kSignature;
    const auto signature = take(2 * kSignatureBytes);
    if (!begins || !goes_on || rest != kEnd || !is_hex(key_id) || !is_hex(signature)) return none;
    return SignedCertificate{.body = std::string(file.substr(kBegin.size(), file.size() - kBegin.size() - kTail)),
                             .key_id = std::string(key_id),
                             .signature = bytes_of(signature)};
}

}  // namespace winnow::audit

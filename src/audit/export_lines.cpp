#include "winnow/audit/export_lines.hpp"

#include "winnow/audit/record.hpp"

#include <charconv>
#include <utility>

namespace winnow::audit {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& out, std::string_view bytes)
{
    out += '"';
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kHexDigits[byte >> 4U];
        out += kHexDigits[byte & 0x0FU];
    }
    out += '"';
}

int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/// Goes through a line that was written as above: each step takes what must stand there, or fails for good.
class Scanner {
public:
    explicit Scanner(std::string_view line) : rest_(line) {}

    Scanner& word(std::string_view expected)
    {
        good_ = good_ && rest_.starts_with(expected);
        if (good_) rest_.remove_prefix(expected.size());
        return *this;
    }

    Scanner& number(std::int64_t& value)
    {
        const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        good_ = good_ && failure == std::errc() && value >= 0;
        if (good_) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return *this;
    }

    /// A string of JSON. Other escapes than those of json_string() are refused.
    Scanner& text(std::string& value)
    {
        value.clear();
        word("\"");
        while (good_) {
            const auto plain = rest_.find_first_of("\"\\");
            if (plain == std::string_view::npos) return fail();
            value += rest_.substr(0, plain);
            const bool is_end = rest_[plain] == '"';
            rest_.remove_prefix(plain + 1);
            if (is_end) break;
            escape(value);
        }
        return *this;
    }

    Scanner& bytes(std::string& value)
    {
        value.clear();
        word("\"");
        while (good_ && !rest_.starts_with('"')) {
            const int high = rest_.size() < 2 ? -1 : digit_of(rest_[0]);
            const int low = high < 0 ? -1 : digit_of(rest_[1]);
            if (low < 0) return fail();
            value += static_cast<char>(high * 16 + low);
            rest_.remove_prefix(2);
        }
        return word("\"");
    }

    /// Whether null stands here; it is taken then.
    bool is_null()
    {
        if (!good_ || !rest_.starts_with("null")) return false;
        word("null");
        return true;
    }

    [[nodiscard]] bool is_at_end() const { return good_ && rest_.empty(); }

private:
    Scanner& fail()
    {
        good_ = false;
        return *this;
    }

    void escape(std::string& value)
    {
        constexpr std::string_view kControl = "u00";
        if (rest_.starts_with('"') || rest_.starts_with('\\')) {
            value += rest_.front();
            rest_.remove_prefix(1);
            return;
        }
        constexpr std::size_t kLength = 5;
        const int high = rest_.size() >= kLength && rest_.starts_with(kControl) ? digit_of(rest_[3]) : -1;
        const int low = high < 0 ? -1 : digit_of(rest_[4]);
        if (low < 0) {
            fail();
            return;
        }
        value += static_cast<char>(high * 16 + low);
        rest_.remove_prefix(kLength);
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

std::string first_line(const Uuid& tenant, std::int64_t head)
{
    return "{\"export\":\"winnow-audit/1\",\"tenant\":\"" + tenant.str() + "\",\"head\":" + std::to_string(head) +
           "}\n";
}

std::string anchor_line(const Anchor& anchor)
{
    std::string out = "{\"anchor\":" + std::to_string(anchor.seq) + ",\"hash\":";
    append_hex(out, anchor.hash);
    out += ",\"signed_at\":" + json_string(anchor.signed_at) + ",\"key_id\":" + json_string(anchor.key_id);
    out += ",\"signature\":";
    append_hex(out, anchor.signature);
    return out + "}\n";
}

std::string link_line(const Link& link)
{
    std::string out = "{\"seq\":" + std::to_string(link.seq) + ",\"hash\":";
    append_hex(out, link.hash);
    out += ",\"record\":" + json_string(link.record) + ",\"salt\":";
    if (link.detail) {
        append_hex(out, link.salt);
        out += ",\"detail\":" + json_string(*link.detail);
    } else {
        out += "null,\"detail\":null";
    }
    return out + "}\n";
}

Result<Done> ExportReader::begin(std::string_view line)
{
    std::string tenant;
    Scanner scanner(line);
    scanner.word("{\"export\":\"winnow-audit/1\",\"tenant\":").text(tenant).word(",\"head\":").number(head_).word("}");
    const auto id = Uuid::parse(tenant);
    if (!scanner.is_at_end() || !id) {
        return Error(ErrorCode::invalid_argument,
                     "this is no export of an audit log: its first line says nothing of it");
    }
    tenant_ = *id;
    verifier_.emplace(tenant_, sha256_, check_);
    return Done{};
}

Result<Done> ExportReader::read(std::string_view line)
{
    if (!verifier_) return begin(line);
    if (line.starts_with("{\"anchor\":")) {
        read_anchor(line);
    } else {
        read_link(line);
    }
    return Done{};
}

void ExportReader::read_anchor(std::string_view line)
{
    Anchor anchor;
    Scanner scanner(line);
    scanner.word("{\"anchor\":").number(anchor.seq).word(",\"hash\":").bytes(anchor.hash);
    scanner.word(",\"signed_at\":").text(anchor.signed_at).word(",\"key_id\":").text(anchor.key_id);
    scanner.word(",\"signature\":").bytes(anchor.signature).word("}");
    if (!scanner.is_at_end()) return verifier_->add_unreadable();
    verifier_->add_anchor(std::move(anchor));
}

void ExportReader::read_link(std::string_view line)
{
    Link link;
    Scanner scanner(line);
    scanner.word("{\"seq\":").number(link.seq).word(",\"hash\":").bytes(hash_);
    scanner.word(",\"record\":").text(record_).word(",\"salt\":");
    const bool is_emptied = scanner.is_null();
    if (is_emptied) {
        scanner.word(",\"detail\":null");
    } else {
        scanner.bytes(salt_).word(",\"detail\":").text(detail_);
    }
    scanner.word("}");
    if (!scanner.is_at_end()) return verifier_->add_unreadable();
    link.hash = hash_;
    link.record = record_;
    if (!is_emptied) {
        link.detail = detail_;
        link.salt = salt_;
    }
    verifier_->add(link);
}

Result<Verdict> ExportReader::finish()
{
    if (!verifier_) return Error(ErrorCode::invalid_argument, "this is no export of an audit log: it is empty");
    return verifier_->finish(head_);
}

}  // namespace winnow::audit

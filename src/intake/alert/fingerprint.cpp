#include "intake/alert/alert_fields.hpp"
#include "winnow/domain/sha256_hex.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace winnow::intake {

namespace {

static_assert(std::endian::native == std::endian::little, "lengths are written as they stand in memory");

// One buffer, one hash: the fields of an alert are short.
class TaggedText {
public:
    TaggedText() { text_.reserve(512); }

    void add(char tag, std::string_view bytes)
    {
        const auto begin = text_.size();
        text_.resize_and_overwrite(begin + 9 + bytes.size(), [&](char* out, std::size_t) {
            const std::uint64_t length = bytes.size();
            out[begin] = tag;
            std::memcpy(out + begin + 1, &length, 8);
            std::ranges::copy(bytes, out + begin + 9);
            return begin + 9 + bytes.size();
        });
    }

    [[nodiscard]] const std::string& str() const noexcept { return text_; }

private:
    std::string text_ = "winnow dedup 1\n";
};

std::string_view bytes_of(const IntegrationId& id) noexcept
{
    const auto& bytes = id.value().bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Of a SHA-256: 32 digits.
constexpr std::size_t kDigestBytes = 16;

}  // namespace

std::string fingerprint(const domain::Alert& alert, const domain::Labels& labels)
{
    TaggedText text;
    text.add('I', bytes_of(alert.integration_id));
    text.add('S', alert.source);
    text.add('C', alert.class_name);
    text.add('T', alert.title);
    for (const auto& [name, value] : labels.entries()) {
        text.add('L', name);
        text.add('V', value);
    }
    return domain::sha256_hex(text.str(), kDigestBytes);
}

std::string shorten_key(std::string_view key, std::size_t max_chars)
{
    constexpr std::size_t kHashChars = 33;  // and what parts it from the beginning
    if (fits(key, max_chars)) return std::string(key);
    const auto hash = domain::sha256_hex(key, kDigestBytes);
    if (max_chars < kHashChars + 1) return hash.substr(0, max_chars);
    auto begin = shorten(key, max_chars - kHashChars + 1);
    begin.resize(begin.size() - std::string_view("…").size());
    return begin + "~" + hash;
}

}  // namespace winnow::intake

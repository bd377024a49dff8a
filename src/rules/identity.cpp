#include "rules/identity.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/sha256_hex.hpp"

namespace winnow::rules {

namespace {

constexpr std::size_t kDigestBytes = 16;

}  // namespace

std::string identity_of(const std::vector<Field>& fields, const domain::Alert& alert)
{
    std::string key;
    std::string value;
    for (const auto& field : fields) {
        value.clear();
        const auto kind = append_value(field, alert, value);
        key += std::to_string(field.text.size()) + ":" + field.text + "=";
        key += static_cast<char>(kind);
        if (kind != ValueKind::missing && kind != ValueKind::null) key += std::to_string(value.size()) + ":" + value;
        key += ';';
    }
    return key;
}

std::string bounded_key(std::string key, std::size_t max_chars)
{
    if (count_code_points(key) <= max_chars) return key;
    const auto digest = domain::sha256_hex(key, kDigestBytes);
    truncate_chars(key, max_chars - 1 - digest.size());
    return key + "#" + digest;
}

}  // namespace winnow::rules

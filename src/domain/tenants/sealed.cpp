#include "winnow/domain/tenants/sealed.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace winnow::domain {

namespace {

constexpr unsigned kByteBits = 8;

void add_part(std::string& to, std::string_view part)
{
    if (part.size() > std::numeric_limits<std::uint16_t>::max())
        throw std::length_error("a place with a name too long");
    to += static_cast<char>(part.size() >> kByteBits);
    to += static_cast<char>(part.size() & 0xFFU);
    to += part;
}

std::string high_byte_first(KeyVersion version)
{
    std::string bytes;
    for (const unsigned shift : {3U, 2U, 1U, 0U}) {
        bytes += static_cast<char>((version >> (shift * kByteBits)) & 0xFFU);
    }
    return bytes;
}

}  // namespace

std::string_view to_string(SecretKind kind) noexcept
{
    return std::ranges::find(kSecretKinds, kind, &std::pair<SecretKind, std::string_view>::first)->second;
}

std::string sealed_binding(const SealedPlace& place, KeyVersion version)
{
    const auto& tenant = place.tenant.value().bytes();
    std::string binding;
    add_part(binding, std::string(tenant.begin(), tenant.end()));
    for (const std::string_view part : {place.table, place.column, std::string_view(place.row)}) {
        add_part(binding, part);
    }
    add_part(binding, high_byte_first(version));
    return binding;
}

}  // namespace winnow::domain

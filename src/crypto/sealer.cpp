#include "winnow/crypto/sealer.hpp"

#include "crypto/gcm.hpp"

#include <stdexcept>
#include <utility>

namespace winnow::crypto {

namespace {

constexpr char kFormat = 1;

}  // namespace

Sealer::Sealer(std::string key) : key_(std::move(key))
{
    if (key_.size() != kKeyBytes) throw std::invalid_argument("the encryption key must be 32 bytes");
}

std::string Sealer::seal(std::string_view secret, std::string_view context) const
{
    std::string sealed(1, kFormat);
    append_gcm(sealed, key_, context, secret);
    return sealed;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const
{
    auto secret = sealed.starts_with(kFormat) ? open_gcm(key_, context, sealed.substr(1)) : std::nullopt;
    if (!secret) return Error(ErrorCode::internal, "a sealed value cannot be opened");
    return *std::move(secret);
}

}  // namespace winnow::crypto

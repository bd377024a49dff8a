#pragma once

/// @file
/// Sealing without a vault: one key for all tenants (format 1).

#include "winnow/crypto/sealer.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <string>
#include <string_view>

namespace winnow::vault {

class OneKey final : public ports::Sealing {
public:
    /// `sealer` must outlive it.
    explicit OneKey(const crypto::Sealer& sealer) : sealer_(sealer) {}

    Result<std::string> seal(const domain::SealedPlace& place, std::string_view secret) override
    {
        return sealer_.seal(secret, place.before);
    }
    Result<std::string> open(const domain::SealedPlace& place, std::string_view sealed) override
    {
        return sealer_.open(sealed, place.before);
    }

private:
    const crypto::Sealer& sealer_;
};

}  // namespace winnow::vault

#pragma once

/// @file
/// Who asks or sends too fast on this node: the buckets of tenants, of their credentials, and of addresses whose keys
/// are not known.

#include "api/rates/bucket_table.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/domain/rates.hpp"
#include "winnow/fair/rate.hpp"
#include "winnow/observe/metrics.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// Whose account a request goes on. A credential is an integration or a user: more keys are not more shares.
struct Payer {
    TenantId tenant;
    Uuid credential;
    std::shared_ptr<const domain::RateOverrides> own;  ///< Null: the node's.
};
[[nodiscard]] Payer payer_of(const access::Principal& who);

/// How an account stands: of the tenant's and the credential's the one that has less.
struct Standing {
    enum class Whose : std::uint8_t { credential, tenant, address };

    std::string_view policy;  ///< "ingest", …, "failed_logins", "sign_ins".
    fair::Rate rate;
    Whose whose = Whose::tenant;
    std::int64_t left = 0;
    std::chrono::nanoseconds until_full{0};
    std::chrono::nanoseconds wait{0};  ///< Of a refusal: until what was asked for is there.
};
[[nodiscard]] std::string_view to_string(Standing::Whose whose) noexcept;

/// Thread-safe; no call blocks, nor allocates where the payer is known. Shared with what may outlive the API.
class Rates {
public:
    using Clock = std::function<Instant()>;

    Rates(const domain::RateLimits& limits, observe::Metrics& metrics, Clock clock = std::chrono::steady_clock::now);

    /// Takes `cost` of the class, and one of the class `beside` where it is `heavy`; or says why not, and takes
    /// nothing. A refusal is counted; the log hears of it once a minute and tenant.
    [[nodiscard]] std::optional<Standing> refusal(const access::Principal& who, domain::RateClass kind,
                                                  std::int64_t cost,
                                                  domain::RateClass beside = domain::RateClass::read);

    /// What turned out to be due besides; below 0 it is given back.
    void settle(const Payer& payer, domain::RateClass kind, std::int64_t cost);

    /// How long until something of the class is there; 0: it is. Takes nothing, and is no refusal.
    [[nodiscard]] std::chrono::nanoseconds wait(const Payer& payer, domain::RateClass kind);

    [[nodiscard]] Standing standing(const Payer& payer, domain::RateClass kind);

    /// Whether so many look-ups of this address's keys have failed that no more are made for it now.
    [[nodiscard]] std::optional<Standing> login_refusal(const std::string& address);
    void login_failed(const std::string& address);

    /// Takes one of the address's requests of signing in, whatever will come of it; or says why not, and takes nothing.
    [[nodiscard]] std::optional<Standing> sign_in_refusal(const std::string& address);

    [[nodiscard]] std::size_t size() const { return accounts_.size() + addresses_.size(); }  ///< Buckets kept.

private:
    struct Limits {
        fair::Rate credential;
        fair::Rate tenant;
    };
    [[nodiscard]] Limits limits_of(const domain::RateOverrides* own, domain::RateClass kind) const;
    [[nodiscard]] std::optional<Standing> shortage(const Limits& limits, domain::RateClass kind, std::int64_t cost,
                                                   Buckets& tenant, Buckets& credential, Instant now) const;

    const domain::RateLimits limits_;
    const Clock clock_;
    BucketTable accounts_;
    BucketTable addresses_;
    /// By class and by whose: credential, tenant.
    std::array<std::array<observe::Counter, 2>, domain::kRateClasses> refused_;
    observe::Counter refused_logins_;
    observe::Counter refused_sign_ins_;
};

}  // namespace winnow::api

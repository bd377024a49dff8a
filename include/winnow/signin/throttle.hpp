#pragma once

/// @file
/// How often one may be wrong. Counters and the time in, what is answered and the new counters out: who stores them
/// decides nothing. A hold is never longer than its rule says and nothing that is refused makes it longer, so nobody is
/// ever shut out for good.

#include "winnow/base/network.hpp"
#include "winnow/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::signin {

/// What is counted apart. Stored by name: never rename one.
enum class Throttled : std::uint8_t {
    account,  ///< Of a tenant and an address, whether there is such a user or not.
    device,   ///< Of a browser that has signed in before, by its cookie: instead of its account.
    network,  ///< IPv4 address, or /64 of IPv6.
    request,  ///< Of links by mail to an account: requests count, not failures.
    code,     ///< Wrong second factors of one sign-in.
};

struct ThrottleRule {
    std::chrono::milliseconds window{};  ///< From the first failure on; then it begins anew.
    int free = 0;                        ///< So many are answered at once.
    int most = 0;                        ///< With this one, a hold begins.
    std::chrono::milliseconds hold{};    ///< How long.
};
[[nodiscard]] const ThrottleRule& rule_of(Throttled kind) noexcept;
[[nodiscard]] std::string_view to_string(Throttled kind) noexcept;  ///< "account", "device", …

/// A bucket as it is stored; a new one is as if nothing had ever happened, and one that is like it needs no row.
struct Throttle {
    int failures = 0;                             ///< In the window.
    Timestamp window_at = {};                     ///< When it began; of no meaning without failures.
    std::optional<Timestamp> blocked_until = {};  ///< While it is held.
    int holds = 0;                                ///< In the day from `holds_at` on.
    Timestamp holds_at = {};

    friend bool operator==(const Throttle&, const Throttle&) = default;
};

/// After how long the bucket is as if nothing had happened, if nothing does: then its row can go.
[[nodiscard]] std::chrono::milliseconds forgotten_after(Throttled kind) noexcept;

/// How long it is held still; nullopt: it is not. A time beyond what the rule can make, of a clock that was wrong,
/// holds nobody.
[[nodiscard]] std::optional<std::chrono::milliseconds> held_for(Throttled kind, const Throttle& bucket,
                                                                Timestamp now) noexcept;

/// What one failure (or request) makes of a bucket; of one that is held, nothing.
struct Counted {
    Throttle bucket = {};
    std::chrono::milliseconds delay{};  ///< The answer waits for so long.
    bool hold_began = false;
    bool many_holds = false;  ///< It is the tenth of a day: the user and the tenant's audit log are told.
};
[[nodiscard]] Counted count(Throttled kind, Throttle bucket, Timestamp now) noexcept;

/// After a success. How often it was held of late is remembered.
[[nodiscard]] Throttle cleared(Throttle bucket) noexcept;

/// The two buckets of a sign-in.
struct SignInBuckets {
    Throttle network = {};
    Throttled kind = Throttled::account;  ///< Or device, where a cookie of this user's came along and was good.
    Throttle subject = {};                ///< Of that kind.

    friend bool operator==(const SignInBuckets&, const SignInBuckets&) = default;
};

/// Before the password is hashed. nullopt: go on; else it is refused for so long. The network is asked first, but not
/// of a browser that is known: whoever fails behind the same address locks nobody out of it.
[[nodiscard]] std::optional<std::chrono::milliseconds> refusal(const SignInBuckets& buckets, Timestamp now) noexcept;

/// After it was hashed, under the lock of both rows.
struct Settled {
    /// Other failures began a hold meanwhile, or this one did. In the first case not even the right password is said to
    /// be right, so that who tries many at once learns no more than who tries them in turn.
    std::optional<std::chrono::milliseconds> refused = {};
    bool signed_in = false;
    SignInBuckets buckets = {};         ///< To be stored, in any case.
    std::chrono::milliseconds delay{};  ///< Of the answer to a failure: on a timer, without a thread or a session.
    bool hold_began = false;            ///< Of the subject.
    bool many_holds = false;
};
[[nodiscard]] Settled settle(SignInBuckets buckets, bool right, Timestamp now) noexcept;

/// What is hashed (HMAC, under a key of the service's) to name buckets. None holds what another one could.
[[nodiscard]] std::string account_subject(std::string_view service_code, std::string_view address);
[[nodiscard]] std::string request_subject(std::string_view service_code, std::string_view address);
/// @param device  Of the cookie, what is random.
[[nodiscard]] std::string device_subject(std::string_view service_code, std::string_view address,
                                         std::string_view device);
/// "192.0.2.7/32", "2001:db8::/64"; IPv4-mapped addresses are IPv4 addresses.
[[nodiscard]] std::string network_subject(const IpAddress& address);

}  // namespace winnow::signin

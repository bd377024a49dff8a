#include "winnow/signin/throttle.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

namespace winnow::signin {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Row {
    Throttled kind;
    std::string_view word;
    ThrottleRule rule;
};

constexpr milliseconds kWindow = minutes{15};
constexpr milliseconds kHoldsWithin = hours{24};
constexpr int kManyHolds = 10;

// From here on failures are answered late: after 1, 2, 4 and 8 seconds where the rule lets four come.
constexpr milliseconds kFirstDelay = seconds{1};

constexpr ThrottleRule kPatient{.window = kWindow, .free = 5, .most = 10, .hold = kWindow};

// In the order of the enumeration. What is never answered late has as many free as it may have at all.
constexpr std::array kRules{
    Row{Throttled::account, "account", kPatient},
    Row{Throttled::device, "device", kPatient},
    Row{Throttled::network, "network", {.window = kWindow, .free = 20, .most = 20, .hold = kWindow}},
    Row{Throttled::request, "request", {.window = hours{1}, .free = 5, .most = 5, .hold = hours{1}}},
    Row{Throttled::code, "code", {.window = kWindow, .free = 5, .most = 5, .hold = kWindow}},
};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kRules.size(); ++i) {
        if (static_cast<std::size_t>(kRules[i].kind) != i) return false;
    }
    return static_cast<std::size_t>(Throttled::code) + 1 == kRules.size();
}
static_assert(in_order(), "every kind has exactly one row, in the order of the enumeration");

constexpr const Row& row_of(Throttled kind) noexcept
{
    return kRules[static_cast<std::size_t>(kind)];
}

/// Whether `now` is inside what began at `began`. What begins later than now began in the future of a clock that was
/// set back since: then nothing of it counts.
bool is_within(Timestamp began, milliseconds length, Timestamp now) noexcept
{
    return began <= now && now < began + length;
}

milliseconds delay_of(const ThrottleRule& rule, int failures) noexcept
{
    constexpr int kMostDoublings = 16;
    const int late = failures - rule.free;
    if (late <= 0) return milliseconds{0};
    return kFirstDelay * (1 << std::min(late - 1, kMostDoublings));
}

/// Both cases of the letters that mail addresses and service codes have.
std::string lowered(std::string_view text)
{
    std::string out(text);
    for (auto& c : out) {
        if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// The parts with the length of each before it, so that no two lists of parts give one text.
std::string subject(Throttled kind, std::initializer_list<std::string_view> parts)
{
    std::string out(to_string(kind));
    for (const auto part : parts) {
        out += ':';
        out += std::to_string(part.size());
        out += ':';
        out += part;
    }
    return out;
}

}  // namespace

const ThrottleRule& rule_of(Throttled kind) noexcept
{
    return row_of(kind).rule;
}

std::string_view to_string(Throttled kind) noexcept
{
    return row_of(kind).word;
}

milliseconds forgotten_after(Throttled kind) noexcept
{
    const auto& rule = rule_of(kind);
    return std::max({rule.window, rule.hold, kHoldsWithin});
}

std::optional<milliseconds> held_for(Throttled kind, const Throttle& bucket, Timestamp now) noexcept
{
    if (!bucket.blocked_until) return std::nullopt;
    const auto left = *bucket.blocked_until - now;
    if (left <= milliseconds{0} || left > rule_of(kind).hold) return std::nullopt;
    return left;
}

Counted count(Throttled kind, Throttle bucket, Timestamp now) noexcept
{
    const auto& rule = rule_of(kind);
    if (held_for(kind, bucket, now)) return {.bucket = bucket};
    if (bucket.holds <= 0 || !is_within(bucket.holds_at, kHoldsWithin, now)) {
        bucket.holds = 0;
        bucket.holds_at = {};
    }
    const bool hold_is_over = bucket.blocked_until.has_value();
    if (hold_is_over || bucket.failures <= 0 || !is_within(bucket.window_at, rule.window, now)) {
        bucket.failures = 0;
        bucket.window_at = now;
        bucket.blocked_until.reset();
    }
    ++bucket.failures;
    Counted counted;
    if (bucket.failures < rule.most) {
        counted.delay = delay_of(rule, bucket.failures);
    } else {
        counted.hold_began = true;
        bucket.blocked_until = now + rule.hold;
        if (bucket.holds == 0) bucket.holds_at = now;
        ++bucket.holds;
        counted.many_holds = bucket.holds == kManyHolds;
    }
    counted.bucket = bucket;
    return counted;
}

Throttle cleared(Throttle bucket) noexcept
{
    if (bucket.holds <= 0) return {};
    return {.holds = bucket.holds, .holds_at = bucket.holds_at};
}

std::optional<milliseconds> refusal(const SignInBuckets& buckets, Timestamp now) noexcept
{
    if (buckets.kind != Throttled::device) {
        if (const auto network = held_for(Throttled::network, buckets.network, now)) return network;
    }
    return held_for(buckets.kind, buckets.subject, now);
}

Settled settle(SignInBuckets buckets, bool right, Timestamp now) noexcept
{
    Settled settled;
    settled.refused = refusal(buckets, now);
    if (settled.refused) {
        settled.buckets = buckets;
        return settled;
    }
    if (right) {
        buckets.subject = cleared(buckets.subject);
        settled.signed_in = true;
    } else {
        buckets.network = count(Throttled::network, buckets.network, now).bucket;
        const auto counted = count(buckets.kind, buckets.subject, now);
        buckets.subject = counted.bucket;
        settled.delay = counted.delay;
        settled.hold_began = counted.hold_began;
        settled.many_holds = counted.many_holds;
        settled.refused = refusal(buckets, now);
    }
    settled.buckets = buckets;
    return settled;
}

std::string account_subject(std::string_view service_code, std::string_view address)
{
    return subject(Throttled::account, {lowered(service_code), lowered(address)});
}

std::string request_subject(std::string_view service_code, std::string_view address)
{
    return subject(Throttled::request, {lowered(service_code), lowered(address)});
}

std::string device_subject(std::string_view service_code, std::string_view address, std::string_view device)
{
    return subject(Throttled::device, {lowered(service_code), lowered(address), device});
}

std::string network_subject(const IpAddress& address)
{
    constexpr std::size_t kV6Prefix = 64;
    auto plain = unmapped(address);
    if (plain.family == IpAddress::Family::v4) return to_string(Network{.base = plain, .prefix = plain.bits()});
    for (std::size_t i = kV6Prefix / 8; i < plain.bytes.size(); ++i) plain.bytes[i] = 0;
    return to_string(Network{.base = plain, .prefix = kV6Prefix});
}

}  // namespace winnow::signin

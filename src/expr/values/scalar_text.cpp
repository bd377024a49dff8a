#include "expr/values/scalar_text.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace winnow::expr {

namespace {

using namespace std::chrono;

std::string fraction(std::int64_t nanos)
{
    if (nanos == 0) return "";
    auto digits = std::to_string(kNanosPerSecond + nanos).substr(1);
    while (digits.back() == '0') digits.pop_back();
    return "." + digits;
}

std::string padded(std::int64_t number, std::size_t width)
{
    auto digits = std::to_string(number);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// Reads exactly `width` digits; -1 where they are not there.
int take_digits(std::string_view& text, std::size_t width)
{
    if (text.size() < width) return -1;
    int number = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(width);
    return number;
}

bool take(std::string_view& text, char c)
{
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Nanoseconds of `.5`; the first nine digits count.
std::optional<std::int32_t> take_fraction(std::string_view& text)
{
    if (!take(text, '.')) return 0;
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    std::int32_t nanos = 0;
    std::int32_t unit = 100'000'000;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10) {
        nanos += (text.front() - '0') * unit;
    }
    return nanos;
}

std::optional<std::int64_t> take_offset_seconds(std::string_view& text)
{
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const bool minus = text.starts_with('-');
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const int hours = take_digits(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ':')) return std::nullopt;
    const int minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t seconds = hours * 3'600 + minutes * 60;
    return minus ? -seconds : seconds;
}

struct Unit {
    std::string_view name;
    std::uint64_t nanos;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},  // the sign for micro
                                         {"\u03bcs", 1'000},  // the letter mu
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

const Unit* take_unit(std::string_view& text)
{
    const Unit* best = nullptr;
    for (const auto& unit : kUnits) {
        if (text.starts_with(unit.name) && (best == nullptr || unit.name.size() > best->name.size())) best = &unit;
    }
    if (best != nullptr) text.remove_prefix(best->name.size());
    return best;
}

constexpr std::uint64_t kMostNanos = std::uint64_t{1} << 63U;  // of -292 years; one more than of 292 years

/// A decimal number without a sign or exponent.
struct Decimal {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;  ///< In `scale`ths; digits beyond 63 bits are left out.
    double scale = 1;
};

std::optional<Decimal> take_decimal(std::string_view& text)
{
    constexpr std::uint64_t kTen = 10;
    Decimal out;
    const auto before = text.size();
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
        if (out.whole > kMostNanos / kTen) return std::nullopt;
        out.whole = out.whole * kTen + static_cast<std::uint64_t>(text.front() - '0');
        if (out.whole > kMostNanos) return std::nullopt;
    }
    auto digits = before - text.size();
    if (!take(text, '.')) return digits == 0 ? std::nullopt : std::optional(out);
    bool full = false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
        full = full || out.fraction > (kMostNanos - 1) / kTen;
        const auto longer = out.fraction * kTen + static_cast<std::uint64_t>(text.front() - '0');
        full = full || longer > kMostNanos;
        if (full) continue;
        out.fraction = longer;
        out.scale *= kTen;
    }
    return digits == 0 ? std::nullopt : std::optional(out);
}

}  // namespace

std::string text_of(const Instant& at)
{
    const sys_seconds when{seconds{at.seconds}};
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(time.hours().count(), 2) + ":" +
           padded(time.minutes().count(), 2) + ":" + padded(time.seconds().count(), 2) + fraction(at.nanos) + "Z";
}

std::optional<Instant> parse_instant(std::string_view text)
{
    const int year_number = take_digits(text, 4);
    if (year_number < 0 || !take(text, '-')) return std::nullopt;
    const int month_number = take_digits(text, 2);
    if (month_number < 0 || !take(text, '-')) return std::nullopt;
    const int day_number = take_digits(text, 2);
    if (day_number < 0 || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
    const int hour = take_digits(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_digits(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
    const int second = take_digits(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    const auto nanos = take_fraction(text);
    if (!nanos) return std::nullopt;
    const auto offset = take_offset_seconds(text);
    if (!offset || !text.empty()) return std::nullopt;
    const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    if (!date.ok()) return std::nullopt;
    const auto midnight = duration_cast<seconds>(sys_days(date).time_since_epoch()).count();
    const auto at = midnight + hour * 3'600 + minute * 60 + second - *offset;
    if (at < kFirstSecond || at > kLastSecond) return std::nullopt;
    return Instant{.seconds = at, .nanos = *nanos};
}

std::string text_of(const Span& span)
{
    const auto whole = span.nanos / kNanosPerSecond;
    const auto rest = span.nanos % kNanosPerSecond;
    return (span.nanos < 0 ? "-" : "") + std::to_string(std::abs(whole)) + fraction(std::abs(rest)) + "s";
}

std::optional<Span> parse_span(std::string_view text)
{
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return Span{};
    if (text.empty()) return std::nullopt;
    std::uint64_t nanos = 0;
    while (!text.empty()) {
        const auto number = take_decimal(text);
        if (!number) return std::nullopt;
        const auto* unit = take_unit(text);
        if (unit == nullptr || number->whole > kMostNanos / unit->nanos) return std::nullopt;
        // The fraction's product, cut to whole nanoseconds, is less than 2^42.
        const auto part = number->whole * unit->nanos +
                          static_cast<std::uint64_t>(static_cast<double>(number->fraction) *
                                                     (static_cast<double>(unit->nanos) / number->scale));
        nanos += part;
        if (part > kMostNanos || nanos > kMostNanos) return std::nullopt;
    }
    if (!minus && nanos == kMostNanos) return std::nullopt;
    return Span{static_cast<std::int64_t>(minus ? 0 - nanos : nanos)};
}

std::string text_of_double(double number)
{
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
    std::array<char, 64> buffer{};
    const double size = std::fabs(number);
    // Plain digits in the middle, an exponent at the far ends.
    const auto format =
        size != 0 && (size < 1e-6 || size >= 1e21) ? std::chars_format::scientific : std::chars_format::fixed;
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format);
    return {buffer.data(), written.ptr};
}

std::string text_of(const Ip& ip)
{
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(ip.bytes.size() == 4 ? AF_INET : AF_INET6, ip.bytes.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::string text_of(const Cidr& cidr)
{
    return text_of(cidr.address) + "/" + std::to_string(cidr.prefix);
}

std::optional<Ip> parse_ip(std::string_view text)
{
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;  // longer than any address
    const std::string terminated(text);
    if (terminated.size() != std::char_traits<char>::length(terminated.c_str())) return std::nullopt;
    std::array<char, 16> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return Ip{{bytes.data(), 4}};
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
    // An IPv4 address in IPv6 clothes would be equal to neither.
    constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    if (std::string_view(bytes.data(), bytes.size()).starts_with(kMapped)) return std::nullopt;
    return Ip{{bytes.data(), 16}};
}

std::optional<Cidr> parse_cidr(std::string_view text)
{
    constexpr std::size_t kLongest = INET6_ADDRSTRLEN + 4;
    const auto slash = text.substr(0, kLongest).find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_ip(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    constexpr std::size_t kMostDigits = 3;
    if (digits.size() > kMostDigits) return std::nullopt;
    int prefix = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    // One way to write each: a sign or a leading zero is a slip, or octal to somebody else.
    const bool plain = !digits.empty() && is_digit(digits.front()) && (digits.front() != '0' || digits.size() == 1);
    if (!address || !plain || wrong != std::errc() || end != digits.data() + digits.size() ||
        prefix > static_cast<int>(address->bytes.size()) * 8) {
        return std::nullopt;
    }
    return Cidr{.address = *address, .prefix = prefix};
}

}  // namespace winnow::expr

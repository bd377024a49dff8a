#include "expr/scalar_text.hpp"

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

/// Nanoseconds of `.5`; at most nine digits count.
std::optional<std::int32_t> take_fraction(std::string_view& text)
{
    if (!take(text, '.')) return 0;
    std::int32_t nanos = 0;
    std::int32_t unit = 100'000'000;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits, unit /= 10) {
        nanos += (text.front() - '0') * unit;
    }
    if (digits == 0 || digits > 9) return std::nullopt;
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
    long double nanos;
};
constexpr std::array<Unit, 7> kUnits = {
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3'600e9}}};

const Unit* take_unit(std::string_view& text)
{
    const Unit* best = nullptr;
    for (const auto& unit : kUnits) {
        if (text.starts_with(unit.name) && (best == nullptr || unit.name.size() > best->name.size())) best = &unit;
    }
    if (best != nullptr) text.remove_prefix(best->name.size());
    return best;
}

/// A decimal number without a sign or exponent.
std::optional<long double> take_decimal(std::string_view& text)
{
    const auto length = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string digits(text.substr(0, length));
    if (digits.find_first_of("0123456789") == std::string::npos || digits.find('.') != digits.rfind('.')) {
        return std::nullopt;
    }
    text.remove_prefix(length);
    return std::strtold(digits.c_str(), nullptr);
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
    long double nanos = 0;
    while (!text.empty()) {
        const auto number = take_decimal(text);
        if (!number) return std::nullopt;
        const auto* unit = take_unit(text);
        if (unit == nullptr) return std::nullopt;
        nanos += *number * unit->nanos;
    }
    constexpr long double kMost = 9.223372036854775807e18L;
    if (nanos > kMost) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(std::roundl(nanos));
    return Span{minus ? -whole : whole};
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
    const std::string terminated(text);
    std::array<char, 16> bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return Ip{{bytes.data(), 4}};
    // An IPv4 address in IPv6 clothes would be equal to neither.
    if (text.contains('.') || inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
    return Ip{{bytes.data(), 16}};
}

std::optional<Cidr> parse_cidr(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_ip(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    int prefix = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (!address || wrong != std::errc() || end != digits.data() + digits.size() || prefix < 0 ||
        prefix > static_cast<int>(address->bytes.size()) * 8) {
        return std::nullopt;
    }
    return Cidr{.address = *address, .prefix = prefix};
}

}  // namespace winnow::expr

#include "expr/functions/function.hpp"
#include "expr/prices.hpp"
#include "expr/values/operators.hpp"
#include "expr/values/scalar_text.hpp"
#include "winnow/base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

namespace winnow::expr {

namespace {

Value out_of_range(std::string_view type)
{
    return Value::error("out of the range of " + std::string(type));
}

Value unreadable(std::string_view type, const Value& text)
{
    return Value::error("not " + std::string(type) + ": " + shown(text));
}

/// Reading a text, whatever it turns out to be. Of other values there is nothing to read.
bool charge_reading(const Value& value, Budget& budget)
{
    const auto* text = value.as<std::string>();
    return text == nullptr || budget.charge(price::kConversion + price::blocks(text->size(), price::kRead));
}

/// Decimal; a `+` may stand before what may have a sign.
template <typename T>
std::optional<T> parse_number(std::string_view text)
{
    if (std::is_signed_v<T> && text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    T number{};
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Value to_int(Arguments a, Budget& budget)
{
    if (a[0].is<std::int64_t>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    if (const auto* u = a[0].as<std::uint64_t>()) {
        if (*u > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return out_of_range("int");
        return static_cast<std::int64_t>(*u);
    }
    if (const auto* d = a[0].as<double>()) {
        constexpr double kBeyond = 9'223'372'036'854'775'808.0;
        if (!(*d > -kBeyond && *d < kBeyond)) return out_of_range("int");
        return static_cast<std::int64_t>(*d);
    }
    if (const auto* text = a[0].as<std::string>()) {
        const auto number = parse_number<std::int64_t>(*text);
        return number ? Value(*number) : unreadable("an int", a[0]);
    }
    if (const auto* at = a[0].as<Instant>()) return at->seconds;
    if (const auto* span = a[0].as<Span>()) return span->nanos / kNanosPerSecond;
    return no_overload("int", a);
}

Value to_uint(Arguments a, Budget& budget)
{
    if (a[0].is<std::uint64_t>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    if (const auto* i = a[0].as<std::int64_t>()) {
        return *i < 0 ? out_of_range("uint") : Value(static_cast<std::uint64_t>(*i));
    }
    if (const auto* d = a[0].as<double>()) {
        constexpr double kBeyond = 18'446'744'073'709'551'616.0;
        if (!(*d >= 0 && *d < kBeyond)) return out_of_range("uint");
        return static_cast<std::uint64_t>(*d);
    }
    if (const auto* text = a[0].as<std::string>()) {
        const auto number = parse_number<std::uint64_t>(*text);
        return number ? Value(*number) : unreadable("a uint", a[0]);
    }
    return no_overload("uint", a);
}

Value to_double(Arguments a, Budget& budget)
{
    if (a[0].is<double>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    if (const auto* i = a[0].as<std::int64_t>()) return static_cast<double>(*i);
    if (const auto* u = a[0].as<std::uint64_t>()) return static_cast<double>(*u);
    if (const auto* text = a[0].as<std::string>()) {
        const auto number = parse_number<double>(*text);
        return number ? Value(*number) : unreadable("a double", a[0]);
    }
    return no_overload("double", a);
}

Value to_string(Arguments a, Budget& budget)
{
    if (a[0].is<std::string>()) return copied(a[0], budget);
    if (const auto* flag = a[0].as<bool>()) return *flag ? "true" : "false";
    if (const auto* bytes = a[0].as<Bytes>()) {
        if (!budget.charge(price::blocks(bytes->data.size(), price::kSearched))) return over_budget();
        return is_valid_utf8(bytes->data) ? Value(bytes->data) : Value::error("these bytes are not UTF-8");
    }
    const auto* at = a[0].as<Instant>();
    if (!budget.charge(at != nullptr ? price::kTimeText : 2 * price::kConversion)) return over_budget();
    if (at != nullptr) return text_of(*at);
    if (const auto* i = a[0].as<std::int64_t>()) return std::to_string(*i);
    if (const auto* u = a[0].as<std::uint64_t>()) return std::to_string(*u);
    if (const auto* d = a[0].as<double>()) return text_of_double(*d);
    if (const auto* span = a[0].as<Span>()) return text_of(*span);
    if (const auto* ip = a[0].as<Ip>()) return text_of(*ip);
    if (const auto* cidr = a[0].as<Cidr>()) return text_of(*cidr);
    return no_overload("string", a);
}

Value to_bytes(Arguments a, Budget& budget)
{
    if (a[0].is<Bytes>()) return copied(a[0], budget);
    const auto* text = a[0].as<std::string>();
    if (text == nullptr) return no_overload("bytes", a);
    return budget.charge(price::of_copy(a[0])) ? Value(Bytes{*text}) : over_budget();
}

Value to_bool(Arguments a, Budget& budget)
{
    if (a[0].is<bool>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    const auto* text = a[0].as<std::string>();
    if (text == nullptr) return no_overload("bool", a);
    for (const std::string_view word : {"true", "True", "TRUE", "t", "T", "1"}) {
        if (*text == word) return true;
    }
    for (const std::string_view word : {"false", "False", "FALSE", "f", "F", "0"}) {
        if (*text == word) return false;
    }
    return unreadable("a bool", a[0]);
}

Value to_timestamp(Arguments a, Budget& budget)
{
    if (a[0].is<Instant>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    if (const auto* i = a[0].as<std::int64_t>()) {
        if (*i < kFirstSecond || *i > kLastSecond) return out_of_range("timestamp");
        return Instant{.seconds = *i, .nanos = 0};
    }
    if (const auto* text = a[0].as<std::string>()) {
        const auto at = parse_instant(*text);
        return at ? Value(*at) : unreadable("a timestamp such as 2026-11-23T06:00:00Z in range", a[0]);
    }
    return no_overload("timestamp", a);
}

Value to_duration(Arguments a, Budget& budget)
{
    if (a[0].is<Span>()) return a[0];
    if (!charge_reading(a[0], budget)) return over_budget();
    if (const auto* text = a[0].as<std::string>()) {
        const auto span = parse_span(*text);
        return span ? Value(*span) : unreadable("a duration such as 1h30m in range", a[0]);
    }
    return no_overload("duration", a);
}

}  // namespace

void add_conversions(std::vector<Function>& all)
{
    const auto add = [&all](std::string_view name, Value (*call)(Arguments, Budget&)) {
        all.push_back({.name = name, .method = false, .least = 1, .most = 1, .call = call});
    };
    add("int", to_int);
    add("uint", to_uint);
    add("double", to_double);
    add("string", to_string);
    add("bytes", to_bytes);
    add("bool", to_bool);
    add("timestamp", to_timestamp);
    add("duration", to_duration);
}

}  // namespace winnow::expr

#pragma once

/// @file
/// A CEL value: what conditions compute with.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::expr {

class Value;

/// An instant: seconds since 1970 UTC and nanoseconds (0 to 999,999,999). From year 1 to year 9999.
struct Instant {
    std::int64_t seconds = 0;
    std::int32_t nanos = 0;
    friend auto operator<=>(const Instant&, const Instant&) = default;
};

/// A signed span of time, at most about 292 years.
struct Span {
    std::int64_t nanos = 0;
    friend auto operator<=>(const Span&, const Span&) = default;
};

struct Bytes {
    std::string data;
    friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

/// A type as a value: `int`, `string`, `google.protobuf.Timestamp`…
struct TypeName {
    std::string name;
    friend bool operator==(const TypeName&, const TypeName&) = default;
};

/// An IP address or network of the network extension; IPv4 is kept as four bytes.
struct Ip {
    std::string bytes;  ///< 4 or 16, network order.
    friend bool operator==(const Ip&, const Ip&) = default;
};
struct Cidr {
    Ip address;
    int prefix = 0;
    friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// Why there is no value. Travels through operators as CEL's errors do.
struct EvalError {
    std::string message;
    friend bool operator==(const EvalError&, const EvalError&) = default;
};

struct Optional {
    std::shared_ptr<const Value> value;  ///< null: none.
};

using List = std::vector<Value>;

/// Keys are bool, int, uint or string; entries in the order in which they were written. Numeric keys that are equal on
/// the number line are the same key.
class Map {
public:
    [[nodiscard]] const Value* find(const Value& key) const;
    /// False where the key is there already; the map is left as it was.
    bool insert(Value key, Value value);
    [[nodiscard]] const std::vector<std::pair<Value, Value>>& entries() const noexcept { return entries_; }

private:
    std::vector<std::pair<Value, Value>> entries_;
    std::map<std::string, std::size_t, std::less<>> index_;  ///< By type-tagged canonical key.
};

/// Immutable once made; copies share what is large.
class Value {
public:
    using Variant = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes,
                                 std::shared_ptr<const List>, std::shared_ptr<const Map>, Instant, Span, TypeName,
                                 Optional, Ip, Cidr, EvalError>;

    Value() = default;  ///< null
    template <typename T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Variant, T &&>)
    Value(T&& value) : data_(std::forward<T>(value))  // NOLINT(google-explicit-constructor)
    {
    }
    Value(const char* text) : data_(std::string(text)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] static Value error(std::string message) { return EvalError{std::move(message)}; }
    [[nodiscard]] static Value list(List items) { return std::make_shared<const List>(std::move(items)); }
    [[nodiscard]] static Value map(Map entries) { return std::make_shared<const Map>(std::move(entries)); }

    template <typename T>
    [[nodiscard]] const T* as() const noexcept
    {
        return std::get_if<T>(&data_);
    }
    template <typename T>
    [[nodiscard]] bool is() const noexcept
    {
        return std::holds_alternative<T>(data_);
    }
    [[nodiscard]] const List* as_list() const noexcept;
    [[nodiscard]] const Map* as_map() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return is<std::monostate>(); }
    [[nodiscard]] bool is_error() const noexcept { return is<EvalError>(); }
    [[nodiscard]] bool is_true() const noexcept { return is<bool>() && *as<bool>(); }
    [[nodiscard]] bool is_number() const noexcept { return is<std::int64_t>() || is<std::uint64_t>() || is<double>(); }

    [[nodiscard]] const Variant& data() const noexcept { return data_; }

private:
    Variant data_;
};

/// CEL's name of a value's type: "int", "map", "google.protobuf.Duration", "optional_type"…
[[nodiscard]] std::string_view type_name(const Value& value) noexcept;

/// CEL's `==`: numbers on one number line, NaN unequal to itself, false across types. Neither may be an error.
[[nodiscard]] bool equals(const Value& a, const Value& b);

/// Order of two numbers on one number line, or of two bools, strings, bytes, timestamps or durations; unordered where
/// one is NaN or where the types have no common order.
[[nodiscard]] std::partial_ordering compare(const Value& a, const Value& b);
/// Whether `compare` has a meaning for the two types (NaN included).
[[nodiscard]] bool comparable(const Value& a, const Value& b) noexcept;

/// As CEL would write it, for traces: `"text"`, `[1, 2]`, `duration("90s")`.
[[nodiscard]] std::string to_text(const Value& value);

/// The beginning of to_text, at most `max_bytes` of it on a character's boundary, and how long all of it is. Nothing
/// beyond is written. `bytes` is counted up to kMostCounted: nested lists may be longer than anybody can wait for.
struct TextStart {
    std::string text;
    std::size_t bytes = 0;
};
inline constexpr std::size_t kMostCounted = std::size_t{1} << 20U;
[[nodiscard]] TextStart start_of_text(const Value& value, std::size_t max_bytes);

}  // namespace winnow::expr

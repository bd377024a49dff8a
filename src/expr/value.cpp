#include "winnow/expr/value.hpp"

#include "expr/scalar_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace winnow::expr {

namespace {

/// An int64 or uint64 on one line.
__int128 whole(const Value& number)
{
    if (const auto* i = number.as<std::int64_t>()) return *i;
    return static_cast<__int128>(*number.as<std::uint64_t>());
}

/// As CEL's tests have it: the whole number becomes a double first.
std::partial_ordering order(double a, __int128 b)
{
    return a <=> static_cast<double>(b);
}

std::partial_ordering reversed(std::partial_ordering order)
{
    return 0 <=> order;
}

std::partial_ordering compare_numbers(const Value& a, const Value& b)
{
    const auto* x = a.as<double>();
    const auto* y = b.as<double>();
    if (x != nullptr && y != nullptr) return *x <=> *y;
    if (x != nullptr) return order(*x, whole(b));
    if (y != nullptr) return reversed(order(*y, whole(a)));
    const auto i = whole(a);
    const auto j = whole(b);
    return i < j   ? std::partial_ordering::less
           : i > j ? std::partial_ordering::greater
                   : std::partial_ordering::equivalent;
}

bool equal_lists(const List& a, const List& b)
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!equals(a[i], b[i])) return false;
    }
    return true;
}

bool equal_maps(const Map& a, const Map& b)
{
    if (a.entries().size() != b.entries().size()) return false;
    for (const auto& [key, value] : a.entries()) {
        const auto* other = b.find(key);
        if (other == nullptr || !equals(value, *other)) return false;
    }
    return true;
}

/// Equal keys, and no others, have the same text.
std::string canonical_key(const Value& key)
{
    if (const auto* text = key.as<std::string>()) return "s" + *text;
    if (const auto* flag = key.as<bool>()) return *flag ? "b1" : "b0";
    if (const auto* i = key.as<std::int64_t>()) return "n" + std::to_string(*i);
    if (const auto* u = key.as<std::uint64_t>()) return "n" + std::to_string(*u);
    if (const auto* d = key.as<double>(); d != nullptr && std::floor(*d) == *d && std::fabs(*d) < 1.8e19) {
        return *d < 0 ? "n" + std::to_string(static_cast<std::int64_t>(*d))
                      : "n" + std::to_string(static_cast<std::uint64_t>(*d));
    }
    return "?";
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default: out += c;
        }
    }
    return out + '"';
}

std::string quoted_bytes(std::string_view data)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "b\"";
    for (const char c : data) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
            out += c;
        } else {
            out += "\\x";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0x0FU];
        }
    }
    return out + '"';
}

std::string joined(const List& list)
{
    std::string out = "[";
    for (const auto& item : list) out += (out.size() == 1 ? "" : ", ") + to_text(item);
    return out + ']';
}

std::string joined(const Map& map)
{
    std::string out = "{";
    for (const auto& [key, value] : map.entries()) {
        out += (out.size() == 1 ? "" : ", ") + to_text(key) + ": " + to_text(value);
    }
    return out + '}';
}

}  // namespace

const Value* Map::find(const Value& key) const
{
    const auto at = index_.find(canonical_key(key));
    return at == index_.end() ? nullptr : &entries_[at->second].second;
}

bool Map::insert(Value key, Value value)
{
    if (!index_.try_emplace(canonical_key(key), entries_.size()).second) return false;
    entries_.emplace_back(std::move(key), std::move(value));
    return true;
}

const List* Value::as_list() const noexcept
{
    const auto* list = as<std::shared_ptr<const List>>();
    return list == nullptr ? nullptr : list->get();
}

const Map* Value::as_map() const noexcept
{
    const auto* map = as<std::shared_ptr<const Map>>();
    return map == nullptr ? nullptr : map->get();
}

std::string_view type_name(const Value& value) noexcept
{
    static constexpr std::array<std::string_view, std::variant_size_v<Value::Variant>> kNames = {
        "null_type",
        "bool",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "list",
        "map",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        "type",
        "optional_type",
        "net.IP",
        "net.CIDR",
        "error"};
    return kNames[value.data().index()];
}

bool equals(const Value& a, const Value& b)
{
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) == std::partial_ordering::equivalent;
    if (a.data().index() != b.data().index()) return false;
    if (const auto* list = a.as_list()) return equal_lists(*list, *b.as_list());
    if (const auto* map = a.as_map()) return equal_maps(*map, *b.as_map());
    if (const auto* optional = a.as<Optional>()) {
        const auto& other = *b.as<Optional>();
        if (!optional->value || !other.value) return !optional->value && !other.value;
        return equals(*optional->value, *other.value);
    }
    return std::visit(
        [&b]<typename T>(const T& x) {
            if constexpr (requires {
                              { x == x } -> std::convertible_to<bool>;
                          }) {
                return x == *b.as<T>();
            } else {
                return false;
            }
        },
        a.data());
}

bool comparable(const Value& a, const Value& b) noexcept
{
    if (a.is_number() && b.is_number()) return true;
    if (a.data().index() != b.data().index()) return false;
    return a.is<bool>() || a.is<std::string>() || a.is<Bytes>() || a.is<Instant>() || a.is<Span>();
}

std::partial_ordering compare(const Value& a, const Value& b)
{
    if (a.is_number() && b.is_number()) return compare_numbers(a, b);
    if (!comparable(a, b)) return std::partial_ordering::unordered;
    if (const auto* x = a.as<bool>()) return *x <=> *b.as<bool>();
    // UTF-8 in the order of its bytes is in the order of its code points.
    if (const auto* x = a.as<std::string>()) return *x <=> *b.as<std::string>();
    if (const auto* x = a.as<Bytes>()) return x->data <=> b.as<Bytes>()->data;
    if (const auto* x = a.as<Instant>()) return *x <=> *b.as<Instant>();
    return *a.as<Span>() <=> *b.as<Span>();
}

std::string to_text(const Value& value)
{
    if (value.is_null()) return "null";
    if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
    if (const auto* i = value.as<std::int64_t>()) return std::to_string(*i);
    if (const auto* u = value.as<std::uint64_t>()) return std::to_string(*u) + "u";
    if (const auto* d = value.as<double>()) {
        auto text = text_of_double(*d);
        if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
        return text;
    }
    if (const auto* text = value.as<std::string>()) return quoted(*text);
    if (const auto* bytes = value.as<Bytes>()) return quoted_bytes(bytes->data);
    if (const auto* list = value.as_list()) return joined(*list);
    if (const auto* map = value.as_map()) return joined(*map);
    if (const auto* at = value.as<Instant>()) return "timestamp(\"" + text_of(*at) + "\")";
    if (const auto* span = value.as<Span>()) return "duration(\"" + text_of(*span) + "\")";
    if (const auto* type = value.as<TypeName>()) return type->name;
    if (const auto* optional = value.as<Optional>()) {
        return optional->value ? "optional.of(" + to_text(*optional->value) + ")" : "optional.none()";
    }
    if (const auto* ip = value.as<Ip>()) return "ip(\"" + text_of(*ip) + "\")";
    if (const auto* cidr = value.as<Cidr>()) return "cidr(\"" + text_of(*cidr) + "\")";
    return "error: " + value.as<EvalError>()->message;
}

}  // namespace winnow::expr

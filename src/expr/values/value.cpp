#include "winnow/expr/value.hpp"

#include "expr/values/scalar_text.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

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

/// Writes what CEL would write, up to a limit, and counts what it would have been.
class Writer {
public:
    Writer(std::size_t max_bytes, std::size_t max_counted) : max_bytes_(max_bytes), max_counted_(max_counted) {}

    void write(const Value& value)
    {
        if (value.is_null()) return put("null");
        if (const auto* flag = value.as<bool>()) return put(*flag ? "true" : "false");
        if (const auto* i = value.as<std::int64_t>()) return put(std::to_string(*i));
        if (const auto* u = value.as<std::uint64_t>()) return put(std::to_string(*u) + "u");
        if (const auto* d = value.as<double>()) return write_double(*d);
        if (const auto* text = value.as<std::string>()) return write_text(*text);
        if (const auto* bytes = value.as<Bytes>()) return write_bytes(bytes->data);
        if (const auto* list = value.as_list()) return write_list(*list);
        if (const auto* map = value.as_map()) return write_map(*map);
        if (const auto* at = value.as<Instant>()) return put("timestamp(\"" + text_of(*at) + "\")");
        if (const auto* span = value.as<Span>()) return put("duration(\"" + text_of(*span) + "\")");
        if (const auto* type = value.as<TypeName>()) return put(type->name);
        if (const auto* optional = value.as<Optional>()) return write_optional(*optional);
        if (const auto* ip = value.as<Ip>()) return put("ip(\"" + text_of(*ip) + "\")");
        if (const auto* cidr = value.as<Cidr>()) return put("cidr(\"" + text_of(*cidr) + "\")");
        put("error: ");
        put(value.as<EvalError>()->message);
    }

    [[nodiscard]] TextStart take()
    {
        const auto cut = out_.size() < bytes_ ? truncate_utf8(out_, max_bytes_).size() : out_.size();
        out_.resize(cut);
        return {std::move(out_), bytes_};
    }

private:
    /// What is cut is so on a character's boundary when it is taken: so one byte more is kept.
    void put(std::string_view part)
    {
        bytes_ = std::min(bytes_ + part.size(), max_counted_);
        if (out_.size() <= max_bytes_) out_ += part.substr(0, max_bytes_ - out_.size() + 1);
    }
    void put(char c) { put(std::string_view(&c, 1)); }

    [[nodiscard]] bool is_full() const noexcept { return bytes_ >= max_counted_; }

    void write_double(double number)
    {
        auto text = text_of_double(number);
        if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
        put(text);
    }

    void write_text(std::string_view text)
    {
        put('"');
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (out_.size() > max_bytes_) {
                const auto rest = text.substr(i);
                const auto escapes = std::ranges::count_if(rest, [](char c) { return escaped(c) != '\0'; });
                bytes_ = std::min(bytes_ + rest.size() + static_cast<std::size_t>(escapes), max_counted_);
                break;
            }
            const auto letter = escaped(text[i]);
            if (letter != '\0') put('\\');
            put(letter != '\0' ? letter : text[i]);
        }
        put('"');
    }

    /// What stands after the backslash; U+0000 where none is needed.
    static char escaped(char c) noexcept
    {
        switch (c) {
            case '\n': return 'n';
            case '\r': return 'r';
            case '\t': return 't';
            case '"':
            case '\\': return c;
            default: return '\0';
        }
    }

    void write_bytes(std::string_view data)
    {
        constexpr std::string_view kHex = "0123456789abcdef";
        put("b\"");
        for (const char c : data) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
                put(c);
            } else {
                put("\\x");
                put(kHex[byte >> 4U]);
                put(kHex[byte & 0x0FU]);
            }
        }
        put('"');
    }

    void write_list(const List& list)
    {
        put('[');
        for (const auto& item : list) {
            if (is_full()) return;
            if (&item != list.data()) put(", ");
            write(item);
        }
        put(']');
    }

    void write_map(const Map& map)
    {
        put('{');
        for (const auto& entry : map.entries()) {
            if (is_full()) return;
            if (&entry != map.entries().data()) put(", ");
            write(entry.first);
            put(": ");
            write(entry.second);
        }
        put('}');
    }

    void write_optional(const Optional& optional)
    {
        if (!optional.value) return put("optional.none()");
        put("optional.of(");
        write(*optional.value);
        put(')');
    }

    std::size_t max_bytes_;
    std::size_t max_counted_;
    std::size_t bytes_ = 0;
    std::string out_;
};

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
    constexpr auto kAll = std::numeric_limits<std::size_t>::max() / 2;
    Writer writer(kAll, kAll);
    writer.write(value);
    return writer.take().text;
}

TextStart start_of_text(const Value& value, std::size_t max_bytes)
{
    Writer writer(max_bytes, kMostCounted);
    writer.write(value);
    return writer.take();
}

}  // namespace winnow::expr

#include "expr/values/operators.hpp"

#include "expr/prices.hpp"
#include "expr/values/comparison.hpp"
#include "expr/values/scalar_text.hpp"
#include "expr/values/value_errors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;
using price::blocks;

std::string_view sign_of(Kind kind) noexcept
{
    switch (kind) {
        case Kind::less: return "_<_";
        case Kind::less_equal: return "_<=_";
        case Kind::greater: return "_>_";
        case Kind::greater_equal: return "_>=_";
        case Kind::in: return "@in";
        case Kind::add: return "_+_";
        case Kind::subtract: return "_-_";
        case Kind::multiply: return "_*_";
        case Kind::divide: return "_/_";
        default: return "_%_";
    }
}

Value mismatch(Kind kind, const Value& left, const Value& right)
{
    return no_overload(sign_of(kind), std::array{left, right});
}

Value overflow()
{
    return Value::error("the result is beyond 64 bits");
}

template <typename T>
Value whole_arithmetic(Kind kind, T a, T b)
{
    T out{};
    switch (kind) {
        case Kind::add: return __builtin_add_overflow(a, b, &out) ? overflow() : Value(out);
        case Kind::subtract: return __builtin_sub_overflow(a, b, &out) ? overflow() : Value(out);
        case Kind::multiply: return __builtin_mul_overflow(a, b, &out) ? overflow() : Value(out);
        default: break;
    }
    if (b == 0) return Value::error(kind == Kind::divide ? "division by zero" : "modulus by zero");
    if constexpr (std::is_signed_v<T>) {
        if (b == -1 && a == std::numeric_limits<T>::min()) return overflow();
    }
    return static_cast<T>(kind == Kind::divide ? a / b : a % b);
}

Value double_arithmetic(Kind kind, double a, double b)
{
    switch (kind) {
        case Kind::add: return a + b;
        case Kind::subtract: return a - b;
        case Kind::multiply: return a * b;
        case Kind::divide: return a / b;
        default: return mismatch(kind, a, b);
    }
}

Value moved(const Instant& at, std::int64_t nanos)
{
    auto seconds = at.seconds + nanos / kNanosPerSecond;
    auto rest = at.nanos + nanos % kNanosPerSecond;
    if (rest < 0) {
        rest += kNanosPerSecond;
        --seconds;
    } else if (rest >= kNanosPerSecond) {
        rest -= kNanosPerSecond;
        ++seconds;
    }
    if (seconds < kFirstSecond || seconds > kLastSecond) return Value::error("out of the range of timestamp");
    return Instant{.seconds = seconds, .nanos = static_cast<std::int32_t>(rest)};
}

Value difference(const Instant& a, const Instant& b)
{
    std::int64_t nanos = 0;
    if (__builtin_mul_overflow(a.seconds - b.seconds, kNanosPerSecond, &nanos) ||
        __builtin_add_overflow(nanos, std::int64_t{a.nanos} - b.nanos, &nanos)) {
        return Value::error("out of the range of duration");
    }
    return Span{nanos};
}

Value sum_of_spans(const Span& a, const Span& b, bool minus)
{
    std::int64_t nanos = 0;
    const bool over =
        minus ? __builtin_sub_overflow(a.nanos, b.nanos, &nanos) : __builtin_add_overflow(a.nanos, b.nanos, &nanos);
    return over ? Value::error("out of the range of duration") : Value(Span{nanos});
}

Value time_arithmetic(Kind kind, const Value& left, const Value& right)
{
    const auto* at = left.as<Instant>();
    const auto* span = left.as<Span>();
    const auto* other_at = right.as<Instant>();
    const auto* other_span = right.as<Span>();
    if (kind == Kind::add) {
        if (at != nullptr && other_span != nullptr) return moved(*at, other_span->nanos);
        if (span != nullptr && other_at != nullptr) return moved(*other_at, span->nanos);
        if (span != nullptr && other_span != nullptr) return sum_of_spans(*span, *other_span, false);
    } else if (kind == Kind::subtract) {
        if (at != nullptr && other_at != nullptr) return difference(*at, *other_at);
        if (at != nullptr && other_span != nullptr && other_span->nanos != std::numeric_limits<std::int64_t>::min()) {
            return moved(*at, -other_span->nanos);
        }
        if (span != nullptr && other_span != nullptr) return sum_of_spans(*span, *other_span, true);
    }
    return mismatch(kind, left, right);
}

bool append(List& all, const List& more, Budget& budget)
{
    for (const auto& item : more) {
        if (!budget.charge(price::of_copy(item) + price::of_keeping(item))) return false;
        all.push_back(item);
    }
    return true;
}

Value concatenation(const Value& left, const Value& right, Budget& budget)
{
    if (const auto* a = left.as<std::string>(); a != nullptr && right.is<std::string>()) {
        const auto& b = *right.as<std::string>();
        return budget.charge(blocks(a->size() + b.size(), price::kWritten)) ? Value(*a + b) : over_budget();
    }
    if (const auto* a = left.as<Bytes>(); a != nullptr && right.is<Bytes>()) {
        const auto& b = right.as<Bytes>()->data;
        if (!budget.charge(blocks(a->data.size() + b.size(), price::kWritten))) return over_budget();
        return Bytes{a->data + b};
    }
    const auto* a = left.as_list();
    const auto* b = right.as_list();
    if (a != nullptr && b != nullptr) {
        if (!budget.charge(a->size() + b->size())) return over_budget();
        List both;
        both.reserve(a->size() + b->size());
        return append(both, *a, budget) && append(both, *b, budget) ? Value::list(std::move(both)) : over_budget();
    }
    return time_arithmetic(Kind::add, left, right);
}

Value arithmetic(Kind kind, const Value& left, const Value& right, Budget& budget)
{
    const auto* i = left.as<std::int64_t>();
    const auto* j = right.as<std::int64_t>();
    if (i != nullptr && j != nullptr) return whole_arithmetic(kind, *i, *j);
    const auto* u = left.as<std::uint64_t>();
    const auto* v = right.as<std::uint64_t>();
    if (u != nullptr && v != nullptr) return whole_arithmetic(kind, *u, *v);
    const auto* a = left.as<double>();
    const auto* b = right.as<double>();
    if (a != nullptr && b != nullptr) return double_arithmetic(kind, *a, *b);
    if (kind == Kind::add) return concatenation(left, right, budget);
    return time_arithmetic(kind, left, right);
}

/// What comparing or looking up a text or bytes looks at; nothing of other values.
std::size_t bytes_in(const Value& value)
{
    if (const auto* text = value.as<std::string>()) return text->size();
    if (const auto* bytes = value.as<Bytes>()) return bytes->data.size();
    return 0;
}

Value ordered(Kind kind, const Value& left, const Value& right, Budget& budget)
{
    if (!comparable(left, right)) return mismatch(kind, left, right);
    if (!budget.charge(blocks(std::min(bytes_in(left), bytes_in(right)), price::kCompared))) return over_budget();
    const auto order = compare(left, right);
    switch (kind) {
        case Kind::less: return order < 0;
        case Kind::less_equal: return order <= 0;
        case Kind::greater: return order > 0;
        default: return order >= 0;
    }
}

Value equality(const Value& left, const Value& right, bool wanted, Budget& budget)
{
    const auto same = equals(left, right, budget);
    return same ? Value(*same == wanted) : over_budget();
}

bool charge_look_up(const Value& key, Budget& budget)
{
    return budget.charge(price::kMapFound + blocks(bytes_in(key), price::kRead));
}

Value contained(const Value& item, const Value& container, Budget& budget)
{
    if (const auto* list = container.as_list()) {
        for (const auto& candidate : *list) {
            const auto same = equals(item, candidate, budget);
            if (!same) return over_budget();
            if (*same) return true;
        }
        return false;
    }
    if (const auto* map = container.as_map()) {
        if (!is_map_key(item) && !item.is<double>()) return false;
        return charge_look_up(item, budget) ? Value(map->find(item) != nullptr) : over_budget();
    }
    return mismatch(Kind::in, item, container);
}

std::optional<std::int64_t> whole_index(const Value& key)
{
    if (const auto* i = key.as<std::int64_t>()) return *i;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (const auto* u = key.as<std::uint64_t>(); u != nullptr && *u <= kMost) return static_cast<std::int64_t>(*u);
    constexpr double kBeyond = 9'223'372'036'854'775'808.0;
    if (const auto* d = key.as<double>(); d != nullptr && std::floor(*d) == *d && *d >= -kBeyond && *d < kBeyond) {
        return static_cast<std::int64_t>(*d);
    }
    return std::nullopt;
}

Value no_such_key(const Value& key)
{
    return Value::error("no such key: " + shown(key));
}

Value has_no_fields(const Value& value)
{
    return Value::error("no such overload: a " + std::string(type_name(value)) + " has no fields");
}

/// Whether nothing was found only because it is not there: in the map or list, or in what is no container at all.
enum class Absence : std::uint8_t { none, of_element, of_container };

/// The element, or nullptr with `trouble` saying why there is none.
const Value* find(const Value& container, const Value& key, Value& trouble, Absence& absence, Budget& budget)
{
    if (!charge_look_up(key, budget)) {
        trouble = over_budget();
        return nullptr;
    }
    if (!is_map_key(key) && !key.is<double>()) {
        trouble = no_overload("_[_]", std::array{container, key});
        return nullptr;
    }
    if (const auto* map = container.as_map()) {
        const auto* found = map->find(key);
        if (found == nullptr) {
            absence = Absence::of_element;
            trouble = no_such_key(key);
        }
        return found;
    }
    const auto* list = container.as_list();
    const auto index = whole_index(key);
    if (list == nullptr || !index) {
        if (list == nullptr) absence = Absence::of_container;
        trouble = no_overload("_[_]", std::array{container, key});
        return nullptr;
    }
    if (*index < 0 || *index >= static_cast<std::int64_t>(list->size())) {
        absence = Absence::of_element;
        trouble = Value::error("index out of range: " + std::to_string(*index));
        return nullptr;
    }
    return &(*list)[static_cast<std::size_t>(*index)];
}

/// The field of a map; nullptr, with `over` saying whether it was only too dear to look, where there is none.
const Value* field_of(const Map& map, const std::string& field, Budget& budget, bool& over)
{
    over = !budget.charge(price::kMapFound + blocks(field.size(), price::kRead));
    return over ? nullptr : map.find(field);
}

}  // namespace

bool is_map_key(const Value& value) noexcept
{
    return value.is<std::string>() || value.is<bool>() || value.is<std::int64_t>() || value.is<std::uint64_t>();
}

Value copied(const Value& value, Budget& budget)
{
    return budget.charge(price::of_copy(value)) ? value : over_budget();
}

Value some(const Value& value, Budget& budget)
{
    if (!budget.charge(1 + price::of_copy(value))) return over_budget();
    return Optional{std::make_shared<const Value>(value)};
}

Value operate(Kind kind, const Value& left, const Value& right, Budget& budget)
{
    switch (kind) {
        case Kind::equal: return equality(left, right, true, budget);
        case Kind::not_equal: return equality(left, right, false, budget);
        case Kind::less:
        case Kind::less_equal:
        case Kind::greater:
        case Kind::greater_equal: return ordered(kind, left, right, budget);
        case Kind::in: return contained(left, right, budget);
        default: return arithmetic(kind, left, right, budget);
    }
}

Value logical_not(const Value& value)
{
    const auto* flag = value.as<bool>();
    return flag == nullptr ? no_overload("!_", std::array{value}) : Value(!*flag);
}

Value negate(const Value& value)
{
    if (const auto* i = value.as<std::int64_t>()) {
        return *i == std::numeric_limits<std::int64_t>::min() ? overflow() : Value(-*i);
    }
    if (const auto* d = value.as<double>()) return -*d;
    return no_overload("-_", std::array{value});
}

Value index_into(const Value& container, const Value& key, Budget& budget)
{
    const auto* optional = container.as<Optional>();
    const auto& inner = optional != nullptr ? *optional->value : container;
    Value trouble;
    auto absence = Absence::none;
    const auto* found = find(inner, key, trouble, absence, budget);
    if (optional == nullptr) return found != nullptr ? copied(*found, budget) : trouble;
    if (found != nullptr) return some(*found, budget);
    return absence == Absence::of_element ? Value(Optional{}) : trouble;
}

Value optional_index_into(const Value& container, const Value& key, Budget& budget)
{
    const auto* optional = container.as<Optional>();
    Value trouble;
    auto absence = Absence::none;
    const auto* found = find(optional != nullptr ? *optional->value : container, key, trouble, absence, budget);
    if (found != nullptr) return some(*found, budget);
    return absence != Absence::none ? Value(Optional{}) : trouble;
}

Value select(const Value& from, const std::string& field, Budget& budget)
{
    if (from.is_error()) return from;
    const auto* optional = from.as<Optional>();
    if (optional != nullptr && !optional->value) return from;
    const auto& container = optional != nullptr ? *optional->value : from;
    const auto* map = container.as_map();
    if (map == nullptr) return has_no_fields(container);
    bool over = false;
    const auto* found = field_of(*map, field, budget, over);
    if (over) return over_budget();
    if (optional != nullptr) return found != nullptr ? some(*found, budget) : Value(Optional{});
    return found != nullptr ? copied(*found, budget) : Value::error("no such key: " + field);
}

Value optional_select(const Value& from, const std::string& field, Budget& budget)
{
    if (from.is_error()) return from;
    const auto* optional = from.as<Optional>();
    if (optional != nullptr && !optional->value) return from;
    const auto& container = optional != nullptr ? *optional->value : from;
    if (container.as_list() != nullptr) return has_no_fields(container);
    const auto* map = container.as_map();
    bool over = false;
    const auto* found = map != nullptr ? field_of(*map, field, budget, over) : nullptr;
    if (over) return over_budget();
    return found != nullptr ? some(*found, budget) : Value(Optional{});
}

Value has(const Value& from, const std::string& field, Budget& budget)
{
    if (from.is_error()) return from;
    const auto* optional = from.as<Optional>();
    if (optional != nullptr && !optional->value) return false;
    const auto& container = optional != nullptr ? *optional->value : from;
    const auto* map = container.as_map();
    if (map == nullptr) return has_no_fields(container);
    bool over = false;
    const auto* found = field_of(*map, field, budget, over);
    return over ? over_budget() : Value(found != nullptr);
}

}  // namespace winnow::expr

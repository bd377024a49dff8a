#include "expr/values/comparison.hpp"

#include "expr/prices.hpp"

#include <concepts>
#include <limits>

namespace winnow::expr {

namespace {

using price::blocks;

std::optional<bool> equal_lists(const List& a, const List& b, Budget& budget)
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto same = equals(a[i], b[i], budget);
        if (!same || !*same) return same;
    }
    return true;
}

std::optional<bool> equal_maps(const Map& a, const Map& b, Budget& budget)
{
    if (a.entries().size() != b.entries().size()) return false;
    for (const auto& [key, value] : a.entries()) {
        const auto* text = key.as<std::string>();
        const auto bytes = text == nullptr ? 0 : text->size();
        if (!budget.charge(price::kMapFound + blocks(bytes, price::kRead))) return std::nullopt;
        const auto* other = b.find(key);
        if (other == nullptr) return false;
        const auto same = equals(value, *other, budget);
        if (!same || !*same) return same;
    }
    return true;
}

/// Texts of different lengths are not looked at.
std::size_t bytes_compared(const Value& a, const Value& b)
{
    if (const auto* text = a.as<std::string>()) {
        const auto* other = b.as<std::string>();
        return other != nullptr && other->size() == text->size() ? text->size() : 0;
    }
    if (const auto* bytes = a.as<Bytes>()) {
        const auto* other = b.as<Bytes>();
        return other != nullptr && other->data.size() == bytes->data.size() ? bytes->data.size() : 0;
    }
    return 0;
}

}  // namespace

std::optional<bool> equals(const Value& a, const Value& b, Budget& budget)
{
    if (!budget.charge(1 + blocks(bytes_compared(a, b), price::kCompared))) return std::nullopt;
    if (a.is_number() && b.is_number()) return compare(a, b) == std::partial_ordering::equivalent;
    if (a.data().index() != b.data().index()) return false;
    if (const auto* list = a.as_list()) return equal_lists(*list, *b.as_list(), budget);
    if (const auto* map = a.as_map()) return equal_maps(*map, *b.as_map(), budget);
    if (const auto* optional = a.as<Optional>()) {
        const auto& other = *b.as<Optional>();
        if (!optional->value || !other.value) return !optional->value && !other.value;
        return equals(*optional->value, *other.value, budget);
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

bool equals(const Value& a, const Value& b)
{
    Budget unlimited{.steps = std::numeric_limits<std::size_t>::max()};
    return *equals(a, b, unlimited);
}

}  // namespace winnow::expr

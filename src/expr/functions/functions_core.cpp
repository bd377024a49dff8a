#include "expr/functions/function.hpp"
#include "expr/prices.hpp"
#include "expr/values/operators.hpp"
#include "expr/values/scalar_text.hpp"
#include "winnow/base/text.hpp"

namespace winnow::expr {

namespace {

using price::blocks;

Value size_of(Arguments a, Budget& budget)
{
    const auto count = [](std::size_t size) {
        return Value(static_cast<std::int64_t>(size));
    };
    if (const auto* text = a[0].as<std::string>()) {
        return budget.charge(blocks(text->size(), price::kSearched)) ? count(count_code_points(*text)) : over_budget();
    }
    if (const auto* bytes = a[0].as<Bytes>()) return count(bytes->data.size());
    if (const auto* list = a[0].as_list()) return count(list->size());
    if (const auto* map = a[0].as_map()) return count(map->entries().size());
    return no_overload("size", a);
}

Value type_of(Arguments a, Budget& /*budget*/)
{
    return TypeName{std::string(type_name(a[0]))};
}

Value same(Arguments a, Budget& budget)
{
    return copied(a[0], budget);
}

bool is_zero(const Value& value)
{
    if (value.is_null()) return true;
    if (const auto* flag = value.as<bool>()) return !*flag;
    if (value.is_number()) return equals(value, std::int64_t{0});
    if (const auto* text = value.as<std::string>()) return text->empty();
    if (const auto* bytes = value.as<Bytes>()) return bytes->data.empty();
    if (const auto* list = value.as_list()) return list->empty();
    if (const auto* map = value.as_map()) return map->entries().empty();
    if (const auto* span = value.as<Span>()) return span->nanos == 0;
    if (const auto* at = value.as<Instant>()) return *at == Instant{.seconds = kFirstSecond, .nanos = 0};
    return false;
}

Value optional_of(Arguments a, Budget& budget)
{
    return some(a[0], budget);
}

Value optional_none(Arguments /*a*/, Budget& /*budget*/)
{
    return Optional{};
}

Value optional_of_non_zero(Arguments a, Budget& budget)
{
    return is_zero(a[0]) ? Value(Optional{}) : some(a[0], budget);
}

Value has_value(Arguments a, Budget& /*budget*/)
{
    const auto* optional = a[0].as<Optional>();
    return optional == nullptr ? no_overload("hasValue", a) : Value(optional->value != nullptr);
}

Value value_of(Arguments a, Budget& budget)
{
    const auto* optional = a[0].as<Optional>();
    if (optional == nullptr) return no_overload("value", a);
    return optional->value ? copied(*optional->value, budget) : Value::error("optional.none() has no value");
}

/// label("env") reads the alert's labels: the evaluator does it, where the names are.
Value label(Arguments a, Budget& /*budget*/)
{
    return no_overload("label", a);
}

}  // namespace

void add_core_functions(std::vector<Function>& all)
{
    all.push_back({.name = "size", .method = false, .least = 1, .most = 1, .call = size_of});
    all.push_back({.name = "size", .method = true, .least = 1, .most = 1, .call = size_of});
    all.push_back({.name = "type", .method = false, .least = 1, .most = 1, .call = type_of});
    all.push_back({.name = "label", .method = false, .least = 1, .most = 1, .call = label});
    all.push_back({.name = "dyn", .method = false, .least = 1, .most = 1, .call = same});
    all.push_back({.name = "optional.of", .method = false, .least = 1, .most = 1, .call = optional_of});
    all.push_back({.name = "optional.none", .method = false, .least = 0, .most = 0, .call = optional_none});
    all.push_back(
        {.name = "optional.ofNonZeroValue", .method = false, .least = 1, .most = 1, .call = optional_of_non_zero});
    all.push_back({.name = "hasValue", .method = true, .least = 1, .most = 1, .call = has_value});
    all.push_back({.name = "value", .method = true, .least = 1, .most = 1, .call = value_of});
    all.push_back({.name = "orValue", .method = true, .least = 2, .most = 2, .lazy = Function::Lazy::unwraps});
    all.push_back({.name = "or", .method = true, .least = 2, .most = 2, .lazy = Function::Lazy::keeps});
}

}  // namespace winnow::expr

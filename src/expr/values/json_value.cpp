#include "expr/values/json_value.hpp"

#include "expr/prices.hpp"

#include <simdjson.h>

namespace winnow::expr {

namespace {

using simdjson::dom::element_type;

/// Depth is bounded by the parser.
Value convert(simdjson::dom::element element, std::size_t& cost)
{
    ++cost;
    switch (element.type()) {
        case element_type::NULL_VALUE: return {};
        case element_type::BOOL: return bool(element);
        case element_type::INT64: return int64_t(element);
        case element_type::UINT64: return uint64_t(element);
        case element_type::DOUBLE: return double(element);
        case element_type::STRING: {
            const std::string_view text(element);
            cost += price::blocks(text.size(), price::kCopied);
            return std::string(text);
        }
        case element_type::ARRAY: {
            const simdjson::dom::array items(element);
            List list;
            list.reserve(items.size());
            for (const auto item : items) list.push_back(convert(item, cost));
            return Value::list(std::move(list));
        }
        case element_type::OBJECT: {
            Map map;
            for (const auto member : simdjson::dom::object(element)) {
                cost += price::kMapEntry + price::blocks(member.key.size(), price::kRead);
                map.insert(std::string(member.key), convert(member.value, cost));
            }
            return Value::map(std::move(map));
        }
    }
    return {};
}

}  // namespace

Value value_of_json(std::string_view json, std::size_t& cost)
{
    cost += price::blocks(json.size(), price::kRead);
    constexpr std::size_t kMaxDepth = 64;
    simdjson::dom::parser parser;
    if (parser.allocate(json.size(), kMaxDepth) != simdjson::SUCCESS) return Value::error("not JSON");
    simdjson::dom::element root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return Value::error("not JSON");
    return convert(root, cost);
}

}  // namespace winnow::expr

#include "expr/json_value.hpp"

#include <simdjson.h>

namespace winnow::expr {

namespace {

using simdjson::dom::element_type;

/// Depth is bounded by the parser.
Value convert(simdjson::dom::element element)
{
    switch (element.type()) {
        case element_type::NULL_VALUE: return {};
        case element_type::BOOL: return bool(element);
        case element_type::INT64: return int64_t(element);
        case element_type::UINT64: return uint64_t(element);
        case element_type::DOUBLE: return double(element);
        case element_type::STRING: return std::string(std::string_view(element));
        case element_type::ARRAY: {
            List list;
            for (const auto item : simdjson::dom::array(element)) list.push_back(convert(item));
            return Value::list(std::move(list));
        }
        case element_type::OBJECT: {
            Map map;
            for (const auto member : simdjson::dom::object(element)) {
                map.insert(std::string(member.key), convert(member.value));
            }
            return Value::map(std::move(map));
        }
    }
    return {};
}

}  // namespace

Value value_of_json(std::string_view json)
{
    constexpr std::size_t kMaxDepth = 64;
    simdjson::dom::parser parser;
    if (parser.allocate(json.size(), kMaxDepth) != simdjson::SUCCESS) return Value::error("not JSON");
    simdjson::dom::element root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return Value::error("not JSON");
    return convert(root);
}

}  // namespace winnow::expr

#include "api/scim/scim_query.hpp"

#include "api/scim/scim_user.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

/// Takes the first word off.
std::string_view take_word(std::string_view& text)
{
    text = trimmed(text);
    const auto word = text.substr(0, text.find(' '));
    text = trimmed(text.substr(word.size()));
    return word;
}

Error unknown_filter()
{
    return scim_error("invalidFilter", "the filter must be userName eq \"…\" or externalId eq \"…\"");
}

/// Names with commas between them, each without its schema and without what stands below it.
std::vector<std::string> read_names(std::string_view text)
{
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        auto name = without_schema(trimmed(text.substr(0, comma)));
        name = name.substr(0, name.find('.'));
        if (!name.empty()) names.emplace_back(name);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return names;
}

/// nullopt: it is no whole number.
std::optional<std::int64_t> read_number(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A list of names, as a query has it: with commas between them.
Result<std::string> names_of(const json& list)
{
    std::string names;
    const bool is_list =
        list.is_array() && std::ranges::all_of(list, [](const json& each) { return each.is_string(); });
    if (!is_list) return scim_error("invalidValue", "attributes must be a list of their names");
    for (const auto& each : list) (names += names.empty() ? "" : ",") += each.get_ref<const std::string&>();
    return names;
}

/// Parameters that any question may have. False: it is none of them.
bool take_projection(Projection& projection, std::string_view name, std::string_view value)
{
    if (same_word(name, "attributes")) {
        projection.only = read_names(value);
    } else if (same_word(name, "excludedAttributes")) {
        projection.but = read_names(value);
    } else {
        return false;
    }
    return true;
}

/// What is below 1 counts as 1, and of a count what is below 0 as 0 (RFC 7644 §3.4.2.4).
Result<Done> take_range(ScimQuery& query, std::string_view name, std::string_view value)
{
    constexpr std::int64_t kLast = 1'000'000'000;
    const auto number = read_number(value);
    if (!number) return scim_error("invalidValue", std::string(name) + " must be a whole number");
    if (same_word(name, "startIndex")) {
        query.skip = static_cast<std::size_t>(std::clamp<std::int64_t>(*number, 1, kLast) - 1);
    } else {
        query.count = static_cast<std::size_t>(std::clamp<std::int64_t>(*number, 0, kMostScimUsers));
    }
    return Done{};
}

Error unknown_parameter(const std::string& name)
{
    return scim_error("invalidValue", "there is no parameter " + name.substr(0, kMostFilterBytes));
}

bool is_among(const std::vector<std::string>& names, std::string_view name)
{
    return std::ranges::any_of(names, [&](const std::string& each) { return same_word(each, name); });
}

}  // namespace

Result<ports::DirectoryFilter> read_filter(std::string_view text)
{
    if (text.size() > kMostFilterBytes) return unknown_filter();
    const auto attribute = without_schema(take_word(text));
    if (!same_word(take_word(text), "eq")) return unknown_filter();
    const auto value = json::parse(text, nullptr, false);
    if (!value.is_string()) return unknown_filter();
    ports::DirectoryFilter filter;
    if (same_word(attribute, "userName")) {
        filter.user_name = value.get<std::string>();
    } else if (same_word(attribute, "externalId")) {
        filter.external_id = value.get<std::string>();
    } else {
        return unknown_filter();
    }
    // PostgreSQL's texts have no U+0000, and no name has one.
    if (value.get_ref<const std::string&>().contains('\0')) return unknown_filter();
    return filter;
}

Result<ScimQuery> read_query(const http::RequestHead& head)
{
    ScimQuery query;
    for (const auto& [name, value] : head.query_parameters()) {
        if (take_projection(query.projection, name, value)) continue;
        if (same_word(name, "filter")) {
            auto filter = read_filter(value);
            if (!filter) return filter.error();
            query.filter = *std::move(filter);
        } else if (same_word(name, "startIndex") || same_word(name, "count")) {
            if (const auto taken = take_range(query, name, value); !taken) return taken.error();
        } else {
            return unknown_parameter(name);
        }
    }
    return query;
}

Result<ScimQuery> read_search(const json& document)
{
    constexpr std::string_view kSearch = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    if (!names_schema(document, kSearch)) {
        return scim_error("invalidSyntax", "schemas must name " + std::string(kSearch));
    }
    ScimQuery query;
    for (const auto& [name, value] : document.items()) {
        if (value.is_null() || same_word(name, "schemas")) continue;
        if (same_word(name, "attributes") || same_word(name, "excludedAttributes")) {
            auto names = names_of(value);
            if (!names) return names.error();
            take_projection(query.projection, name, *names);
        } else if (same_word(name, "filter") && value.is_string()) {
            auto filter = read_filter(value.get_ref<const std::string&>());
            if (!filter) return filter.error();
            query.filter = *std::move(filter);
        } else if ((same_word(name, "startIndex") || same_word(name, "count")) && value.is_number_integer()) {
            if (const auto taken = take_range(query, name, value.dump()); !taken) return taken.error();
        } else {
            return scim_error("invalidValue", "there is no parameter " + name.substr(0, kMostFilterBytes) +
                                                  ", or it is of another type");
        }
    }
    return query;
}

Result<Projection> read_projection(const http::RequestHead& head)
{
    Projection projection;
    for (const auto& [name, value] : head.query_parameters()) {
        if (!take_projection(projection, name, value)) return unknown_parameter(name);
    }
    return projection;
}

json projected(json document, const Projection& projection)
{
    std::vector<std::string> left_out;
    for (const auto& [name, value] : document.items()) {
        if (name == "id" || name == "schemas") continue;
        const bool is_asked = projection.only.empty() || is_among(projection.only, name);
        if (!is_asked || is_among(projection.but, name)) left_out.push_back(name);
    }
    for (const auto& name : left_out) document.erase(name);
    return document;
}

}  // namespace winnow::api

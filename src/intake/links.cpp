#include "intake/alert_fields.hpp"

#include <utility>

namespace winnow::intake {

namespace {

// One link. `more` is set where it has members that a link does not know.
Syntax read_link(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth,
                 const domain::AlertLimits& limits, domain::Link& link, bool& more)
{
    if (Reader::kind_of(value) != '{') {
        reader.refuse(at, R"(must be an object such as {"href": "https://…", "text": "Runbook"})");
        return reader.skip(value, at, depth);
    }
    ondemand::object members;
    if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
    Reader::Names names(reader);
    for (auto member : members) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader.name(field, at, name); error != simdjson::SUCCESS) return error;
        names.add(name);
        const auto here = at.member(name);
        auto error = simdjson::SUCCESS;
        if (name == "href") {
            error = read_text(reader, field.value(), here, limits.max_link_chars, link.href);
        } else if (name == "text") {
            error = read_text(reader, field.value(), here, limits.max_field_chars, link.text);
        } else {
            more = true;
            error = reader.skip(field.value(), here, depth + 1);
        }
        if (error != simdjson::SUCCESS) return error;
    }
    names.check(at);
    if (!is_safe_link(link.href)) {
        reader.refuse(at.member("href"), "must be an address that begins with https://, http:// or mailto:");
    }
    return simdjson::SUCCESS;
}

std::string compact(std::string_view json)
{
    std::string text(json.size(), '\0');
    std::size_t length = 0;
    if (simdjson::minify(json.data(), json.size(), text.data(), length) != simdjson::SUCCESS) return "null";
    text.resize(length);
    return text;
}

}  // namespace

Syntax read_links(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth,
                  const domain::AlertLimits& limits, std::vector<domain::Link>& out, Details& details)
{
    const char kind = Reader::kind_of(value);
    if (kind != '[') {
        if (kind != 'n') reader.refuse(at, R"(must be an array such as [{"href": "https://…", "text": "Runbook"}])");
        return reader.skip(value, at, depth);
    }
    const auto* const begin = value.raw_json_token().data();
    ondemand::array elements;
    if (const auto error = value.get_array().get(elements); error != simdjson::SUCCESS) return error;
    bool more = false;
    std::size_t index = 0;
    for (auto element : elements) {
        ondemand::value child;
        if (const auto error = std::move(element).get(child); error != simdjson::SUCCESS) return error;
        domain::Link link;
        const auto error = read_link(reader, child, at.element(index++), depth + 1, limits, link, more);
        if (error != simdjson::SUCCESS) return error;
        if (index <= limits.max_links) out.push_back(std::move(link));
    }
    if (index > limits.max_links) {
        reader.refuse(at, "has more than " + std::to_string(limits.max_links) + " links; put the rest into details");
    }
    if (more && !reader.refused()) {
        // The raw text up to the array's last bracket; what follows is a comma, a brace or space.
        std::string_view raw(begin, static_cast<std::size_t>(reader.position() - begin));
        details.keep("links", compact(raw.substr(0, raw.rfind(']') + 1)));
    }
    return simdjson::SUCCESS;
}

}  // namespace winnow::intake

#include "intake/alert_fields.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace winnow::intake {

namespace {

constexpr std::chrono::days kFarthest{3'653};  // ten years: a clock further off than this is not set at all

bool is_null(ondemand::value& value)
{
    return Reader::kind_of(value) == 'n';
}

Syntax check_scalar(Reader& reader, ondemand::value& value, const Path& at)
{
    std::string_view text;
    return reader.scalar(value, at, text);
}

// Refuses a value of the wrong type, and reads it all the same: its syntax counts for the whole body.
Syntax wrong_type(Reader& reader, ondemand::value& value, const Path& at, std::string what)
{
    reader.refuse(at, std::move(what));
    return reader.skip(value, at, 1);
}

Syntax read_label(Reader& reader, ondemand::value& value, const Path& at, std::string_view& text)
{
    switch (Reader::kind_of(value)) {
        case '"': return reader.string(value, at, text);
        case '{':
        case '[':
            return wrong_type(reader, value, at,
                              "must be a string, a number or a boolean; put nested values into details");
        case 'n': return check_scalar(reader, value, at);
        default: return reader.scalar(value, at, text);
    }
}

void add_label(Reader& reader, const Path& at, const domain::AlertLimits& limits, std::string_view value,
               domain::Labels& out)
{
    if (value.empty()) return;
    if (at.name.empty()) return reader.refuse(at, "has no name; give the label one");
    if (!fits(at.name, limits.max_label_name_chars)) {
        return reader.refuse(
            at, "has a name longer than " + std::to_string(limits.max_label_name_chars) + " characters; shorten it");
    }
    if (!fits(value, limits.max_label_value_chars)) {
        return reader.refuse(at, "is longer than " + std::to_string(limits.max_label_value_chars) +
                                     " characters; shorten it or put it into details");
    }
    if (out.size() == limits.max_labels && out.find(at.name) == nullptr) {
        return reader.refuse(
            *at.parent, "has more than " + std::to_string(limits.max_labels) + " labels; put the rest into details");
    }
    out.set(std::string(at.name), std::string(value));
}

}  // namespace

bool fits(std::string_view text, std::size_t max_chars) noexcept
{
    return text.size() <= max_chars || count_code_points(text) <= max_chars;
}

std::string shorten(std::string_view text, std::size_t max_chars)
{
    if (fits(text, max_chars)) return std::string(text);
    std::size_t at = 0;
    for (std::size_t chars = 0; chars + 1 < max_chars; ++chars) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    }
    return std::string(text.substr(0, at)) + "…";
}

bool is_safe_link(std::string_view href) noexcept
{
    constexpr std::array<std::string_view, 3> kSchemes{"https://", "http://", "mailto:"};
    return std::ranges::any_of(kSchemes, [&](std::string_view scheme) {
        return href.size() > scheme.size() && std::ranges::equal(href.substr(0, scheme.size()), scheme, {}, [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
               });
    });
}

Syntax read_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars, std::string& out)
{
    if (is_null(value)) return check_scalar(reader, value, at);
    if (Reader::kind_of(value) != '"') return wrong_type(reader, value, at, "must be a string");
    std::string_view text;
    if (const auto error = reader.string(value, at, text); error != simdjson::SUCCESS) return error;
    if (!fits(text, max_chars)) {
        reader.refuse(at, "is longer than " + std::to_string(max_chars) + " characters; shorten it");
        return simdjson::SUCCESS;
    }
    out.assign(text);
    return simdjson::SUCCESS;
}

Syntax read_time(Reader& reader, ondemand::value& value, const Path& at, Timestamp received_at,
                 std::optional<Timestamp>& out)
{
    constexpr std::string_view kForm = "must be a time in RFC 3339 such as 2026-11-23T06:00:00.000Z, or null";
    if (is_null(value)) return check_scalar(reader, value, at);
    if (Reader::kind_of(value) != '"') return wrong_type(reader, value, at, std::string(kForm));
    std::string_view text;
    if (const auto error = reader.string(value, at, text); error != simdjson::SUCCESS) return error;
    out = parse_rfc3339(text);
    if (!out) {
        reader.refuse(at, std::string(kForm));
    } else if (*out < received_at - kFarthest || *out > received_at + kFarthest) {
        reader.refuse(at, "is more than ten years from now; set the sender's clock, or leave the field out");
        out.reset();
    }
    return simdjson::SUCCESS;
}

Syntax read_labels(Reader& reader, ondemand::value& value, const Path& at, const domain::AlertLimits& limits,
                   domain::Labels& out)
{
    if (is_null(value)) return check_scalar(reader, value, at);
    if (Reader::kind_of(value) != '{') return wrong_type(reader, value, at, "must be an object of strings");
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
        std::string_view text;
        if (const auto error = read_label(reader, field.value(), here, text); error != simdjson::SUCCESS) return error;
        add_label(reader, here, limits, text, out);
    }
    names.check(at);
    return simdjson::SUCCESS;
}

Syntax Details::read(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth)
{
    switch (Reader::kind_of(value)) {
        case '{': return reader.append_members(value, at, depth, members_, &names_);
        case 'n': return check_scalar(reader, value, at);
        default:
            members_ = "\"value\":";
            names_.push_back("value");
            return reader.append(value, at, depth, members_);
    }
}

Syntax Details::keep(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth)
{
    return reader.append(value, at, depth, kept_.emplace_back(std::string(at.name), std::string()).second);
}

std::string Details::str()
{
    std::string text;
    text.reserve(members_.size() + 2);
    text += '{';
    text += members_;
    std::set<std::string, std::less<>> taken;
    if (!kept_.empty()) taken.insert(names_.begin(), names_.end());
    for (auto& [name, json] : kept_) {
        while (!taken.insert(name).second) name += '_';
        if (text.size() > 1) text += ',';
        append_json_string(text, name);
        text += ':';
        text += json;
    }
    text += '}';
    return text;
}

}  // namespace winnow::intake

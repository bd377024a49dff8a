#include "winnow/forms/field_reader.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time_range.hpp"
#include "winnow/domain/one_line.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace winnow::forms {
namespace {

using nlohmann::json;

/// What people look for where they are shown it; a title is judged where it is read.
constexpr std::array<std::string_view, 4> kRead{"name", "comment", "priority", "text"};

std::string length_rule(Length length)
{
    if (length.min == 0) return "must have at most " + std::to_string(length.max) + " characters";
    return "must have " + std::to_string(length.min) + " to " + std::to_string(length.max) + " characters";
}

}  // namespace

FieldReader::FieldReader(const json& document, std::string pointer)
    : FieldReader(document, std::move(pointer), std::make_shared<Errors>())
{
}

FieldReader::FieldReader(const json& document, std::string pointer, std::shared_ptr<Errors> errors)
    : document_(&document), pointer_(std::move(pointer)), errors_(std::move(errors))
{
    if (!document.is_object()) add(pointer_, "must be a JSON object");
}

bool FieldReader::has(std::string_view name) const
{
    if (!document_->is_object()) return false;
    const auto it = document_->find(name);
    return it != document_->end() && !it->is_null();
}

std::string FieldReader::pointer_to(std::string_view name) const
{
    return name.empty() ? pointer_ : pointer_ + '/' + escape_pointer(name);
}

void FieldReader::add(std::string pointer, std::string detail, std::string code)
{
    if (errors_->size() >= kMaxErrors) return;
    errors_->push_back({.pointer = std::move(pointer), .code = std::move(code), .detail = std::move(detail)});
}

void FieldReader::error(std::string_view name, std::string detail, std::string code)
{
    add(pointer_to(name), std::move(detail), std::move(code));
}

void FieldReader::item_error(std::string_view name, std::size_t index, std::string detail)
{
    add(pointer_to(name) + '/' + std::to_string(index), std::move(detail));
}

const json* FieldReader::find(std::string_view name, Need need, std::string_view expected)
{
    asked_.emplace_back(name);
    if (!document_->is_object()) return nullptr;
    const auto it = document_->find(name);
    if (it != document_->end() && !it->is_null()) return &*it;
    if (need == Need::required) add(pointer_to(name), "is required: " + std::string(expected));
    return nullptr;
}

std::optional<std::string> FieldReader::checked_text(const json& value, const std::string& pointer, Length length)
{
    if (!value.is_string()) {
        add(pointer, "must be a string");
        return std::nullopt;
    }
    const auto& text = value.get_ref<const std::string&>();
    const auto count = count_code_points(text);
    if (count < length.min || count > length.max) {
        add(pointer, length_rule(length));
        return std::nullopt;
    }
    if (has_control_characters(text)) {
        add(pointer, "must not hold control characters");
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> FieldReader::text(std::string_view name, Length length, Need need)
{
    const auto* value = find(name, need, "a string");
    if (value == nullptr) return std::nullopt;
    auto checked = checked_text(*value, pointer_to(name), length);
    if (!checked || checked->empty()) return checked;
    if (std::ranges::find(kRead, name) != kRead.end() && domain::one_line(*checked).empty()) {
        error(name, "must hold something that can be seen");
        return std::nullopt;
    }
    if (name == "name" && checked->find_first_of("\t\n\r") != std::string::npos) {
        error(name, "must be one line, without tabs");
        return std::nullopt;
    }
    return checked;
}

std::optional<bool> FieldReader::boolean(std::string_view name, Need need)
{
    const auto* value = any(name, Need::optional);  // there is no flag that GET shows as null
    if (value == nullptr) {
        if (need == Need::required) add(pointer_to(name), "is required: true or false");
        return std::nullopt;
    }
    if (value->is_boolean()) return value->get<bool>();
    error(name, "must be true or false");
    return std::nullopt;
}

std::optional<std::int64_t> FieldReader::integer(std::string_view name, std::int64_t min, std::int64_t max, Need need)
{
    const auto rule = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const auto* value = find(name, need, rule);
    if (value == nullptr) return std::nullopt;
    // A number beyond int64 reads as unsigned or floating; get<int64_t>() would wrap it.
    const bool fits =
        value->is_number_integer() &&
        (!value->is_number_unsigned() ||
         value->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (fits) {
        const auto number = value->get<std::int64_t>();
        if (number >= min && number <= max) return number;
    }
    error(name, "must be " + rule);
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> FieldReader::duration(std::string_view name, std::chrono::milliseconds min,
                                                               std::chrono::milliseconds max, Need need)
{
    const auto rule =
        "an ISO 8601 duration from " + format_iso8601_duration(min) + " to " + format_iso8601_duration(max);
    const auto* value = find(name, need, rule);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) {
        const auto parsed = parse_iso8601_duration(value->get_ref<const std::string&>());
        if (parsed && *parsed >= min && *parsed <= max) return parsed;
    }
    error(name, "must be " + rule);
    return std::nullopt;
}

std::optional<Timestamp> FieldReader::timestamp(std::string_view name, Need need)
{
    const auto rule = "an RFC 3339 time such as \"2026-11-23T06:00:00Z\", " + std::string(kTimeRange);
    const auto* value = find(name, need, rule);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) {
        if (const auto parsed = parse_rfc3339(value->get_ref<const std::string&>())) return parsed;
    }
    error(name, "must be " + rule);
    return std::nullopt;
}

std::optional<std::string> FieldReader::word(std::string_view name, const std::vector<std::string_view>& words,
                                             Need need)
{
    std::string rule = "one of";
    for (const auto choice : words) rule += (choice == words.front() ? " \"" : ", \"") + std::string(choice) + '"';
    const auto* value = find(name, need, rule);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) {
        const auto& text = value->get_ref<const std::string&>();
        if (std::ranges::find(words, text) != words.end()) return text;
        const auto suggestion = text.size() <= 64 ? nearest(text, words) : std::string();
        if (!suggestion.empty()) rule += "; did you mean \"" + suggestion + "\"?";
    }
    error(name, "must be " + rule);
    return std::nullopt;
}

const json* FieldReader::list(std::string_view name, std::size_t max_items, Need need)
{
    const auto rule = "an array of at most " + std::to_string(max_items) + " items";
    const auto* value = find(name, need, rule);
    if (value == nullptr) return nullptr;
    if (value->is_array() && value->size() <= max_items) return value;
    error(name, "must be " + rule);
    return nullptr;
}

std::optional<std::vector<std::string>> FieldReader::texts(std::string_view name, Length each, std::size_t max_items,
                                                           Need need)
{
    const auto* items = list(name, max_items, need);
    if (items == nullptr) return std::nullopt;
    std::vector<std::string> out;
    bool good = true;
    for (std::size_t i = 0; i < items->size(); ++i) {
        auto item = checked_text((*items)[i], pointer_to(name) + '/' + std::to_string(i), each);
        good = good && item.has_value();
        if (item) out.push_back(std::move(*item));
    }
    if (!good) return std::nullopt;
    return out;
}

std::optional<FieldReader> FieldReader::object(std::string_view name, Need need)
{
    const auto* value = find(name, need, "an object");
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) return FieldReader(*value, pointer_to(name), errors_);
    error(name, "must be an object");
    return std::nullopt;
}

std::optional<std::vector<FieldReader>> FieldReader::objects(std::string_view name, std::size_t max_items, Need need)
{
    const auto* items = list(name, max_items, need);
    if (items == nullptr) return std::nullopt;
    std::vector<FieldReader> out;
    for (std::size_t i = 0; i < items->size(); ++i) {
        // The constructor records an item that is not an object, whose getters then all find nothing.
        out.push_back(FieldReader((*items)[i], pointer_to(name) + '/' + std::to_string(i), errors_));
    }
    return out;
}

const json* FieldReader::any(std::string_view name, Need need)
{
    asked_.emplace_back(name);
    if (document_->is_object()) {
        if (const auto it = document_->find(name); it != document_->end()) return &*it;
    }
    if (need == Need::required) error(name, "is required");
    return nullptr;
}

std::optional<Uuid> FieldReader::uuid_at(std::string_view name, Need need)
{
    const auto* value = find(name, need, "an id");
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) {
        if (const auto id = Uuid::parse(value->get_ref<const std::string&>())) return id;
    }
    error(name, "must be an id such as \"01234567-89ab-7cde-8f01-23456789abcd\"");
    return std::nullopt;
}

std::optional<std::vector<Uuid>> FieldReader::uuids_at(std::string_view name, std::size_t max_items, Need need)
{
    const auto* items = list(name, max_items, need);
    if (items == nullptr) return std::nullopt;
    std::vector<Uuid> out;
    bool good = true;
    for (std::size_t i = 0; i < items->size(); ++i) {
        const auto& item = (*items)[i];
        const auto id = item.is_string() ? Uuid::parse(item.get_ref<const std::string&>()) : std::nullopt;
        const bool repeated = id && std::ranges::find(out, *id) != out.end();
        if (id && !repeated) {
            out.push_back(*id);
            continue;
        }
        good = false;
        add(pointer_to(name) + '/' + std::to_string(i), repeated ? "stands in the list twice" : "must be an id");
    }
    if (!good) return std::nullopt;
    return out;
}

void FieldReader::read_only(std::initializer_list<std::string_view> names)
{
    asked_.insert(asked_.end(), names.begin(), names.end());
}

void FieldReader::close()
{
    if (!document_->is_object()) return;
    for (const auto& [name, value] : document_->items()) {
        if (std::ranges::find(asked_, name) != asked_.end()) continue;
        const auto suggestion = name.size() <= 64 ? nearest(name, asked_) : std::string();
        error(name, suggestion.empty() ? "is not a field of this object"
                                       : "is not a field of this object; did you mean \"" + suggestion + "\"?");
    }
}

Result<Done> FieldReader::finish()
{
    close();
    if (errors_->empty()) return Done{};
    return Error(*errors_);
}

std::string escape_pointer(std::string_view token)
{
    std::string out;
    for (const char c : token) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

void merge_errors(std::vector<FieldError>& errors, const std::vector<FieldError>& found, const std::string& base)
{
    const auto known = errors.size();
    for (const auto& error : found) {
        if (errors.size() >= kMaxErrors) return;
        const auto pointer = base + error.pointer;
        const auto field = pointer.substr(0, pointer.find('/', base.size() + 1));
        const auto told = std::any_of(
            errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(known),
            [&](const FieldError& other) { return other.pointer == field || other.pointer.starts_with(field + '/'); });
        if (!told) errors.push_back({.pointer = pointer, .code = error.code, .detail = error.detail});
    }
}

}  // namespace winnow::forms

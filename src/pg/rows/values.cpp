#include "pg/rows/values.hpp"

#include "pg/rows/bad_parameter.hpp"
#include "winnow/base/time_range.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace winnow::pg {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string_view view_of(const pqxx::field& field)
{
    if (field.is_null()) throw std::runtime_error(std::string("unexpected NULL in column ") + field.name());
    return {field.c_str(), field.size()};
}

[[noreturn]] void refuse(const pqxx::field& field)
{
    throw std::runtime_error(std::string("unreadable value in column ") + field.name());
}

/// A row from before times were held to the range must still be listed, ended and deleted.
std::optional<Timestamp> end_beyond(std::string_view text) noexcept
{
    if (text == "infinity") return kLatestTime;
    if (text == "-infinity" || text.ends_with("+00 BC")) return kEarliestTime;
    const auto year = std::min(text.find_first_not_of("0123456789"), text.size());
    const bool is_far = year > 4 && text.substr(year).starts_with('-') && text.ends_with("+00");
    return is_far ? std::optional(kLatestTime) : std::nullopt;
}

int digit_of(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

std::string hex_bytes(std::string_view bytes)
{
    std::string text(2 + 2 * bytes.size(), 'x');
    text[0] = '\\';
    std::size_t at = 2;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text[at++] = kHexDigits[byte >> 4U];
        text[at++] = kHexDigits[byte & 15U];
    }
    return text;
}

void Arguments::add(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos) throw BadParameter("text must not contain U+0000");
    values_.emplace_back(std::string(text));
}

std::vector<const char*> Arguments::pointers() const
{
    std::vector<const char*> pointers;
    pointers.reserve(values_.size());
    for (const auto& value : values_) pointers.push_back(value ? value->c_str() : nullptr);
    return pointers;
}

pqxx::result query(pqxx::transaction_base& tx, const char* sql, const Arguments& parameters)
{
    const auto pointers = parameters.pointers();
    return tx.exec_params(sql, pqxx::prepare::make_dynamic_params(pointers));
}

Uuid uuid_of(const pqxx::field& field)
{
    const auto uuid = Uuid::parse(view_of(field));
    if (!uuid) refuse(field);
    return *uuid;
}

Timestamp time_of(const pqxx::field& field)
{
    auto text = view_of(field);
    constexpr std::size_t kYearDigits = 4;
    if (text.find('-') != kYearDigits || !text.ends_with("+00")) {
        const auto end = end_beyond(text);
        if (!end) refuse(field);
        return *end;
    }
    if (text.size() > 40) refuse(field);
    std::array<char, 40> rfc3339{};
    text.remove_suffix(3);
    text.copy(rfc3339.data(), text.size());
    rfc3339.at(text.size()) = 'Z';
    const auto instant = parse_rfc3339({rfc3339.data(), text.size() + 1});
    if (!instant) refuse(field);
    return *instant;
}

std::string bytes_of(const pqxx::field& field)
{
    const auto text = view_of(field);
    if (!text.starts_with("\\x") || text.size() % 2 != 0) refuse(field);
    std::string bytes(text.size() / 2 - 1, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = digit_of(text[2 + 2 * i]);
        const int low = digit_of(text[3 + 2 * i]);
        if (high < 0 || low < 0) refuse(field);
        bytes[i] = static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string text_of(const pqxx::field& field)
{
    return field.is_null() ? std::string() : std::string(field.c_str(), field.size());
}

std::vector<Uuid> uuids_of(const pqxx::field& field)
{
    auto text = view_of(field);
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') refuse(field);
    text = text.substr(1, text.size() - 2);
    std::vector<Uuid> uuids;
    while (!text.empty()) {
        const auto uuid = Uuid::parse(text.substr(0, 36));
        if (!uuid) refuse(field);
        uuids.push_back(*uuid);
        text.remove_prefix(std::min<std::size_t>(text.size(), 37));
    }
    return uuids;
}

std::string labels_json(const domain::Labels& labels)
{
    auto object = nlohmann::json::object();
    for (const auto& [name, value] : labels.entries()) object[name] = value;
    return object.dump();
}

domain::Labels labels_of(const pqxx::field& field)
{
    domain::Labels labels;
    const auto object = nlohmann::json::parse(view_of(field));
    for (const auto& [name, value] : object.items())
        labels.set(name, value.is_string() ? value.get<std::string>() : value.dump());
    return labels;
}

}  // namespace winnow::pg

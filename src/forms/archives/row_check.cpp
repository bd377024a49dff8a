#include "forms/archives/row_check.hpp"

#include "forms/archives/json_line.hpp"
#include "winnow/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace winnow::forms {

namespace {

using domain::FieldKind;
using domain::FieldShape;
using nlohmann::json;

template <typename Each>
bool is_list_of(const json& value, Each each)
{
    return value.is_array() && std::all_of(value.begin(), value.end(), each);
}

bool is_uuid(const json& value)
{
    return value.is_string() && Uuid::parse(value.get_ref<const std::string&>()).has_value();
}

template <typename Number>
bool is_integer(const json& value)
{
    if (value.is_number_unsigned()) {
        return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
    }
    if (!value.is_number_integer()) return false;
    const auto number = value.get<std::int64_t>();
    return number >= std::numeric_limits<Number>::min() && number <= std::numeric_limits<Number>::max();
}

bool is_time(const json& value)
{
    return value.is_string() && parse_rfc3339(value.get_ref<const std::string&>()).has_value();
}

/// What it has to be; "" where it is that.
std::string_view problem(const json& value, FieldKind kind)
{
    switch (kind) {
        case FieldKind::uuid: return is_uuid(value) ? "" : "must be a UUID";
        case FieldKind::uuids: return is_list_of(value, is_uuid) ? "" : "must be a list of UUIDs";
        case FieldKind::small: return is_integer<std::int16_t>(value) ? "" : "must be an integer of 16 bits";
        case FieldKind::integer: return is_integer<std::int32_t>(value) ? "" : "must be an integer of 32 bits";
        case FieldKind::big: return is_integer<std::int64_t>(value) ? "" : "must be an integer of 64 bits";
        case FieldKind::bigs:
            return is_list_of(value, is_integer<std::int64_t>) ? "" : "must be a list of integers of 64 bits";
        case FieldKind::truth: return value.is_boolean() ? "" : "must be true or false";
        case FieldKind::text: return value.is_string() ? "" : "must be a text";
        case FieldKind::texts:
            return is_list_of(value, [](const json& each) { return each.is_string(); }) ? ""
                                                                                        : "must be a list of texts";
        case FieldKind::time: return is_time(value) ? "" : "must be a time as RFC 3339 has it";
        case FieldKind::secret: return "must be null: secrets are entered again";
        case FieldKind::anything: return "";
    }
    return "";
}

/// No text that we write is as long. A title is taken apart to be searched.
std::size_t most_bytes(std::string_view field)
{
    return field == "title" ? std::size_t{16} << 10U : std::size_t{4} << 20U;
}

/// Bytes that sort as PostgreSQL sorts UUIDs and integers.
void append_key(const json& value, std::string& out)
{
    if (value.is_string()) {
        const auto id = Uuid::parse(value.get_ref<const std::string&>()).value_or(Uuid());
        out.append(id.bytes().begin(), id.bytes().end());
        return;
    }
    constexpr auto kSign = std::uint64_t{1} << 63U;
    const auto number = static_cast<std::uint64_t>(value.get<std::int64_t>()) ^ kSign;
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> static_cast<unsigned>(shift));
}

}  // namespace

RowCheck::RowCheck(const domain::ResourceShape& shape, KnownRows& known, std::size_t most_referred)
    : shape_(shape), known_(known), most_referred_(most_referred)
{
    for (const auto& field : shape_.fields) {
        fields_.emplace(field.name, Field{.shape = &field, .rule = value_rule(shape_.resource, field)});
        if (!field.may_be_absent) ++needed_;
    }
}

std::optional<RowFault> RowCheck::take(const json& row)
{
    if (!row.is_object()) return RowFault{.field = "", .detail = "must be a JSON object"};
    if (auto fault = check_members(row)) return fault;
    if (auto fault = check_place(row)) return fault;
    if (auto fault = check_references(row)) return fault;
    return remember(row);
}

std::optional<RowFault> RowCheck::check_members(const json& row) const
{
    std::size_t needed = 0;
    for (const auto& [name, value] : row.items()) {
        const auto found = fields_.find(name);
        if (found == fields_.end()) {
            return RowFault{.field = name,
                            .detail = name == "tenant_id"
                                          ? "rows name no tenant: what is imported is the importing one's"
                                          : "is nothing that this version knows: take it out, or import "
                                            "with the version that wrote it"};
        }
        const auto& [shape, rule] = found->second;
        const auto& field = *shape;
        if (!field.may_be_absent) ++needed;
        if (value.is_null()) {
            if (!field.may_be_null) return RowFault{.field = name, .detail = "must not be null"};
            continue;
        }
        if (const auto wrong = problem(value, field.kind); !wrong.empty()) {
            return RowFault{.field = name, .detail = std::string(wrong)};
        }
        if (value.is_string() && value.get_ref<const std::string&>().size() > most_bytes(name)) {
            return RowFault{.field = name, .detail = "is longer than " + std::to_string(most_bytes(name)) + " bytes"};
        }
        if (rule == nullptr) continue;
        if (auto wrong = rule(value); !wrong.empty()) return RowFault{.field = name, .detail = std::move(wrong)};
    }
    if (shape_.resource == "users") {
        if (auto wrong = user_problem(row); !wrong.empty())
            return RowFault{.field = "management_group_ids", .detail = std::move(wrong)};
    }
    if (needed == needed_) return std::nullopt;
    for (const auto& field : shape_.fields) {
        if (!field.may_be_absent && !row.contains(field.name)) {
            return RowFault{.field = field.name, .detail = "is missing"};
        }
    }
    return std::nullopt;
}

std::optional<RowFault> RowCheck::check_place(const json& row)
{
    std::vector<std::string> members;
    for (const auto& [name, value] : row.items()) members.push_back(name);
    if (is_first_) members_ = members;
    if (members != members_) {
        return RowFault{.field = "", .detail = "has other members than the resource's first line: all have the same"};
    }
    std::string key;
    for (const auto& name : shape_.key) append_key(row.at(name), key);
    if (!is_first_ && !key.empty() && key <= last_) {
        return RowFault{.field = shape_.key.back(),
                        .detail = key == last_ ? "stands twice: each key stands once"
                                               : "comes before the line above: rows stand in the order of their keys"};
    }
    is_first_ = false;
    last_ = std::move(key);
    return std::nullopt;
}

std::optional<RowFault> RowCheck::check_references(const json& row)
{
    for (const auto& [field, resource] : shape_.references) {
        const auto* const value = member_of(row, field);
        if (value == nullptr || value->is_null()) continue;
        const auto id = Uuid::parse(value->get_ref<const std::string&>());
        if (id && std::ranges::binary_search(known_[resource], *id)) continue;
        if (id && resource == shape_.resource && later_.size() < most_referred_) {
            later_.push_back(*id);
            later_field_ = field;
            continue;
        }
        return RowFault{.field = field, .detail = "names a row that is not in " + resource};
    }
    return std::nullopt;
}

std::optional<RowFault> RowCheck::remember(const json& row)
{
    const auto found = known_.find(shape_.resource);
    if (found == known_.end() || shape_.key.empty()) return std::nullopt;
    if (found->second.size() >= most_referred_) {
        return RowFault{.field = "",
                        .detail = "is one row too many: of those that others refer to, " +
                                  std::to_string(most_referred_) + " can be imported"};
    }
    found->second.push_back(*Uuid::parse(row.at(shape_.key.front()).get_ref<const std::string&>()));
    return std::nullopt;
}

std::optional<RowFault> RowCheck::finish() const
{
    const auto found = known_.find(shape_.resource);
    for (const auto& id : later_) {
        if (found != known_.end() && std::ranges::binary_search(found->second, id)) continue;
        return RowFault{.field = later_field_, .detail = "names a row that is not in " + shape_.resource};
    }
    return std::nullopt;
}

}  // namespace winnow::forms

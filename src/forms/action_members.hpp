#pragma once

/// @file
/// What the table of actions is made of: a kind of action, and each of its members. Private to forms.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/forms/action_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::forms {

/// A member of `Kind`, one of the alternatives of domain::Action.
template <typename Kind>
struct Member {
    ActionMember about;
    std::function<nlohmann::json(const Kind&)> write;
    std::function<void(FieldReader&, Kind&)> read;  ///< Leaves the default where nothing is given.
    /// False of a value that `write` would not have written, or what nlohmann throws.
    std::function<bool(const nlohmann::json&, Kind&)> load;
    /// Whether stored actions have it, which `write` wrote whatever people gave. Optional of a member that is younger
    /// than its kind: rows without it are good, and the default stands for it.
    Need stored = Need::required;
};

template <typename Kind>
Member<Kind> text(std::string_view name, std::string Kind::* at, Length length, Need need = Need::optional)
{
    return {
        .about = {name, need, Text{length}},
        .write = [at](const Kind& action) { return nlohmann::json(action.*at); },
        .read = [=](FieldReader& fields, Kind& action) { action.*at = fields.text(name, length, need).value_or(""); },
        .load =
            [at](const nlohmann::json& value, Kind& action) {
                action.*at = value.get<std::string>();
                return true;
            }};
}

template <typename Kind>
Member<Kind> number(std::string_view name, std::int32_t Kind::* at, Number range, Need need = Need::optional)
{
    return {.about = {name, need, range},
            .write = [at](const Kind& action) { return nlohmann::json(action.*at); },
            .read =
                [=](FieldReader& fields, Kind& action) {
                    const auto given = fields.integer(name, range.min, range.max, need);
                    if (given) action.*at = static_cast<std::int32_t>(*given);
                },
            .load =
                [at](const nlohmann::json& value, Kind& action) {
                    action.*at = value.get<std::int32_t>();
                    return true;
                }};
}

/// One that is stored and cannot be read becomes none at all, which compiling refuses: the rule is reported as broken.
template <typename Kind>
Member<Kind> duration(std::string_view name, std::chrono::milliseconds Kind::* at, Duration range,
                      Need need = Need::optional)
{
    return {.about = {name, need, range},
            .write = [at](const Kind& action) { return nlohmann::json(format_iso8601_duration(action.*at)); },
            .read =
                [=](FieldReader& fields, Kind& action) {
                    action.*at = fields.duration(name, range.min, range.max, need).value_or(action.*at);
                },
            .load =
                [at](const nlohmann::json& value, Kind& action) {
                    const auto stored = parse_iso8601_duration(value.get<std::string>());
                    action.*at = stored.value_or(std::chrono::milliseconds{0});
                    return true;
                }};
}

/// One of `words`, which `parse` knows and to_string() gives.
template <typename Kind, typename Enum>
Member<Kind> word(std::string_view name, Enum Kind::* at, std::vector<std::string_view> words,
                  std::optional<Enum> (*parse)(std::string_view), Need need = Need::optional)
{
    return {.about = {name, need, Word{words}},
            .write = [at](const Kind& action) { return nlohmann::json(to_string(action.*at)); },
            .read =
                [=](FieldReader& fields, Kind& action) {
                    const auto given = fields.word(name, words, need);
                    if (given) action.*at = parse(*given).value_or(action.*at);
                },
            .load =
                [=](const nlohmann::json& value, Kind& action) {
                    const auto stored = parse(value.get<std::string>());
                    action.*at = stored.value_or(action.*at);
                    return stored.has_value();
                }};
}

template <typename Kind>
Member<Kind> texts(std::string_view name, std::vector<std::string> Kind::* at, Texts range, Need need = Need::optional)
{
    return {.about = {name, need, range},
            .write = [at](const Kind& action) { return nlohmann::json(action.*at); },
            .read =
                [=](FieldReader& fields, Kind& action) {
                    action.*at = fields.texts(name, range.each, range.most, need).value_or(action.*at);
                },
            .load =
                [at](const nlohmann::json& value, Kind& action) {
                    action.*at = value.get<std::vector<std::string>>();
                    return true;
                }};
}

template <typename Kind, typename Id>
Member<Kind> ids(std::string_view name, std::vector<Id> Kind::* at, Ids range, Need need = Need::optional)
{
    return {.about = {name, need, range},
            .write =
                [at](const Kind& action) {
                    auto list = nlohmann::json::array();
                    for (const auto& id : action.*at) list.push_back(id.str());
                    return list;
                },
            .read = [=](FieldReader& fields,
                        Kind& action) { action.*at = fields.ids<Id>(name, range.most, need).value_or(action.*at); },
            .load =
                [at](const nlohmann::json& value, Kind& action) {
                    for (const auto& text : value) {
                        const auto id = Id::parse(text.get<std::string>());
                        if (!id) return false;
                        (action.*at).push_back(*id);
                    }
                    return true;
                }};
}

enum class Given : std::uint8_t { each, one };

/// A row of the table before it is one.
template <typename Kind>
struct Row {
    std::string_view type;
    std::vector<Member<Kind>> members;
    Given given = Given::each;
};

/// What the table asks of a row, whatever its kind.
class Form : public ActionForm {
public:
    [[nodiscard]] virtual nlohmann::json write(const domain::Action& action) const = 0;
    [[nodiscard]] virtual domain::Action read(FieldReader& fields) const = 0;
    /// nullopt, or what nlohmann throws, where write() would not have written it.
    [[nodiscard]] virtual std::optional<domain::Action> load(const nlohmann::json& stored) const = 0;
};

template <typename Kind>
class FormOf final : public Form {
public:
    explicit FormOf(Row<Kind> row) : row_(std::move(row))
    {
        for (const auto& member : row_.members) members_.push_back(member.about);
    }

    [[nodiscard]] std::string_view type() const noexcept override { return row_.type; }
    [[nodiscard]] const std::vector<ActionMember>& members() const noexcept override { return members_; }
    [[nodiscard]] bool is_choice() const noexcept override { return row_.given == Given::one; }

    [[nodiscard]] nlohmann::json write(const domain::Action& action) const override
    {
        const auto& value = std::get<Kind>(action);
        nlohmann::json document{{"type", row_.type}};
        for (const auto& member : row_.members) {
            auto written = member.write(value);
            const bool is_last = &member == &row_.members.back();
            if (is_choice() && !is_last && (written.empty() || written == "")) continue;  // not the one that was given
            document[std::string(member.about.name)] = std::move(written);
            if (is_choice()) break;
        }
        return document;
    }

    [[nodiscard]] domain::Action read(FieldReader& fields) const override
    {
        Kind action;
        for (const auto& member : row_.members) member.read(fields, action);
        if (is_choice() &&
            std::ranges::count_if(members_, [&](const auto& each) { return fields.has(each.name); }) != 1) {
            std::string names;
            for (const auto& each : members_) {
                names.append(names.empty() ? "\"" : " or \"").append(each.name).append("\"");
            }
            fields.error("", "must have either " + names);
        }
        return action;
    }

    [[nodiscard]] std::optional<domain::Action> load(const nlohmann::json& stored) const override
    {
        Kind action;
        for (const auto& member : row_.members | std::views::reverse) {
            const auto value = stored.find(member.about.name);
            if (value != stored.end()) {
                if (!member.load(*value, action)) return std::nullopt;
                if (is_choice()) return action;  // nodes of every version take the last one, whatever else is there
            } else if (!is_choice() && member.stored == Need::required) {
                return std::nullopt;
            }
        }
        if (is_choice()) return std::nullopt;
        return action;
    }

private:
    Row<Kind> row_;
    std::vector<ActionMember> members_;
};

}  // namespace winnow::forms

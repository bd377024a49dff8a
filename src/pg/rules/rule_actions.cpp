#include "pg/rules/rule_actions.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Action;
using nlohmann::json;

struct ToJson {
    json operator()(const domain::DropAction& /*action*/) const { return {{"type", "drop"}}; }
    json operator()(const domain::SuppressAction& action) const
    {
        return {{"type", "suppress"}, {"reason", action.reason}};
    }
    json operator()(const domain::SetAction& action) const
    {
        return {{"type", "set"}, {"field", action.field}, {"value", action.value}};
    }
    json operator()(const domain::SeverityAction& action) const
    {
        return {{"type", "severity"}, {"severity", domain::to_string(action.severity)}};
    }
    json operator()(const domain::DedupKeyAction& action) const
    {
        if (action.fields.empty()) return {{"type", "dedup_key"}, {"template", action.key_template}};
        return {{"type", "dedup_key"}, {"fields", action.fields}};
    }
    json operator()(const domain::RouteAction& action) const
    {
        auto groups = json::array();
        for (const auto& id : action.contact_group_ids) groups.push_back(id.str());
        return {{"type", "route"}, {"contact_group_ids", std::move(groups)}};
    }
    json operator()(const domain::ExtractAction& action) const
    {
        return {{"type", "extract"}, {"field", action.field}, {"pattern", action.pattern}};
    }
    json operator()(const domain::GroupKeyAction& action) const
    {
        if (action.fields.empty()) return {{"type", "group_key"}, {"template", action.key_template}};
        return {{"type", "group_key"}, {"fields", action.fields}};
    }
    json operator()(const domain::PriorityAction& action) const
    {
        return {{"type", "priority"}, {"priority", action.priority}};
    }
    json operator()(const domain::TagAction& action) const { return {{"type", "tag"}, {"tag", action.tag}}; }
    json operator()(const domain::NoteAction& action) const { return {{"type", "note"}, {"note", action.note}}; }
    json operator()(const domain::ThresholdAction& action) const
    {
        return {{"type", "threshold"},
                {"count", action.count},
                {"within", format_iso8601_duration(action.within)},
                {"mode", to_string(action.mode)}};
    }
    json operator()(const domain::PauseAction& action) const
    {
        return {{"type", "pause"}, {"for", format_iso8601_duration(action.duration)}};
    }
    json operator()(const domain::FlapAction& action) const
    {
        return {{"type", "flap"},
                {"transitions", action.transitions},
                {"within", format_iso8601_duration(action.within)},
                {"settle", format_iso8601_duration(action.settle)},
                {"mode", to_string(action.mode)}};
    }
};

std::optional<Action> read_route(const json& action)
{
    domain::RouteAction route;
    for (const auto& text : action.at("contact_group_ids")) {
        const auto id = ContactGroupId::parse(text.get<std::string>());
        if (!id) return std::nullopt;
        route.contact_group_ids.push_back(*id);
    }
    return route;
}

std::chrono::milliseconds read_duration(const json& action, const char* name)
{
    // What cannot be read becomes nothing, which compiling refuses: the rule is reported as broken.
    return parse_iso8601_duration(action.at(name).get<std::string>()).value_or(std::chrono::milliseconds{0});
}

std::optional<Action> read_machine(const std::string& type, const json& action)
{
    if (type == "threshold") {
        const auto mode = domain::parse_threshold_mode(action.at("mode").get<std::string>());
        if (!mode) return std::nullopt;
        return domain::ThresholdAction{action.at("count"), read_duration(action, "within"), *mode};
    }
    if (type == "pause") return domain::PauseAction{read_duration(action, "for")};
    if (type == "flap") {
        const auto mode = domain::parse_flap_mode(action.at("mode").get<std::string>());
        if (!mode) return std::nullopt;
        return domain::FlapAction{action.at("transitions"), read_duration(action, "within"),
                                  read_duration(action, "settle"), *mode};
    }
    return std::nullopt;
}

/// Throws what nlohmann throws on a missing member or a wrong type.
std::optional<Action> read_action(const json& action)
{
    const auto type = action.at("type").get<std::string>();
    if (type == "drop") return domain::DropAction{};
    if (type == "suppress") return domain::SuppressAction{action.value("reason", "")};
    if (type == "set") return domain::SetAction{action.at("field"), action.at("value")};
    if (type == "severity") {
        const auto severity = domain::parse_severity(action.at("severity").get<std::string>());
        if (!severity) return std::nullopt;
        return domain::SeverityAction{*severity};
    }
    if (type == "dedup_key") {
        if (action.contains("template")) return domain::DedupKeyAction{{}, action.at("template")};
        return domain::DedupKeyAction{action.at("fields"), {}};
    }
    if (type == "group_key") {
        if (action.contains("template")) return domain::GroupKeyAction{{}, action.at("template")};
        return domain::GroupKeyAction{action.at("fields"), {}};
    }
    if (type == "route") return read_route(action);
    if (type == "extract") return domain::ExtractAction{action.at("field"), action.at("pattern")};
    if (type == "priority") return domain::PriorityAction{action.at("priority")};
    if (type == "tag") return domain::TagAction{action.at("tag")};
    if (type == "note") return domain::NoteAction{action.at("note")};
    return read_machine(type, action);
}

}  // namespace

json actions_json(const std::vector<Action>& actions)
{
    auto list = json::array();
    for (const auto& action : actions) list.push_back(std::visit(ToJson{}, action));
    return list;
}

Result<std::vector<Action>> parse_actions(std::string_view text)
{
    const Error broken(ErrorCode::internal, "a stored rule has actions that this version cannot read");
    try {
        const auto list = json::parse(text);
        if (!list.is_array()) return broken;
        std::vector<Action> actions;
        for (const auto& item : list) {
            auto action = read_action(item);
            if (!action) return broken;
            actions.push_back(*std::move(action));
        }
        return actions;
    } catch (const json::exception&) {
        return broken;
    }
}

}  // namespace winnow::pg

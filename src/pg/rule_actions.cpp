#include "pg/rule_actions.hpp"

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
    if (type == "route") return read_route(action);
    return std::nullopt;
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

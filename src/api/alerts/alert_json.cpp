#include "api/alerts/alert_json.hpp"

#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {

using nlohmann::json;

json received_json(const domain::Alert& alert)
{
    auto labels = json::object();
    for (const auto& [name, value] : alert.labels.entries()) labels[name] = value;
    auto links = json::array();
    for (const auto& link : alert.links) links.push_back({{"href", link.href}, {"text", link.text}});
    auto details = json::parse(alert.details, nullptr, /*allow_exceptions=*/false);
    if (!details.is_object()) details = json::object();
    return {{"title", alert.title},
            {"status", to_string(alert.status)},
            {"severity", to_string(alert.severity)},
            {"dedup_key", alert.dedup_key},
            {"source", alert.source},
            {"service", alert.service},
            {"component", alert.component},
            {"group", alert.group},
            {"class", alert.class_name},
            {"description", alert.description},
            {"labels", std::move(labels)},
            {"details", std::move(details)},
            {"starts_at", time_json(alert.starts_at)},
            {"ends_at", time_json(alert.ends_at)},
            {"links", std::move(links)}};
}

std::string_view disposition_word(const PastAlert& past)
{
    return past.verdict ? to_string(past.verdict->disposition) : std::string_view("pending");
}

const std::string& folded_dedup_key(const PastAlert& past)
{
    const bool changed = past.verdict && !past.verdict->dedup_key.empty();
    return changed ? past.verdict->dedup_key : past.alert.dedup_key;
}

json quieted_by_json(const PastAlert& past)
{
    if (!past.verdict || !past.verdict->quieted_by) return nullptr;
    const auto& [kind, id] = *past.verdict->quieted_by;
    return {{"kind", to_string(kind)}, {"id", id.str()}};
}

json over_budget_json(const PastAlert& past)
{
    if (!past.verdict || !past.verdict->over_budget) return nullptr;
    const auto& [kind, id] = *past.verdict->over_budget;
    return {{"kind", to_string(kind)}, {"id", id.str()}};
}

json warnings_json(const domain::Alert& alert)
{
    auto warnings = json::array();
    for (const auto& warning : alert.warnings) {
        warnings.push_back({{"code", warning.code}, {"pointer", warning.pointer}, {"detail", warning.detail}});
    }
    return warnings;
}

json alert_json(const PastAlert& past)
{
    auto document = received_json(past.alert);
    document["id"] = past.id.str();
    document["received_at"] = format_rfc3339(past.alert.received_at);
    document["integration_id"] = past.alert.integration_id.str();
    document["integration"] = past.alert.integration;
    document["warnings"] = warnings_json(past.alert);
    document["disposition"] = disposition_word(past);
    document["effect"] = nullptr;
    document["ticket_id"] = nullptr;
    document["folded_dedup_key"] = nullptr;
    document["quieted_by"] = quieted_by_json(past);
    document["over_budget"] = over_budget_json(past);
    auto& matched = document["matched_rules"] = json::array();
    document["matched_rules_left_out"] = past.verdict ? past.verdict->more_matches : 0;
    if (!past.verdict) return document;
    document["effect"] = to_string(past.verdict->effect);
    if (past.verdict->ticket_id) document["ticket_id"] = past.verdict->ticket_id->str();
    document["folded_dedup_key"] = folded_dedup_key(past);
    for (const auto& match : past.verdict->matches) {
        matched.push_back({{"rule_id", match.rule_id.str()}, {"version", match.version}});
    }
    return document;
}

Result<http::Response> alerts_page(const Call& call, ports::AlertArchive& archive, const AlertQuery& query,
                                   const PageRequest& page)
{
    const auto ids = call.ids();
    std::optional<domain::AlertPosition> before;
    if (!page.cursor.empty()) {
        const auto id = AlertId::parse(page.cursor.front());
        if (id) before = ids.position(*id);
        if (!before || before->row.seq == 0) return bad_cursor();
    }
    const auto stretch = search_alerts(archive, ids, query, before, page.limit, {.bytes = kMaxPageBytes});
    if (!stretch) return stretch.error();
    PageText text;
    auto next = stretch->next;
    const PastAlert* last = nullptr;
    for (const auto& past : stretch->items) {
        if (!text.add(alert_json(past))) {
            next = last->position;
            break;
        }
        last = &past;
    }
    return std::move(text).response(call.request.head, next ? Cursor{ids.alert(*next).str()} : Cursor());
}

}  // namespace winnow::api

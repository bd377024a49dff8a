#include "api/explanation/acted_rules.hpp"

#include "api/rules/rule_json.hpp"
#include "winnow/ports/ruleset_history.hpp"
#include "winnow/rules/rule_set.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;
using domain::RuleMatch;
using nlohmann::json;

json text_or_null(const std::string& text)
{
    return text.empty() ? json(nullptr) : json(text);
}

json leaves_json(const std::vector<rules::TraceLeaf>& leaves)
{
    auto lines = json::array();
    for (const auto& leaf : leaves) {
        lines.push_back({{"expression", leaf.expression},
                         {"value", leaf.value},
                         {"matched", leaf.matched},
                         {"error", text_or_null(leaf.error)}});
        if (leaf.bytes != 0) lines.back()["bytes"] = leaf.bytes;
    }
    return lines;
}

/// It matched then, so neither its dates nor its hours nor a switch since then are asked again; and what came after it
/// did so whatever it says of stopping.
Rule as_it_acted(Rule rule, const RuleMatch& match, std::size_t place)
{
    rule.id = match.rule_id;
    rule.version = match.version;
    rule.position = static_cast<std::int32_t>(place);
    rule.enabled = true;
    rule.mode = domain::RuleMode::live;
    rule.stop = false;
    rule.effective_from.reset();
    rule.effective_until.reset();
    rule.schedule.reset();
    return rule;
}

std::optional<Rule> read_version(const std::string& content)
{
    if (content.empty()) return std::nullopt;
    std::vector<FieldError> errors;
    auto input = read_rule(json::parse(content), "", errors);
    if (!errors.empty()) return std::nullopt;  // written by rules that were others
    return std::move(input.rule);
}

/// Each match's rule as it was; nullopt where it is not known any more.
Result<RulesThen> rules_of(const std::vector<RuleMatch>& matches, const std::vector<Rule>& today,
                           ports::TenantSession& session)
{
    RulesThen found(matches.size());
    std::vector<RuleMatch> older;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const auto rule = std::ranges::find(today, matches[i].rule_id, &Rule::id);
        if (rule != today.end() && rule->version == matches[i].version) {
            found[i] = *rule;
        } else {
            older.push_back(matches[i]);
        }
    }
    if (!older.empty()) {
        const auto contents = session.ruleset_history().rules_at(older);
        if (!contents) return contents.error();
        std::size_t next = 0;
        for (auto& rule : found) {
            if (!rule && next < contents->size()) rule = read_version((*contents)[next++]);
        }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i]) found[i] = as_it_acted(*std::move(found[i]), matches[i], i + 1);
    }
    return found;
}

json line_of(const RuleMatch& match, const std::optional<Rule>& rule, const std::vector<Rule>& today)
{
    const auto current = std::ranges::find(today, match.rule_id, &Rule::id);
    const bool exists = current != today.end();
    json line{{"rule_id", match.rule_id.str()},
              {"version", match.version},
              {"name", nullptr},
              {"current_version", exists ? json(current->version) : json(nullptr)},
              {"condition", nullptr},
              {"syntax", nullptr},
              {"actions", nullptr},
              {"leaves", json::array()},
              {"error", nullptr}};
    if (exists) line["name"] = current->name;
    if (!rule) return line;
    line["name"] = rule->name;
    line["condition"] = rule->condition;
    line["syntax"] = to_string(rule->syntax);
    line["actions"] = rule_json(*rule)["actions"];
    return line;
}

json near_misses_json(const rules::RuleSet& set, const PastAlert& past)
{
    auto lines = json::array();
    for (const auto& miss : set.near_misses(past.alert, past.position.row.received_at, kNearMisses)) {
        lines.push_back({{"rule_id", miss.rule_id.str()},
                         {"name", miss.rule_name},
                         {"version", miss.version},
                         {"failing", leaves_json(miss.failing)}});
    }
    return lines;
}

}  // namespace

Result<RulesThen> rules_then(const PastAlert& past, const std::vector<Rule>& today, ports::TenantSession& session)
{
    if (!past.verdict) return RulesThen();
    return rules_of(past.verdict->matches, today, session);
}

ActedRules acted_rules(const PastAlert& past, const RulesThen& then, const std::vector<Rule>& today)
{
    ActedRules acted;
    if (!past.verdict) return acted;
    const auto& matches = past.verdict->matches;

    std::vector<Rule> known;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        acted.lines.push_back(line_of(matches[i], then[i], today));
        const auto& name = acted.lines.back()["name"];
        acted.names.push_back(name.is_null() ? std::string() : name.get<std::string>());
        if (then[i]) known.push_back(*then[i]);
    }
    // Replayed in their order, so that each sees what those before it have made of the alert.
    const auto set = rules::RuleSet::compile(known);
    const auto now = past.position.row.received_at;
    std::unordered_map<RuleId, const rules::TraceEntry*> seen;
    const auto entries = set->trace(past.alert, now);
    for (const auto& entry : entries) seen.emplace(entry.rule_id, &entry);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const auto entry = seen.find(matches[i].rule_id);
        if (entry == seen.end()) continue;
        acted.lines[i]["leaves"] = leaves_json(entry->second->leaves);
        acted.lines[i]["error"] = text_or_null(entry->second->error);
        if (entry->second->leaves_left_out) acted.lines[i]["leaves_left_out"] = true;
    }
    acted.are_all = past.verdict->more_matches == 0;
    if (known.size() == matches.size() && acted.are_all) {
        acted.after = past.alert;
        const auto replayed = set->evaluate(*acted.after, now);
        if (replayed.matches != matches) acted.after.reset();
    }
    return acted;
}

RulesToday rules_today(const PastAlert& past, const std::vector<Rule>& today)
{
    RulesToday seen;
    if (past.verdict && past.verdict->disposition == domain::Disposition::quarantined) {
        seen.left_out = today.size();  // what ended triage would end whoever explains it, too
        return seen;
    }
    const auto set = rules::RuleSet::compile(today);
    std::size_t idle = 0;
    bool any = past.verdict && !past.verdict->matches.empty();
    const bool all_known = !past.verdict || past.verdict->more_matches == 0;
    for (const auto& entry : set->trace(past.alert, past.position.row.received_at)) {
        const RuleMatch same{.rule_id = entry.rule_id, .version = entry.version};
        const bool acted =
            past.verdict && std::ranges::find(past.verdict->matches, same) != past.verdict->matches.end();
        any = any || entry.matched;
        if (!acted && !entry.matched && !entry.would_match && entry.error.empty() && ++idle > kMaxIdleRules) {
            ++seen.left_out;
            continue;
        }
        seen.lines.push_back({{"rule_id", entry.rule_id.str()},
                              {"name", entry.rule_name},
                              {"version", entry.version},
                              {"acted", acted || all_known ? json(acted) : json(nullptr)},
                              {"considered", entry.considered},
                              {"matched", entry.matched},
                              {"would_match", entry.shadow ? json(entry.would_match) : json(nullptr)},
                              {"stopped_here", entry.stopped_here},
                              {"error", text_or_null(entry.error)},
                              {"leaves", leaves_json(entry.leaves)}});
        if (entry.leaves_left_out) seen.lines.back()["leaves_left_out"] = true;
    }
    if (!any) seen.near_misses = near_misses_json(*set, past);
    return seen;
}

}  // namespace winnow::api

/// Runs the examples of docs/rules.md. Its convention is written at the top of that page.

#include "unit/rules/rule_maker.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/schedule_form.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

namespace winnow::rules {

namespace {

using nlohmann::json;

struct Example {
    std::size_t line = 0;  ///< Where its block opens.
    std::string text;
};

std::vector<Example> json_blocks()
{
    const auto page = std::filesystem::path(__FILE__).parent_path() / "../../../docs/rules.md";
    std::ifstream in(page);
    EXPECT_TRUE(in) << page;
    std::vector<Example> blocks;
    bool inside = false;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line == "```json") {
            inside = true;
            blocks.push_back({number, {}});
        } else if (line.starts_with("```")) {
            inside = false;
        } else if (inside) {
            blocks.back().text += line + "\n";
        }
    }
    return blocks;
}

/// An action with what goes without saying: members that nobody must give, where they are not given.
json whole_action(const json& given)
{
    const auto& type = given.at("type").get_ref<const std::string&>();
    const json bare{{"type", type}};
    forms::FieldReader nothing(bare);
    const auto usual = forms::action_json(forms::read_action(nothing));
    auto whole = given;
    for (const auto* form : forms::action_forms()) {
        if (form->type() != type || form->is_choice()) continue;
        for (const auto& member : form->members()) {
            const std::string name(member.name);
            if (member.need == forms::Need::optional && !whole.contains(name)) whole[name] = usual.at(name);
        }
    }
    return whole;
}

/// Whether an action is given with all that may stand in it; of what is a choice, with one.
bool is_whole(const json& action)
{
    const auto& type = action.at("type").get_ref<const std::string&>();
    const auto kinds = forms::action_forms();
    const auto form = std::ranges::find(kinds, type, &forms::ActionForm::type);
    if (form == kinds.end()) return false;
    if ((*form)->is_choice()) return true;
    return std::ranges::all_of((*form)->members(),
                               [&](const auto& member) { return action.contains(std::string(member.name)); });
}

/// Taken as they stand otherwise: what is wrong in them is for the rules to say.
std::vector<domain::Action> actions_in(const json& list)
{
    auto whole = json::array();
    for (const auto& action : list) whole.push_back(whole_action(action));
    auto actions = forms::load_actions(whole);
    if (!actions) throw std::invalid_argument(list.dump());
    return *std::move(actions);
}

domain::Rule rule_in(const json& text, std::int32_t position)
{
    auto rule = make_rule(position, text.at("condition"), {});
    rule.name = text.value("name", rule.name);
    rule.stop = text.value("stop", false);
    rule.actions = actions_in(text.at("actions"));
    if (text.contains("effective_from"))
        rule.effective_from = parse_rfc3339(std::string(text["effective_from"])).value();
    if (text.contains("effective_until")) {
        rule.effective_until = parse_rfc3339(std::string(text["effective_until"])).value();
    }
    if (text.contains("schedule")) rule.schedule = forms::load_schedule(text["schedule"]).value();
    return rule;
}

/// The details as the page writes them: reading and writing them again would lose `93.50`.
std::string details_as_written(const std::string& block)
{
    const auto from = block.find("\"details\":");
    if (from == std::string::npos) return "{}";
    const auto open = block.find('{', from);
    int depth = 0;
    for (auto at = open; at < block.size(); ++at) {
        if (block[at] == '{') ++depth;
        if (block[at] == '}' && --depth == 0) return block.substr(open, at - open + 1);
    }
    return "{}";
}

domain::Alert alert_in(const json& text, const std::string& block)
{
    domain::Alert alert;
    alert.title = text.at("title");
    alert.dedup_key = text.value("dedup_key", "a fingerprint");
    alert.source = text.value("source", "");
    alert.service = text.value("service", "");
    alert.class_name = text.value("class", "");
    alert.received_at = parse_rfc3339(text.value("received_at", "2026-11-23T06:00:00.000Z")).value();
    if (text.contains("labels")) {
        for (const auto& [name, value] : text["labels"].items()) alert.labels.set(name, value);
    }
    alert.details = details_as_written(block);
    return alert;
}

json outcome_of(const domain::Alert& alert, const Evaluation& evaluation)
{
    json outcome{{"dropped", evaluation.dropped},
                 {"suppressed", evaluation.suppressed},
                 {"suppression_reason", evaluation.suppression_reason},
                 {"dedup_key", alert.dedup_key},
                 {"dedup_key_changed", evaluation.dedup_key_changed},
                 {"severity", to_string(alert.severity)},
                 {"title", alert.title},
                 {"group", alert.group},
                 {"priority", evaluation.priority},
                 {"notes", json::array()},
                 {"asks", json::array()},
                 {"labels", json::object()},
                 {"matched", json::array()},
                 {"route", json::array()}};
    for (const auto& [name, value] : alert.labels.entries()) outcome["labels"][name] = value;
    for (const auto& match : evaluation.matches) outcome["matched"].push_back(match.rule_id.value().low());
    for (const auto& group : evaluation.route) outcome["route"].push_back(group.str());
    for (const auto& note : evaluation.notes) outcome["notes"].push_back(note.text);
    for (const auto& hold : evaluation.holds) {
        constexpr std::array kNames{"threshold", "pause", "flap"};
        outcome["asks"].push_back(kNames.at(hold.terms.index()));
    }
    return outcome;
}

void expect_given(const json& example, const std::string& block)
{
    std::vector<domain::Rule> rules;
    for (const auto& rule : example.at("rules")) {
        rules.push_back(rule_in(rule, static_cast<std::int32_t>(rules.size()) + 1));
        const auto checked = check(rules.back());
        EXPECT_TRUE(checked) << checked.error().message();
    }
    auto alert = alert_in(example.at("alert"), block);
    const auto evaluation = RuleSet::compile(rules)->evaluate(alert, alert.received_at);
    const auto outcome = outcome_of(alert, evaluation);
    ASSERT_FALSE(example.at("gives").empty());
    for (const auto& [name, value] : example.at("gives").items()) EXPECT_EQ(outcome.at(name), value) << name;
}

void expect_errors(const json& example)
{
    const auto checked = check(rule_in(example.at("rule"), 1));
    ASSERT_FALSE(checked);
    auto errors = json::array();
    for (const auto& field : checked.error().fields()) {
        errors.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
    }
    EXPECT_EQ(errors, example.at("errors"));
}

}  // namespace

TEST(RulesDocument, EveryExampleGivesWhatItSays)
{
    std::size_t run = 0;
    for (const auto& block : json_blocks()) {
        SCOPED_TRACE("docs/rules.md:" + std::to_string(block.line));
        const auto example = json::parse(block.text);
        if (example.contains("gives")) {
            expect_given(example, block.text);
        } else if (example.contains("errors")) {
            expect_errors(example);
        } else {
            ADD_FAILURE() << "neither \"gives\" nor \"errors\"";
        }
        ++run;
    }
    EXPECT_GE(run, 10U) << "the examples were not found";
}

/// What is in databases, and what nodes of another version read beside this one: names and forms of all members.
TEST(RulesDocument, ShowsEachKindOfActionWholeAndAsItIsKept)
{
    std::set<std::string> shown;
    for (const auto& block : json_blocks()) {
        SCOPED_TRACE("docs/rules.md:" + std::to_string(block.line));
        const auto example = json::parse(block.text);
        if (!example.contains("gives")) continue;
        for (const auto& rule : example.at("rules")) {
            for (const auto& action : rule.at("actions")) {
                if (!is_whole(action)) continue;
                shown.insert(action.at("type").get<std::string>());
                const auto kept = json::array({action});
                const auto loaded = forms::load_actions(kept);
                ASSERT_TRUE(loaded) << action;
                EXPECT_EQ(forms::actions_json(*loaded).dump(), kept.dump());
            }
        }
    }
    for (const auto* form : forms::action_forms()) {
        EXPECT_TRUE(shown.contains(std::string(form->type())))
            << form->type() << " has no example with all of its members";
    }
}

}  // namespace winnow::rules

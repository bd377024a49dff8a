#include "cli/rules/cases/rule_cases.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time_range.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;
using Errors = std::vector<FieldError>;

constexpr std::size_t kMaxTimes = 10'000;
constexpr Timestamp kDefaultStart{std::chrono::milliseconds{1'767'225'600'000}};  // 2026-01-01T00:00:00Z

constexpr std::array kStepFacts{
    "disposition",        "effect",  "matched", "severity", "priority", "dedup_key", "labels", "suppressed",
    "suppression_reason", "held_by", "route",   "ticket",   "told",     "failures"};
constexpr std::array kEndFacts{"tickets", "told"};
constexpr std::array kTicketFacts{"number", "state",   "severity", "priority",    "dedup_key",  "title",
                                  "source", "service", "labels",   "occurrences", "suppressed", "suppression_reason",
                                  "route"};

void refuse(Errors& errors, std::string pointer, std::string detail)
{
    errors.push_back({.pointer = std::move(pointer), .detail = std::move(detail)});
}

/// Whether it is an object that has nothing else.
template <typename Names>
bool only(const json& object, const std::string& pointer, const Names& known, Errors& errors)
{
    if (!object.is_object()) {
        refuse(errors, pointer, "must be an object");
        return false;
    }
    for (const auto& [name, value] : object.items()) {
        if (std::ranges::find(known, std::string_view(name)) != std::ranges::end(known)) continue;
        const auto near = nearest(name, known);
        refuse(errors, pointer + "/" + name,
               "is not known here" + (near.empty() ? std::string() : "; did you mean \"" + near + "\"?"));
    }
    return true;
}

const json& member(const json& object, const char* name)
{
    static const json kNone;
    const auto found = object.find(name);
    return found == object.end() ? kNone : *found;
}

std::optional<std::chrono::milliseconds> read_duration(const json& value, const std::string& pointer, Errors& errors)
{
    if (value.is_null()) return std::nullopt;
    const auto duration =
        value.is_string() ? parse_iso8601_duration(value.get_ref<const std::string&>()) : std::nullopt;
    if (!duration) refuse(errors, pointer, "must be a duration such as \"PT5M\"");
    return duration;
}

std::optional<Timestamp> read_time(const json& value, const std::string& pointer, Errors& errors)
{
    if (value.is_null()) return std::nullopt;
    const auto time = value.is_string() ? parse_rfc3339(value.get_ref<const std::string&>()) : std::nullopt;
    if (!time)
        refuse(errors, pointer, "must be an instant such as \"2026-11-23T06:00:00Z\", " + std::string(kTimeRange));
    return time;
}

void check_tickets(const json& expect, const std::string& pointer, Errors& errors)
{
    if (const auto& ticket = member(expect, "ticket"); !ticket.is_null()) {
        only(ticket, pointer + "/ticket", kTicketFacts, errors);
    }
    const auto& tickets = member(expect, "tickets");
    if (tickets.is_null()) return;
    if (!tickets.is_array()) return refuse(errors, pointer + "/tickets", "must be a list");
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        only(tickets[i], pointer + "/tickets/" + std::to_string(i), kTicketFacts, errors);
    }
}

template <typename Names>
json read_expect(const json& value, const std::string& pointer, const Names& known, Errors& errors)
{
    if (!value.is_null() && only(value, pointer, known, errors)) check_tickets(value, pointer, errors);
    return value;
}

CaseStep read_step(const json& document, const std::string& pointer, Errors& errors)
{
    CaseStep step;
    if (!only(document, pointer, std::array{"after", "at", "alert", "times", "expect"}, errors)) return step;
    step.after = read_duration(member(document, "after"), pointer + "/after", errors);
    step.at = read_time(member(document, "at"), pointer + "/at", errors);
    if (step.after && step.at) refuse(errors, pointer + "/at", "a step has \"after\" or \"at\", not both");
    step.alert = member(document, "alert");
    if (!step.alert.is_null() && !step.alert.is_object()) refuse(errors, pointer + "/alert", "must be one alert");
    if (const auto& times = member(document, "times"); !times.is_null()) {
        const bool sound = times.is_number_integer() && times >= 1 && times <= kMaxTimes;
        if (!sound) refuse(errors, pointer + "/times", "must be a number from 1 to " + std::to_string(kMaxTimes));
        if (sound) step.times = times.get<std::size_t>();
    }
    step.expect = read_expect(member(document, "expect"), pointer + "/expect", kStepFacts, errors);
    return step;
}

RuleCase read_case(const json& document, const std::string& pointer, Errors& errors)
{
    RuleCase result;
    if (!only(document, pointer, std::array{"name", "at", "steps", "expect"}, errors)) return result;
    const auto& name = member(document, "name");
    if (!name.is_string() || name.get_ref<const std::string&>().empty()) {
        refuse(errors, pointer + "/name", "must be a text that says what the case shows");
    } else {
        result.name = name.get<std::string>();
    }
    result.at = read_time(member(document, "at"), pointer + "/at", errors).value_or(kDefaultStart);
    const auto& steps = member(document, "steps");
    if (!steps.is_array() || steps.empty()) {
        refuse(errors, pointer + "/steps", "must be a list of at least one step");
    } else {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            result.steps.push_back(read_step(steps[i], pointer + "/steps/" + std::to_string(i), errors));
        }
    }
    result.expect = read_expect(member(document, "expect"), pointer + "/expect", kEndFacts, errors);
    return result;
}

domain::Settings read_settings(const json& document, Errors& errors)
{
    domain::Settings settings;
    if (document.is_null() || !only(document, "/settings", std::array{"reopen_window"}, errors)) return settings;
    const auto window = read_duration(member(document, "reopen_window"), "/settings/reopen_window", errors);
    if (window) settings.reopen_window = *window;
    return settings;
}

}  // namespace

Result<RuleCases> read_cases(const json& document)
{
    Errors errors;
    RuleCases cases;
    // "version": beside rules as `rules list --json` prints them.
    if (!only(document, "", std::array{"rules", "settings", "cases", "version"}, errors)) {
        return Error(std::move(errors));
    }
    cases.rules = member(document, "rules");
    if (!cases.rules.is_array() && !cases.rules.is_string()) {
        refuse(errors, "/rules", "must be a list of rules, or the name of a file that holds one");
    }
    cases.settings = read_settings(member(document, "settings"), errors);
    const auto& list = member(document, "cases");
    if (!list.is_array() || list.empty()) {
        refuse(errors, "/cases", "must be a list of at least one case");
    } else {
        for (std::size_t i = 0; i < list.size(); ++i) {
            cases.cases.push_back(read_case(list[i], "/cases/" + std::to_string(i), errors));
        }
    }
    if (!errors.empty()) return Error(std::move(errors));
    return cases;
}

void match(const json& expected, const json& actual, const std::string& where, const std::string& pointer,
           std::vector<Mismatch>& mismatches)
{
    if (expected.is_object() && actual.is_object()) {
        for (const auto& [name, value] : expected.items()) {
            match(value, member(actual, name.c_str()), where, pointer + "/" + name, mismatches);
        }
        return;
    }
    if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            match(expected[i], actual[i], where, pointer + "/" + std::to_string(i), mismatches);
        }
        return;
    }
    if (expected != actual) mismatches.push_back({where, pointer, expected, actual});
}

}  // namespace winnow::cli

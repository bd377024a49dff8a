#include "cli/alerts/alert_explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace winnow::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json an_explanation()
{
    return {{"received_at", "2026-11-23T06:00:00.000Z"},
            {"alert", {{"title", "disk full"}, {"status", "firing"}, {"severity", "warning"}, {"source", "db-7"}}},
            {"disposition", "ticketed"},
            {"effect", "opened"},
            {"ticket", {{"number", 12}, {"state", "open"}, {"severity", "warning"}, {"suppressed", false}}},
            {"ticket_events", {{{"at", "2026-11-23T06:00:00.000Z"}, {"kind", "opened"}}}},
            {"matched_rules", json::array()},
            {"near_misses", json::array()},
            {"rules", json::array()},
            {"quieted_by", nullptr},
            {"held_by", nullptr},
            {"deliveries", json::array()},
            {"nobody_told", nullptr}};
}

json a_leaf(const char* expression, const char* value, bool matched, const json& error = nullptr)
{
    return {{"expression", expression}, {"value", value}, {"matched", matched}, {"error", error}};
}

TEST(ExplanationText, SaysWhatARuleSawAndDid)
{
    auto shown = an_explanation();
    shown["matched_rules"] = {{{"name", "noise of dev"},
                               {"version", 3},
                               {"actions", {{{"type", "severity"}, {"severity", "info"}}, {{"type", "drop"}}}},
                               {"leaves", {a_leaf("labels.env == \"dev\"", "\"dev\"", true)}},
                               {"error", nullptr}}};
    const auto text = explanation_text(shown);
    EXPECT_THAT(text, HasSubstr("rule         \"noise of dev\" version 3: severity severity=info, drop\n"));
    EXPECT_THAT(text, HasSubstr("labels.env == \"dev\"   yes: the alert had \"dev\"\n"));
    EXPECT_THAT(text, HasSubstr("ticket       #12 opened; it is open now, warning\n"));
    EXPECT_THAT(text, Not(HasSubstr("nobody told")));
}

TEST(ExplanationText, OfARuleThatIsGoneSaysThat)
{
    auto shown = an_explanation();
    shown["matched_rules"] = {
        {{"name", nullptr}, {"version", 1}, {"actions", nullptr}, {"leaves", json::array()}, {"error", nullptr}}};
    EXPECT_THAT(explanation_text(shown), HasSubstr("(a rule that is gone) version 1\n"));
}

TEST(ExplanationText, SaysHowManyRulesActedThatAreNotRecorded)
{
    auto shown = an_explanation();
    shown["matched_rules_left_out"] = 744;
    EXPECT_THAT(explanation_text(shown), HasSubstr("rule         and 744 more, which are not recorded\n"));
    shown["matched_rules_left_out"] = 0;
    EXPECT_THAT(explanation_text(shown), Not(HasSubstr("more")));
}

TEST(ExplanationText, SaysWhatCameCloseAndWhatFailed)
{
    auto shown = an_explanation();
    shown["near_misses"] = {{{"name", "near"}, {"failing", {a_leaf("severity > ERROR", "2", false)}}}};
    const auto rule = [](const char* name, json error, json would_match) -> json {
        return {{"name", name},
                {"error", std::move(error)},
                {"would_match", std::move(would_match)},
                {"leaves", {a_leaf("source == \"a\"", "\"a\"", true)}}};
    };
    shown["rules"] = {rule("broken", "division by zero", nullptr), rule("asks", "no such key: env", nullptr),
                      rule("fine", nullptr, false), rule("try it", nullptr, true)};
    const auto text = explanation_text(shown);
    EXPECT_THAT(text, HasSubstr("rule         none matched\n"));
    EXPECT_THAT(text, HasSubstr("near miss    \"near\"\n               severity > ERROR   no: the alert had 2\n"));
    EXPECT_THAT(text, HasSubstr("failed       \"broken\": division by zero\n"));
    EXPECT_THAT(
        text,
        HasSubstr("in shadow    \"try it\" would match\n               source == \"a\"   yes: the alert had \"a\"\n"));
    EXPECT_THAT(text, Not(HasSubstr("fine")));
    EXPECT_THAT(text, Not(HasSubstr("asks")));
}

TEST(ExplanationText, NamesWhoWasToldOrWhyNobody)
{
    auto shown = an_explanation();
    shown["deliveries"] = {{{"contact_name", "hook"},
                            {"contact_id", "c-1"},
                            {"event", "opened"},
                            {"state", "delivered"},
                            {"last_error", nullptr}},
                           {{"contact_name", nullptr},
                            {"contact_id", "c-2"},
                            {"event", "opened"},
                            {"state", "dead"},
                            {"last_error", "no route"}}};
    const auto told = explanation_text(shown);
    EXPECT_THAT(told, HasSubstr("told         hook (opened): delivered\n"));
    EXPECT_THAT(told, HasSubstr("told         c-2 (opened): dead, no route\n"));
    shown["deliveries"] = json::array();
    shown["nobody_told"] = {{"code", "held"}, {"detail", "A pause held it."}};
    shown["held_by"] = {{"kind", "threshold"}, {"count", 1}, {"needed", 3}, {"until", nullptr}};
    const auto held = explanation_text(shown);
    EXPECT_THAT(held, HasSubstr("held by      threshold: 1 of 3\n"));
    EXPECT_THAT(held, HasSubstr("nobody told  A pause held it.\n"));
}

TEST(ExplanationText, AnAlertCannotDriveTheTerminal)
{
    auto shown = an_explanation();
    shown["alert"]["title"] = "red \x1b[31m\nbecame       dropped";
    EXPECT_THAT(explanation_text(shown), HasSubstr("red  [31m became       dropped (firing"));
}

}  // namespace
}  // namespace winnow::cli

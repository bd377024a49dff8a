/// Runs the examples of docs/conditions.md: lines `expression → what it gives`.

#include "winnow/expr/check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::expr {
namespace {

constexpr std::string_view kArrow = "→";

struct Example {
    domain::RuleSyntax syntax;
    std::string condition;
    std::string gives;
    int line = 0;
};

std::string trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::vector<Example> examples()
{
    std::ifstream page(std::filesystem::path(__FILE__).parent_path() / "../../../docs/conditions.md");
    std::vector<Example> found;
    std::optional<domain::RuleSyntax> syntax;
    int number = 0;
    for (std::string line; std::getline(page, line);) {
        ++number;
        if (line.starts_with("```")) syntax = domain::parse_rule_syntax(line.substr(3));
        const auto arrow = line.find(kArrow);
        if (!syntax || arrow == std::string::npos) continue;
        found.push_back({*syntax, trimmed(std::string_view(line).substr(0, arrow)),
                         trimmed(std::string_view(line).substr(arrow + kArrow.size())), number});
    }
    return found;
}

/// The page's alert.
domain::Alert alert()
{
    domain::Alert made;
    made.title = "disk 93% full on db-7";
    made.source = "db-7";
    made.service = "billing";
    made.severity = domain::Severity::critical;
    made.class_name = "disk_full";
    made.description = "/var has 7 GB left";
    made.labels.set("env", "prod");
    made.labels.set("team", "dba");
    made.labels.set("k8s.io/name", "pod-1");
    made.details = R"({"free_gb": 7, "volumes": ["/", "/var"], "host": {"ip": "10.1.2.3"}})";
    made.links.push_back({.href = "https://wiki.example/disk", .text = "Runbook"});
    made.received_at = *parse_rfc3339("2026-11-23T06:00:00Z");
    return made;
}

TEST(ConditionsDocument, EveryExampleGivesWhatItSays)
{
    const auto all = examples();
    ASSERT_GT(all.size(), 30U);
    const auto subject = alert();
    for (const auto& example : all) {
        SCOPED_TRACE("docs/conditions.md:" + std::to_string(example.line) + ": " + example.condition);
        const auto checked = check_condition(example.condition, example.syntax);
        if (!checked) {
            const auto& message = checked.error().message();
            EXPECT_EQ(message.substr(0, message.find('\n')), example.gives);
            continue;
        }
        Budget budget;
        EXPECT_EQ(to_text(checked->condition.evaluate(names_of(subject, subject.received_at), budget)), example.gives);
    }
}

}  // namespace
}  // namespace winnow::expr

#include "winnow/forms/rule_form.hpp"

#include "unit/forms/random_documents.hpp"
#include "winnow/forms/rule_documents.hpp"

#include <gmock/gmock.h>

#include <set>

namespace winnow::forms {
namespace {

using domain::Rule;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kTries = 300;

std::string told(const std::vector<FieldError>& errors)
{
    std::string text;
    for (const auto& error : errors) text += error.pointer + " " + error.detail + "\n";
    return text;
}

/// A rule as it would be stored.
Rule sound_rule(const json& document)
{
    std::vector<FieldError> errors;
    auto input = read_rule(document, "", errors);
    EXPECT_THAT(errors, IsEmpty()) << document << told(errors);
    input.rule.id = RuleId(Uuid::from_words(1, 2));
    input.rule.position = input.position.value_or(7);
    input.rule.version = 3;
    input.rule.updated_at = Timestamp(std::chrono::milliseconds{1'800'000'000'123});
    input.rule.updated_by = "user:日本";
    return std::move(input.rule);
}

/// Those of its fields that people write.
json content_of(const Rule& rule)
{
    auto document = json::object();
    for (const auto& field : rule_fields()) {
        if (field.is_content()) document[std::string(field.name)] = field_json(rule, field.member);
    }
    return document;
}

TEST(RuleForm, WhatSomebodyWroteIsShown)
{
    RandomDocuments random(1);
    for (int i = 0; i < kTries; ++i) {
        const auto document = random.rule();
        const auto shown = rule_json(sound_rule(document));
        for (const auto& [name, value] : document.items()) {
            if (name != "actions") ASSERT_EQ(shown.at(name), value) << name << document;
        }
        ASSERT_EQ(shown.at("actions").size(), document.at("actions").size());
    }
}

TEST(RuleForm, AnAnswerIsTakenAsItIsShown)
{
    RandomDocuments random(2);
    for (int i = 0; i < kTries; ++i) {
        const auto shown = rule_json(sound_rule(random.rule()));
        std::vector<FieldError> errors;
        const auto again = read_rule(shown, "", errors);
        ASSERT_THAT(errors, IsEmpty()) << shown << told(errors);
        ASSERT_EQ(json(again.id->str()), shown.at("id"));
        ASSERT_EQ(json(*again.position), shown.at("position"));
        for (const auto& [name, value] : content_of(again.rule).items()) ASSERT_EQ(shown.at(name), value) << name;
    }
}

TEST(RuleForm, WhatIsKeptOfARuleIsReadBackAsTheSameBytes)
{
    RandomDocuments random(3);
    for (int i = 0; i < kTries; ++i) {
        const auto rule = sound_rule(random.rule());
        const auto kept = rule_json(rule).dump();
        const auto stored = json::parse(kept);
        Rule loaded;
        for (const auto& field : rule_fields()) {
            ASSERT_TRUE(load_field(stored.at(std::string(field.name)), field.member, loaded)) << field.name << stored;
            ASSERT_TRUE(agree(loaded, rule, field.member)) << field.name << stored;
        }
        ASSERT_EQ(rule_json(loaded).dump(), kept);
    }
}

TEST(RuleForm, AFileOfRulesSaysWhatTheAnswerSaid)
{
    RandomDocuments random(4);
    std::vector<Rule> rules;
    auto shown = json::array();
    for (int i = 0; i < kTries; ++i) {
        rules.push_back(sound_rule(random.rule()));
        rules.back().id = RuleId(Uuid::from_words(1, static_cast<std::uint64_t>(i + 1)));
        shown.push_back(rule_json(rules.back()));
    }
    const auto read = read_rule_documents(written_rules(shown).dump());
    ASSERT_TRUE(read) << told(read.error().fields());
    ASSERT_EQ(read->size(), rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        ASSERT_EQ((*read)[i].id, rules[i].id);
        ASSERT_EQ(content_of((*read)[i]).dump(), content_of(rules[i]).dump());
    }
}

TEST(RuleForm, AFileHasNoFieldThatGoesWithoutSaying)
{
    const auto rule = sound_rule({{"name", "a"}, {"condition", "{}"}, {"actions", {{{"type", "drop"}}}}});
    EXPECT_EQ(written_rules(json::array({rule_json(rule)})).dump(),
              R"([{"id":")" + rule.id.str() +
                  R"(","name":"a","syntax":"matchers","condition":"{}","actions":[{"type":"drop"}],"stop":true}])");
}

TEST(RuleForm, AFileHasItsFieldsInTheirOrderAndAnActionsTypeFirst)
{
    RandomDocuments random(5);
    auto rule = sound_rule(random.rule());
    rule.description = "why";
    rule.enabled = false;
    rule.mode = domain::RuleMode::shadow;
    rule.effective_from = rule.effective_until = rule.updated_at;
    rule.schedule = domain::WeeklySchedule{.time_zone = "UTC", .weekly = {{.days = 1, .from = 0, .until = 60}}};
    rule.actions = {domain::SetAction{"title", "x"}};
    const auto written = written_rules(json::array({rule_json(rule)}))[0];
    std::vector<std::string> names;
    for (const auto& [name, value] : written.items()) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("id", "name", "description", "enabled", "mode", "effective_from", "effective_until",
                                   "schedule", "syntax", "condition", "actions", "stop"));
    EXPECT_EQ(written["actions"].dump(), R"([{"type":"set","field":"title","value":"x"}])");
}

TEST(RuleForm, EachFieldIsNamedOnceAndHasOnePlaceInAFile)
{
    std::set<std::string_view> names;
    std::set<int> places;
    for (const auto& field : rule_fields()) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        if (field.written > 0) EXPECT_TRUE(places.insert(field.written).second) << field.name;
        EXPECT_EQ(field.read == nullptr, field.part == RulePart::record) << field.name;
        if (field.usually.empty()) continue;
        Rule rule;
        EXPECT_EQ(field_json(rule, field.member), json::parse(field.usually)) << field.name << ": not its default";
    }
    EXPECT_EQ(*places.rbegin(), static_cast<int>(places.size()));
}

TEST(RuleForm, NoMoreErrorsAreToldThanADocumentMayHave)
{
    const json wrong_day{
        {"days", {"mai", "mai", "mai", "mai", "mai", "mai", "mai"}}, {"from", "00:00"}, {"until", "24:00"}};
    const json document{{"name", "a"},
                        {"condition", "("},
                        {"schedule", {{"time_zone", "UTC"}, {"weekly", std::vector<json>(10, wrong_day)}}},
                        {"actions", {{{"type", "priority"}}, {{"type", "tag"}}, {{"type", "pause"}}}}};
    std::vector<FieldError> errors;
    (void)read_rule(document, "/0", errors);
    EXPECT_EQ(errors.size(), kMaxErrors) << told(errors);

    errors.resize(kMaxErrors - 1);
    (void)read_rule(document, "/1", errors);
    EXPECT_EQ(errors.size(), kMaxErrors) << told(errors);
}

TEST(RuleForm, TimesAreLoadedAsCountsToo)
{
    Rule rule;
    EXPECT_TRUE(load_field(1'800'000'000'123, &Rule::effective_from, rule));
    EXPECT_EQ(field_json(rule, &Rule::effective_from), "2027-01-15T08:00:00.123Z");
    EXPECT_TRUE(load_field(nullptr, &Rule::effective_from, rule));
    EXPECT_EQ(rule.effective_from, std::nullopt);
    EXPECT_FALSE(load_field("yesterday", &Rule::effective_from, rule));
}

TEST(RuleForm, WhatNoVersionWroteIsNotLoaded)
{
    Rule rule;
    EXPECT_FALSE(load_field("x", &Rule::id, rule));
    EXPECT_FALSE(load_field("lisp", &Rule::syntax, rule));
    EXPECT_FALSE(load_field("dead", &Rule::mode, rule));
    EXPECT_FALSE(load_field(json::array({7}), &Rule::actions, rule));
    for (const auto* text : {R"({})", R"({"time_zone":"UTC","weekly":[{}]})",
                             R"({"time_zone":"UTC","weekly":[{"days":["may"],"from":"00:00","until":"24:00"}]})",
                             R"({"time_zone":"UTC","weekly":[{"days":["mon"],"from":"25:00","until":"24:00"}]})"}) {
        EXPECT_FALSE(load_field(json::parse(text), &Rule::schedule, rule)) << text;
    }
}

}  // namespace
}  // namespace winnow::forms

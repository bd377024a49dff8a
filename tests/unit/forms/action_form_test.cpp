#include "winnow/forms/action_form.hpp"

#include "unit/forms/random_documents.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::forms {
namespace {

using domain::Action;
using nlohmann::json;
using testing::ElementsAre;

constexpr int kTries = 200;

/// The action in a document, and the pointers of what is wrong in it.
std::pair<Action, std::vector<std::string>> read(const json& document)
{
    const json list{{"actions", json::array({document})}};
    FieldReader fields(list);
    auto actions = fields.objects("actions", 1, Need::required);
    auto action = read_action(actions->front());
    std::vector<std::string> pointers;
    if (const auto ok = fields.finish(); !ok) {
        for (const auto& error : ok.error().fields()) pointers.push_back(error.pointer);
    }
    return {std::move(action), std::move(pointers)};
}

TEST(ActionForm, EachAlternativeHasTheRowAtItsPlaceAndATypeOfItsOwn)
{
    RandomDocuments random(1);
    const auto forms = action_forms();
    ASSERT_EQ(forms.size(), std::variant_size_v<Action>);
    std::set<std::string_view> types;
    for (std::size_t place = 0; place < forms.size(); ++place) {
        EXPECT_TRUE(types.insert(forms[place]->type()).second) << forms[place]->type();
        const auto [action, wrong] = read(random.action(*forms[place]));
        EXPECT_THAT(wrong, ElementsAre());
        EXPECT_EQ(action.index(), place) << forms[place]->type();
    }
}

TEST(ActionForm, WhatIsReadIsShownAndKeptAndReadAgainAsTheSameBytes)
{
    RandomDocuments random(2);
    for (const auto* form : action_forms()) {
        for (int i = 0; i < kTries; ++i) {
            const auto document = random.action(*form);
            const auto [action, wrong] = read(document);
            ASSERT_THAT(wrong, ElementsAre()) << document;
            const auto shown = action_json(action);
            for (const auto& [name, value] : document.items()) ASSERT_EQ(shown.at(name), value) << document;

            const auto [again, wrong_again] = read(shown);
            ASSERT_THAT(wrong_again, ElementsAre()) << shown;
            ASSERT_EQ(again, action) << shown;

            const auto kept = actions_json({action}).dump();
            const auto loaded = parse_actions(kept);
            ASSERT_TRUE(loaded) << kept;
            ASSERT_THAT(*loaded, ElementsAre(action)) << kept;
            ASSERT_EQ(actions_json(*loaded).dump(), kept);
        }
    }
}

TEST(ActionForm, EachMemberThatMustBeThereIsMissed)
{
    RandomDocuments random(3);
    for (const auto* form : action_forms()) {
        for (const auto& member : form->members()) {
            if (member.need != Need::required) continue;
            auto document = random.action(*form);
            document.erase(std::string(member.name));
            EXPECT_THAT(read(document).second, ElementsAre("/actions/0/" + std::string(member.name))) << document;
            EXPECT_FALSE(load_actions(json::array({document}))) << document;
        }
    }
}

TEST(ActionForm, WhatIsKeptAndLacksAMemberThatEveryVersionWritesIsNotLoaded)
{
    RandomDocuments random(6);
    for (const auto* form : action_forms()) {
        if (form->is_choice()) continue;
        const auto kept = action_json(read(random.action(*form)).first);
        ASSERT_TRUE(load_actions(json::array({kept}))) << kept;
        for (const auto& member : form->members()) {
            auto without = kept;
            without.erase(std::string(member.name));
            const bool is_reason = form->type() == "suppress" && member.name == "reason";
            EXPECT_EQ(load_actions(json::array({without})).has_value(), is_reason) << without;
        }
    }
    const auto suppress = parse_actions(R"([{"type":"suppress"}])");
    ASSERT_TRUE(suppress);
    EXPECT_THAT(*suppress, ElementsAre(Action(domain::SuppressAction{})));
    EXPECT_FALSE(parse_actions(R"([{"type":"flap"}])")) << "an older node leaves its rule out";
    EXPECT_FALSE(parse_actions(R"([{"type":"threshold","count":3,"within":"PT5M"}])"));
}

TEST(ActionForm, WhatIsNoValueOfItsMemberIsRefusedAndNotLoaded)
{
    RandomDocuments random(4);
    for (const auto* form : action_forms()) {
        for (const auto& member : form->members()) {
            json document{{"type", form->type()}};
            if (!form->is_choice()) document = random.action(*form);
            document[std::string(member.name)] = json::object({{"a", json::array()}});
            EXPECT_THAT(read(document).second, ElementsAre("/actions/0/" + std::string(member.name))) << document;
            EXPECT_FALSE(load_actions(json::array({document}))) << document;
        }
    }
}

TEST(ActionForm, OfAChoiceExactlyOneMemberIsGiven)
{
    RandomDocuments random(5);
    std::size_t choices = 0;
    for (const auto* form : action_forms()) {
        if (!form->is_choice()) continue;
        ++choices;
        json all{{"type", form->type()}};
        for (int i = 0; i < kTries; ++i) all.update(random.action(*form));
        const json none{{"type", form->type()}};
        for (const auto& document : {all, none}) {
            EXPECT_THAT(read(document).second, ElementsAre("/actions/0")) << document;
        }
        EXPECT_FALSE(load_actions(json::array({none}))) << none;
    }
    EXPECT_EQ(choices, 2U);
}

TEST(ActionForm, OfAKeyThatIsKeptWithBothItsTemplateIsLoaded)
{
    const auto loaded = parse_actions(R"([{"type":"dedup_key","fields":["source"],"template":"{{service}}"},
                                          {"type":"group_key","fields":["source"],"template":"{{service}}"}])");
    ASSERT_TRUE(loaded);
    EXPECT_THAT(*loaded, ElementsAre(Action(domain::DedupKeyAction{{}, "{{service}}"}),
                                     Action(domain::GroupKeyAction{{}, "{{service}}"})));
}

/// What is in databases, and what nodes of the older version read beside this one. Of every kind, later ones too, the
/// page on rules has it: RulesDocument.ShowsEachKindOfActionWholeAndAsItIsKept.
TEST(ActionForm, WhatIsKeptOfEachKindIsTheseBytes)
{
    using namespace std::chrono_literals;
    const auto group = ContactGroupId(Uuid::from_words(0x0123'4567'89ab'7cde, 0x8f01'2345'6789'abcd));
    const std::vector<Action> actions{domain::DropAction{},
                                      domain::SuppressAction{"nobody tests at night"},
                                      domain::SetAction{"title", "{{source}}: \"夜\""},
                                      domain::SeverityAction{domain::Severity::critical},
                                      domain::DedupKeyAction{{"source", "labels.env"}, ""},
                                      domain::DedupKeyAction{{}, "{{source}}/{{class}}"},
                                      domain::RouteAction{{group}},
                                      domain::ExtractAction{"title", R"((?P<host>\w+))"},
                                      domain::GroupKeyAction{{"service"}, ""},
                                      domain::GroupKeyAction{{}, "{{service}}"},
                                      domain::PriorityAction{"P1"},
                                      domain::TagAction{"night"},
                                      domain::NoteAction{"see {{source}}"},
                                      domain::ThresholdAction{3, 5min, domain::ThresholdMode::reset},
                                      domain::PauseAction{90s},
                                      domain::FlapAction{4, 168h, 500ms, domain::FlapMode::weighted}};
    const std::string kept =
        R"~([{"type":"drop"},)~"
        R"~({"reason":"nobody tests at night","type":"suppress"},)~"
        R"~({"field":"title","type":"set","value":"{{source}}: \"夜\""},)~"
        R"~({"severity":"critical","type":"severity"},)~"
        R"~({"fields":["source","labels.env"],"type":"dedup_key"},)~"
        R"~({"template":"{{source}}/{{class}}","type":"dedup_key"},)~"
        R"~({"contact_group_ids":["01234567-89ab-7cde-8f01-23456789abcd"],"type":"route"},)~"
        R"~({"field":"title","pattern":"(?P<host>\\w+)","type":"extract"},)~"
        R"~({"fields":["service"],"type":"group_key"},)~"
        R"~({"template":"{{service}}","type":"group_key"},)~"
        R"~({"priority":"P1","type":"priority"},)~"
        R"~({"tag":"night","type":"tag"},)~"
        R"~({"note":"see {{source}}","type":"note"},)~"
        R"~({"count":3,"mode":"reset","type":"threshold","within":"PT5M"},)~"
        R"~({"for":"PT1M30S","type":"pause"},)~"
        R"~({"mode":"weighted","settle":"PT0.500S","transitions":4,"type":"flap","within":"PT168H"}])~";
    std::set<std::size_t> kinds;
    for (const auto& action : actions) kinds.insert(action.index());
    EXPECT_GE(kinds.size(), 14U) << "a kind has lost its line here";
    EXPECT_EQ(actions_json(actions).dump(), kept);
    const auto loaded = parse_actions(kept);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, actions);
}

TEST(ActionForm, WhatNoVersionWroteIsNotLoaded)
{
    for (const auto* text :
         {"", "{}", "[", "[7]", "[{}]", R"([{"type":"dorp"}])", R"([{"type":7}])",
          R"([{"type":"severity","severity":"dire"}])", R"([{"type":"route","contact_group_ids":["x"]}])"}) {
        EXPECT_FALSE(parse_actions(text)) << text;
    }
    EXPECT_TRUE(parse_actions("[]"));
}

}  // namespace
}  // namespace winnow::forms

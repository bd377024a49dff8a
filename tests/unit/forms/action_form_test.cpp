#include "winnow/forms/action_form.hpp"

#include "unit/forms/random_documents.hpp"

#include <gmock/gmock.h>

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
        for (const auto& document : {all, json{{"type", form->type()}}}) {
            EXPECT_THAT(read(document).second, ElementsAre("/actions/0")) << document;
            EXPECT_FALSE(load_actions(json::array({document}))) << document;
        }
    }
    EXPECT_EQ(choices, 2U);
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

/// @file
/// What docs/openapi.yaml says of fields, beside the tables that the code goes by.

#include "unit/api/openapi_document.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/rule_form.hpp"
#include "winnow/forms/window_form.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace winnow::api {
namespace {

using testing::UnorderedElementsAreArray;

std::vector<std::string> texts_of(const YAML::Node& list)
{
    std::vector<std::string> texts;
    for (const auto& each : list) texts.push_back(each.as<std::string>());
    return texts;
}

std::vector<std::string> names_of(const YAML::Node& properties)
{
    std::vector<std::string> names;
    for (const auto& each : properties) names.push_back(each.first.as<std::string>());
    return names;
}

/// A default: a word, a number or an empty list.
std::string plain(const YAML::Node& node)
{
    return node.IsSequence() && node.size() == 0 ? "[]" : node.as<std::string>();
}

class OpenApiFields : public testing::Test {
protected:
    YAML::Node schema(const std::string& name) { return root_["components"]["schemas"][name]; }
    YAML::Node meant(const YAML::Node& node) { return resolved(root_, node); }

    YAML::Node root_ = YAML::LoadFile(WINNOW_OPENAPI_FILE);
};

void expect_length(const YAML::Node& text, forms::Length length)
{
    EXPECT_EQ(text["type"].as<std::string>(""), "string");
    EXPECT_EQ(text["minLength"].as<std::size_t>(0), length.min);
    EXPECT_EQ(text["maxLength"].as<std::size_t>(0), length.max);
}

/// What a document says of a member, beside what the table does.
struct Described {
    YAML::Node node;

    void operator()(const forms::Text& text) const { expect_length(node, text.length); }

    void operator()(const forms::Number& number) const
    {
        EXPECT_EQ(node["minimum"].as<std::int64_t>(), number.min);
        EXPECT_EQ(node["maximum"].as<std::int64_t>(), number.max);
    }

    void operator()(const forms::Duration& duration) const
    {
        static const std::regex kRange("(P[0-9A-Z]+) to (P[0-9A-Z]+)");
        const auto words = node["description"].as<std::string>("");
        std::smatch range;
        ASSERT_TRUE(std::regex_search(words, range, kRange)) << words;
        EXPECT_EQ(parse_iso8601_duration(range[1].str()), duration.min);
        EXPECT_EQ(parse_iso8601_duration(range[2].str()), duration.max);
    }

    void operator()(const forms::Word& word) const
    {
        EXPECT_THAT(texts_of(node["enum"]), UnorderedElementsAreArray(word.words));
    }

    void operator()(const forms::Texts& texts) const
    {
        EXPECT_EQ(node["type"].as<std::string>(""), "array");
        EXPECT_EQ(node["maxItems"].as<std::size_t>(0), texts.most);
        expect_length(node["items"], texts.each);
    }

    void operator()(const forms::Ids& ids) const { EXPECT_EQ(node["maxItems"].as<std::size_t>(), ids.most); }
};

TEST_F(OpenApiFields, EachKindOfActionIsDescribedWithItsMembers)
{
    std::map<std::string, YAML::Node> described;
    for (const auto& one : schema("RuleAction")["oneOf"]) {
        described.emplace(one["properties"]["type"]["const"].as<std::string>(), YAML::Node(one));
    }
    const auto forms = forms::action_forms();
    EXPECT_EQ(described.size(), forms.size());
    for (const auto* form : forms) {
        SCOPED_TRACE(form->type());
        const auto found = described.find(std::string(form->type()));
        ASSERT_NE(found, described.end());
        std::vector<std::string> names{"type"};
        std::vector<std::string> required{"type"};
        const auto properties = found->second["properties"];
        for (const auto& member : form->members()) {
            SCOPED_TRACE(member.name);
            const std::string name(member.name);
            names.push_back(name);
            if (member.need == forms::Need::required) required.push_back(name);
            ASSERT_TRUE(properties[name]);
            std::visit(Described{meant(properties[name])}, member.values);
        }
        EXPECT_THAT(names_of(properties), UnorderedElementsAreArray(names));
        EXPECT_THAT(texts_of(found->second["required"]), UnorderedElementsAreArray(required));
    }
}

TEST_F(OpenApiFields, ARuleIsDescribedWithItsFields)
{
    std::vector<std::string> names;
    const auto properties = schema("RuleWrite")["properties"];
    for (const auto& field : forms::rule_fields()) {
        SCOPED_TRACE(field.name);
        const std::string name(field.name);
        names.push_back(name);
        const auto described = properties[name];
        ASSERT_TRUE(described);
        // Only of a whole set is a rule known by its id: one by one, the path says which it is.
        EXPECT_EQ(described["readOnly"].as<bool>(false), field.read == nullptr || name == "id");
        if (!field.usually.empty()) {
            EXPECT_EQ(plain(described["default"]), plain(YAML::Load(std::string(field.usually))));
        }
    }
    for (const auto remark : forms::rule_remarks()) {
        names.emplace_back(remark);
        EXPECT_TRUE(properties[std::string(remark)]["readOnly"].as<bool>(false)) << remark;
    }
    EXPECT_THAT(names_of(properties), UnorderedElementsAreArray(names));
    EXPECT_THAT(names_of(schema("RulePatch")["properties"]), UnorderedElementsAreArray(names));
}

TEST_F(OpenApiFields, AMaintenanceWindowIsDescribedWithItsFields)
{
    const auto properties = schema("MaintenanceWindowWrite")["properties"];
    const auto patched = schema("MaintenanceWindowPatch")["properties"];
    for (const auto& field : forms::window_fields()) {
        SCOPED_TRACE(field.name);
        const std::string name(field.name);
        ASSERT_TRUE(properties[name]);
        EXPECT_TRUE(patched[name]);
        EXPECT_EQ(properties[name]["readOnly"].as<bool>(false), field.read == nullptr);
        if (field.usually.empty()) continue;
        EXPECT_EQ(plain(properties[name]["default"]), plain(YAML::Load(std::string(field.usually))));
    }
    EXPECT_EQ(names_of(properties).size(), names_of(patched).size());
}

/// What a document says of a ticket's field, by the type of its value.
struct DescribedTicket {
    YAML::Node node;

    [[nodiscard]] std::string type() const { return node["type"].as<std::string>(""); }
    [[nodiscard]] std::string reference() const { return node["$ref"].as<std::string>(""); }
    void refers_to(const std::string& schema) const { EXPECT_EQ(reference(), "#/components/schemas/" + schema); }

    void operator()(TicketId domain::Ticket::* /*at*/) const { refers_to("Id"); }
    void operator()(std::int64_t domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "integer"); }
    void operator()(std::int32_t domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "integer"); }
    void operator()(bool domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "boolean"); }
    void operator()(std::string domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "string"); }
    void operator()(domain::TicketState domain::Ticket::* /*at*/) const { refers_to("TicketState"); }
    void operator()(domain::Severity domain::Ticket::* /*at*/) const { refers_to("Severity"); }
    void operator()(domain::Labels domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "object"); }
    template <typename Tag>
    void operator()(std::optional<StrongId<Tag>> domain::Ticket::* /*at*/) const
    {
        refers_to("IdOrNull");
    }
    void operator()(std::optional<Timestamp> domain::Ticket::* /*at*/) const { refers_to("TimeOrNull"); }
    void operator()(std::vector<ContactGroupId> domain::Ticket::* /*at*/) const { EXPECT_EQ(type(), "array"); }
    void operator()(Timestamp domain::Ticket::* /*at*/) const
    {
        EXPECT_EQ(node["format"].as<std::string>(""), "date-time");
    }
};

TEST_F(OpenApiFields, ATicketIsDescribedWithItsFields)
{
    std::vector<std::string> names;
    const auto properties = schema("Ticket")["properties"];
    for (const auto& field : tickets::ticket_fields()) {
        if (!field.shown) continue;
        SCOPED_TRACE(field.name);
        const std::string name(field.name);
        names.push_back(name);
        ASSERT_TRUE(properties[name]);
        std::visit(DescribedTicket{properties[name]}, field.member);
    }
    EXPECT_THAT(names_of(properties), UnorderedElementsAreArray(names));
    EXPECT_THAT(texts_of(schema("Ticket")["required"]), UnorderedElementsAreArray(names));
    EXPECT_THAT(names_of(schema("TicketPatch")["properties"]), UnorderedElementsAreArray(names));
}

TEST_F(OpenApiFields, APatchOfATicketIsDescribedWithWhatPeopleMayWrite)
{
    const auto properties = schema("TicketPatch")["properties"];
    for (const auto& field : tickets::ticket_fields()) {
        if (!field.shown) continue;
        SCOPED_TRACE(field.name);
        const auto described = properties[std::string(field.name)];
        EXPECT_EQ(described["readOnly"].as<bool>(false), !field.edit.has_value());
        if (!field.edit || field.edit->most == 0) continue;
        EXPECT_EQ(described["maxLength"].as<std::size_t>(), field.edit->most);
        EXPECT_EQ(described["minLength"].as<std::size_t>(0), field.edit->is_line ? 1U : 0U);
    }
}

TEST_F(OpenApiFields, AStateIsOneOfTheWordsThatThereAre)
{
    std::vector<std::string> words;
    for (const auto state : domain::ticket_states()) words.emplace_back(to_string(state));
    EXPECT_EQ(texts_of(schema("TicketState")["enum"]), words);
}

}  // namespace
}  // namespace winnow::api

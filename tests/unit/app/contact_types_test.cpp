/// Channels say which fields their contacts have; docs/openapi.yaml says it to people.

#include "winnow/delivery/channel.hpp"

#include <gmock/gmock.h>

#include <yaml-cpp/yaml.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::app {
namespace {

using ports::Secrecy;

std::set<std::string> names(const YAML::Node& properties)
{
    std::set<std::string> all;
    for (const auto& each : properties) all.insert(each.first.as<std::string>());
    return all;
}

TEST(ContactTypes, AreThoseOfTheDocument)
{
    const auto schemas = YAML::LoadFile(WINNOW_OPENAPI_FILE)["components"]["schemas"];
    const auto written = schemas["ContactWrite"]["properties"];
    const auto shown = schemas["Contact"]["properties"];
    std::set<std::string> write{"id", "version", "updated_at", "name", "type", "enabled"};
    auto show = write;
    std::vector<std::string> types;
    for (const auto& type : delivery::contact_types()) {
        types.emplace_back(type.type);
        for (const auto& field : type.fields) {
            const std::string name(field.name);
            write.insert(name);
            if (field.secrecy != Secrecy::whole) show.insert(name);
            EXPECT_EQ(written[name]["writeOnly"].as<bool>(false), field.secrecy == Secrecy::whole) << name;
            if (const auto most = written[name]["maxLength"]) EXPECT_EQ(most.as<std::size_t>(), field.max) << name;
        }
    }
    EXPECT_EQ(written["type"]["enum"].as<std::vector<std::string>>(), types);
    EXPECT_EQ(shown["type"]["enum"].as<std::vector<std::string>>(), types);
    EXPECT_EQ(names(written), write);
    EXPECT_EQ(names(schemas["ContactPatch"]["properties"]), write);
    EXPECT_EQ(names(shown), show);
}

/// One setting has one meaning, whichever type it belongs to: its column is read without knowing types.
TEST(ContactTypes, ShareTheMeaningOfAName)
{
    std::map<std::string_view, Secrecy> meanings;
    std::set<std::string_view> words;
    for (const auto& type : delivery::contact_types()) {
        EXPECT_TRUE(words.insert(type.type).second) << type.type << " twice";
        for (const auto& field : type.fields) {
            EXPECT_EQ(meanings.emplace(field.name, field.secrecy).first->second, field.secrecy) << field.name;
            EXPECT_GT(field.max, 0U) << field.name;
        }
    }
}

}  // namespace
}  // namespace winnow::app

#include "cli/documents/yaml_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace winnow::cli {
namespace {

TEST(YamlDocument, WhatIsWrittenIsReadBackTheSame)
{
    const auto document = nlohmann::ordered_json::parse(R"([
        {"name": "a: b", "enabled": false, "count": 3, "share": 0.5, "none": null, "empty": "", "list": [], "map": {}},
        {"name": "true", "condition": "title == \"x\" &&\n  labels.env != 'y' # no comment", "number": "12", "tilde": "~",
         "ids": ["0199c0de-0000-7000-8000-000000000001", "null"], "actions": [{"type": "drop"}, {"type": "set", "value": "- x"}],
         "unicode": "監視 ☃ \u0007", "dashes": "---", "colon": "a:", "space": " a ", "percent": "%a", "at": "@a", "bang": "!x"}])");
    EXPECT_EQ(yaml_to_json(json_to_yaml(document)), nlohmann::json(document)) << json_to_yaml(document);
}

// Python and others write them so.
TEST(YamlDocument, WhatJsonWritesAsTwoEscapesIsOneCharacter)
{
    EXPECT_EQ(yaml_to_json(R"({"name": "\uD83D\udd25 hot", "path": "C:\\ud83d\\udd25", "e": "\u00e9\/"})"),
              (nlohmann::json{{"name", "🔥 hot"}, {"path", R"(C:\ud83d\udd25)"}, {"e", "é/"}}));
}

TEST(YamlDocument, MembersKeepTheirOrder)
{
    const auto text = json_to_yaml(nlohmann::ordered_json::parse(R"({"name": "x", "actions": [], "id": 1})"));
    EXPECT_LT(text.find("name"), text.find("actions"));
    EXPECT_LT(text.find("actions"), text.find("id"));
}

}  // namespace
}  // namespace winnow::cli

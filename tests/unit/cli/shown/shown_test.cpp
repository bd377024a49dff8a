/// @file
/// What a sender wrote, as the command line shows it.

#include "cli/shown/shown.hpp"

#include "cli/documents/yaml_document.hpp"
#include "cli/shown/table.hpp"
#include "winnow/base/text.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <string_view>

namespace winnow::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kHostile = "a\u009b2J\u202eb\u200bc\u2066d\ufeffe\U000E0041f\x1b[31m\x7f";

/// Line feeds are the layout's own.
bool drives_a_terminal(std::string text)
{
    std::erase(text, '\n');
    return has_hidden(text);
}

TEST(Shown, TablesHoldNothingThatATerminalObeysOrNobodySees)
{
    Table table({"NAME", "TITLE"});
    table.add({kHostile, kHostile + "\n\t" + kHostile});
    std::ostringstream out;
    table.print(out, false);
    EXPECT_FALSE(drives_a_terminal(out.str()));
    EXPECT_THAT(out.str(), HasSubstr("a 2J b c d e f [31m "));
}

TEST(Shown, JsonHoldsTheSameAsEscapesAndNothingIsLost)
{
    const json document{{"title", kHostile}, {kHostile, {1, "Grüße, 日本"}}};
    for (const auto& text : {json_text(document), json_line(document), json_text(nlohmann::ordered_json(document))}) {
        EXPECT_FALSE(drives_a_terminal(text));
        EXPECT_EQ(json::parse(text), document);
        EXPECT_THAT(text, HasSubstr("\\u009b"));
        EXPECT_THAT(text, HasSubstr("Grüße, 日本"));
    }
    EXPECT_EQ(json_text(json{{"a", 1}}), "{\n  \"a\": 1\n}");
}

TEST(Shown, YamlHoldsTheSameAsEscapesAndNothingIsLost)
{
    for (const std::string_view hidden : {"\u0080", "\u0085", "\u009b", "\u00ad", "\u061c", "\u200b", "\u2028",
                                          "\u202e", "\u2066", "\ufeff", "\U000E0041"}) {
        const auto text = "x" + std::string(hidden) + "y";
        const auto written = json_to_yaml({{"rules", {{{"name", text}, {text, {text}}}}}});
        EXPECT_FALSE(drives_a_terminal(written)) << written;
        EXPECT_EQ(yaml_to_json(written), json({{"rules", {{{"name", text}, {text, {text}}}}}})) << written;
    }
    EXPECT_EQ(json_to_yaml({{"name", "plain"}}), "name: plain\n");
}

}  // namespace
}  // namespace winnow::cli

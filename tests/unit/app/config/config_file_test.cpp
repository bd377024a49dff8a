/// @file
/// config/winnow.yaml, which is the configuration's documentation, held against the configuration.

#include "config_table.hpp"

#include <gmock/gmock.h>

#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace winnow::app {
namespace {

using ::testing::UnorderedElementsAreArray;

void collect(const YAML::Node& node, const std::string& path, std::map<std::string, std::string>& out)
{
    if (node.IsMap()) {
        for (const auto& item : node) {
            collect(item.second, path.empty() ? item.first.Scalar() : path + "." + item.first.Scalar(), out);
        }
        return;
    }
    std::vector<std::string> items;
    for (const auto& item : node) items.push_back(item.Scalar());
    out[path] = node.IsScalar() ? node.Scalar() : text_of(items);
}

std::map<std::string, std::string> documented()
{
    std::map<std::string, std::string> values;
    collect(YAML::LoadFile(WINNOW_CONFIG_FILE), "", values);
    return values;
}

std::vector<std::string> paths_of(const auto& keys)
{
    std::vector<std::string> paths;
    for (const auto& key : keys) paths.push_back(key);
    return paths;
}

TEST(ConfigFile, NamesEveryKeyAndNoOther)
{
    std::vector<std::string> written;
    for (const auto& [path, value] : documented()) written.push_back(path);
    EXPECT_THAT(written, UnorderedElementsAreArray(config_keys()));
}

TEST(ConfigFile, HoldsTheDefaults)
{
    const auto values = documented();
    const Config defaults;
    for (const auto& key : expected_keys()) {
        ASSERT_TRUE(values.contains(key.path)) << key.path;
        EXPECT_EQ(values.at(key.path), key.show(defaults)) << key.path;
    }
}

TEST(ConfigFile, LoadsAndChangesNothing)
{
    const auto loaded = load_config(WINNOW_CONFIG_FILE);
    ASSERT_TRUE(loaded) << loaded.error().fields().front().pointer << ": " << loaded.error().message();
    const Config defaults;
    for (const auto& key : expected_keys()) EXPECT_EQ(key.show(*loaded), key.show(defaults)) << key.path;
}

TEST(ConfigFile, IsNotEnoughToServeWith)
{
    const auto loaded = load_config(WINNOW_CONFIG_FILE);
    ASSERT_TRUE(loaded);
    const auto complete = complete_for_serving(*loaded);
    ASSERT_FALSE(complete);
    // Every key that is missing here says so in its comment.
    std::ifstream file(WINNOW_CONFIG_FILE);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const auto& missing : complete.error().fields()) {
        const auto name = missing.pointer.substr(missing.pointer.rfind('.') + 1);
        EXPECT_THAT(text, ::testing::ContainsRegex(name + ": +\"\" +# needed")) << missing.pointer;
    }
    EXPECT_EQ(complete.error().fields().size(), 8U);
}

TEST(ConfigKeys, AreAllExpectedByThisTest)
{
    std::vector<std::string> expected;
    for (const auto& key : expected_keys()) expected.push_back(key.path);
    EXPECT_THAT(expected, UnorderedElementsAreArray(paths_of(config_keys())));
}

/// "a.b.c" and a value as a document.
std::string document(const std::string& path, const std::string& value)
{
    std::string text;
    std::string indent;
    std::string rest = path;
    for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
        text += indent + rest.substr(0, dot) + ":\n";
        rest = rest.substr(dot + 1);
        indent += "  ";
    }
    return text + indent + rest + ": " + value + "\n";
}

TEST(ConfigKeys, EachSetsItsOwnValueAndNoOther)
{
    const Config defaults;
    for (const auto& key : expected_keys()) {
        if (key.other.empty()) continue;
        const auto changed = parse_config(document(key.path, key.other), "t");
        ASSERT_TRUE(changed) << key.path << ": " << changed.error().message();
        EXPECT_EQ(key.show(*changed), key.other) << key.path;
        for (const auto& another : expected_keys()) {
            const bool same_value = another.path == key.path || another.path == key.path + "_file";
            if (same_value) continue;
            EXPECT_EQ(another.show(*changed), another.show(defaults)) << key.path << " changed " << another.path;
        }
    }
}

}  // namespace
}  // namespace winnow::app

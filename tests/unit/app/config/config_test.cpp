/// @file
/// How a configuration is read: mistakes, the environment, secrets from files.

#include "app/config/config.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace winnow::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The problems of a text, as "place: what".
std::vector<std::string> problems(const std::string& text)
{
    const auto config = parse_config(text, "w.yaml");
    std::vector<std::string> lines;
    if (config) return lines;
    for (const auto& field : config.error().fields()) lines.push_back(field.pointer + ": " + field.detail);
    return lines;
}

/// Sets a variable of the environment for a test.
class Variable {
public:
    Variable(std::string name, const std::string& value) : name_(std::move(name))
    {
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() { ::unsetenv(name_.c_str()); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    std::string name_;
};

/// A file for a test.
class File {
public:
    File(const std::string& name, const std::string& content)
        : path_(std::filesystem::path(::testing::TempDir()) / ("winnow-config-" + std::to_string(::getpid()) + name))
    {
        std::ofstream(path_) << content;
    }
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

TEST(Config, AnEmptyTextIsTheDefaults)
{
    EXPECT_THAT(problems(""), ElementsAre());
    EXPECT_THAT(problems("# nothing but a comment\n"), ElementsAre());
    EXPECT_THAT(problems("journal:\n"), ElementsAre());
    EXPECT_THAT(problems("journal:\n  max_queued_alerts:\n"), ElementsAre());
}

TEST(Config, AnUnknownKeyIsRefusedWithItsPlaceAndTheNearestName)
{
    EXPECT_THAT(problems("listen:\n  costumer:\n    port: 1\n"),
                ElementsAre("w.yaml:3:11: unknown key listen.costumer.port; did you mean listen.customer.port?"));
    EXPECT_THAT(problems("journal:\n  transaction_in_flight: 2\n"),
                ElementsAre("w.yaml:2:26: unknown key journal.transaction_in_flight; "
                            "did you mean journal.transactions_in_flight?"));
    EXPECT_THAT(problems("x: 1\n"), ElementsAre("w.yaml:1:4: unknown key x"));
}

TEST(Config, AnUnknownKeyIsRefusedAlsoWithoutAValue)
{
    EXPECT_THAT(
        problems("journal:\n  max_queued_alert:\n"),
        ElementsAre(HasSubstr("unknown key journal.max_queued_alert; did you mean journal.max_queued_alerts?")));
}

TEST(Config, AKeyOfTheWrongShapeIsRefused)
{
    EXPECT_THAT(problems("journal: 3\n"), ElementsAre("w.yaml:1:10: journal takes keys below it, not a value"));
    EXPECT_THAT(problems("journal: [3]\n"), ElementsAre("w.yaml:1:10: journal takes keys below it, not a value"));
    EXPECT_THAT(problems("node:\n  name: [a, b]\n"), ElementsAre("w.yaml:2:9: node.name takes one value, not a list"));
    EXPECT_THAT(problems("node:\n  name:\n    first: a\n"),
                ElementsAre(StartsWith("w.yaml:3:12: unknown key node.name.first")));
}

TEST(Config, NumbersAreHeldToTheirRange)
{
    constexpr auto kRange = "w.yaml:2:27: journal.transactions_in_flight must be a whole number from 1 to 16";
    for (const auto* const wrong : {"0", "17", "-1", "3.5", "3x", "three", "0x3", "99999999999999999999"}) {
        EXPECT_THAT(problems(std::string("journal:\n  transactions_in_flight: ") + wrong), ElementsAre(kRange))
            << wrong;
    }
    for (const auto* const right : {"1", "16"}) {
        EXPECT_THAT(problems(std::string("journal:\n  transactions_in_flight: ") + right), ElementsAre()) << right;
    }
}

TEST(Config, DurationsAreHeldToTheirRange)
{
    constexpr auto kRange = "w.yaml:2:10: node.grace must be a duration such as PT5S, from PT0S to PT10M";
    for (const auto* const wrong : {"15", "15s", "PT10M0.001S", "-PT1S", "P1Y", "PT"}) {
        EXPECT_THAT(problems(std::string("node:\n  grace: ") + wrong), ElementsAre(kRange)) << wrong;
    }
    for (const auto* const right : {"PT0S", "PT10M", "PT1.5S"}) {
        EXPECT_THAT(problems(std::string("node:\n  grace: ") + right), ElementsAre()) << right;
    }
}

TEST(Config, WordsAndFlagsAreHeldToTheirList)
{
    EXPECT_THAT(problems("log:\n  level: loud\n"),
                ElementsAre("w.yaml:2:10: log.level must be one of debug, error, info, warning"));
    EXPECT_THAT(problems("database:\n  allow_unsafe_durability: maybe\n"),
                ElementsAre("w.yaml:2:28: database.allow_unsafe_durability must be one of false, true"));
    EXPECT_THAT(problems("provider:\n  key_sha256: abc\n"),
                ElementsAre(HasSubstr("must be 64 hexadecimal digits: the SHA-256 of the key")));
    EXPECT_THAT(problems("provider:\n  key_sha256: " + std::string(64, 'g')), ElementsAre(HasSubstr("64 hexadecimal")));
}

TEST(Config, EveryProblemIsNamedAtOnce)
{
    EXPECT_THAT(problems("log:\n  level: loud\nnode:\n  grace: soon\nx: 1\n"),
                ElementsAre(HasSubstr("log.level"), HasSubstr("node.grace"), HasSubstr("unknown key x")));
}

TEST(Config, WhatIsNotYamlIsRefusedWithItsPlace)
{
    EXPECT_THAT(problems("log:\n  level: [info\n"), ElementsAre(StartsWith("w.yaml:3:1: ")));
}

TEST(Config, WhatIsNoMapIsRefused)
{
    EXPECT_THAT(problems("serve everybody\n"), ElementsAre("w.yaml:1:1: this is no list of keys and values"));
    EXPECT_THAT(problems("- node\n"), ElementsAre("w.yaml:1:1: this is no list of keys and values"));
}

TEST(Config, AFileThatCannotBeReadIsNamed)
{
    const auto config = load_config("/nonexistent/winnow.yaml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().fields().front().pointer, "/nonexistent/winnow.yaml");
    EXPECT_EQ(config.error().fields().front().detail, "this file cannot be read: No such file or directory");
}

TEST(Config, TheFileGoesBeforeTheBaseAndTheEnvironmentBeforeTheFile)
{
    Config base;
    base.node.name = "base";
    base.customer.port = 1;
    base.database.api_connections = 9;
    const Variable port("WINNOW_LISTEN_CUSTOMER_PORT", "3");
    const auto config = parse_config("node: {name: file}\nlisten: {customer: {port: 2}}\n", "w.yaml", base);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->node.name, "file");
    EXPECT_EQ(config->customer.port, 3);
    EXPECT_EQ(config->database.api_connections, 9U);
}

TEST(Config, AWrongVariableIsNamedByItsName)
{
    const Variable wrong("WINNOW_JOURNAL_TRANSACTIONS_IN_FLIGHT", "many");
    EXPECT_THAT(problems(""), ElementsAre("WINNOW_JOURNAL_TRANSACTIONS_IN_FLIGHT: journal.transactions_in_flight must "
                                          "be a whole number from 1 to 16"));
}

TEST(Config, AVariableGivesAListOneElement)
{
    const Variable subjects("WINNOW_PROVIDER_CLIENT_SUBJECTS", "CN=ops,O=Example");
    const auto config = parse_config("provider: {client_subjects: [CN=a, CN=b]}\n", "w.yaml");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_THAT(config->provider.client_subjects, ElementsAre("CN=ops,O=Example"));
}

TEST(Config, ASecretIsTheFirstLineOfItsFile)
{
    const File password("password", "s3cret # not a comment\nsecond line\n");
    const File url("url", "postgresql://winnow_api:pw@db/winnow");
    const auto config =
        parse_config("delivery: {smtp: {password_file: '" + password.path() +
                         "'}}\ndatabase: {api_url: postgresql://other, api_url_file: '" + url.path() + "'}\n",
                     "w.yaml");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->delivery.smtp.password, "s3cret # not a comment");
    EXPECT_EQ(config->database.api_url, "postgresql://winnow_api:pw@db/winnow");
}

TEST(Config, ASecretsFileMayBeNamedByTheEnvironment)
{
    const File url("owner", "postgresql://owner@db/winnow\n");
    const Variable variable("WINNOW_DATABASE_OWNER_URL_FILE", url.path());
    const auto config = parse_config("", "w.yaml");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->database.owner_url, "postgresql://owner@db/winnow");
}

TEST(Config, ASecretsFileThatIsMissingOrEmptyIsRefused)
{
    const File empty("empty", "");
    EXPECT_THAT(
        problems("delivery: {smtp: {password_file: /nonexistent/p}}\n"),
        ElementsAre(HasSubstr("delivery.smtp.password_file cannot read /nonexistent/p: No such file or directory")));
    EXPECT_THAT(problems("delivery: {smtp: {password_file: '" + empty.path() + "'}}\n"),
                ElementsAre(HasSubstr("cannot read " + empty.path() + ": it is empty")));
}

TEST(Config, AnEmptySectionThatNobodyKnowsIsUnknown)
{
    EXPECT_THAT(problems("listen2: {}\n"), ElementsAre(HasSubstr("unknown key listen2")));
    EXPECT_THAT(problems("listen: {customr: {}}\n"), ElementsAre(HasSubstr("unknown key listen.customr")));
    EXPECT_THAT(problems("listen: {customer: {port: {}}}\n"),
                ElementsAre(HasSubstr("listen.customer.port takes a value")));
    EXPECT_THAT(problems("listen: {}\ndispatch:\n"), testing::IsEmpty());
}

TEST(Config, NoValueHoldsControlCharacters)
{
    EXPECT_THAT(problems("node: {name: \"a\\nb\"}\nlog: {level: \"info\\e\"}\n"),
                ElementsAre(HasSubstr("log.level holds a line feed"), HasSubstr("node.name holds a line feed")));
    const Variable name("WINNOW_NODE_NAME", "a\x7f");
    EXPECT_THAT(problems(""),
                ElementsAre("WINNOW_NODE_NAME: node.name holds a line feed or another control character"));
}

TEST(Config, WhatIsNotUtf8IsRefusedWithItsPlaceAndKey)
{
    EXPECT_THAT(problems("log: {level: info}\nnode: {name: \"\x83\x66\x83\x42\"}\n"),
                ElementsAre("w.yaml:2:14: node.name is not UTF-8: save the file as UTF-8"));
    EXPECT_THAT(problems("provider:\n  client_subjects: [CN=a, 'CN=\xE9']\n"),
                ElementsAre("w.yaml:2:20: provider.client_subjects is not UTF-8: save the file as UTF-8"));
    EXPECT_THAT(problems("log: {level: info}\n# \x93\xFA\x96\x7B\n"),
                ElementsAre("w.yaml:2:1: this line is not UTF-8: save the file as UTF-8"));
    EXPECT_THAT(problems("log: {\xE9: info}\n"),
                ElementsAre("w.yaml:1:1: this line is not UTF-8: save the file as UTF-8"));
    EXPECT_THAT(problems("log: {level: [\xE9\n"), ElementsAre(StartsWith("w.yaml:1:1: this line is not UTF-8")));
    EXPECT_THAT(problems("node: {name: '東京-1'}\n"), ElementsAre());
    // As Windows saves it: marked as UTF-16.
    EXPECT_THAT(problems(std::string("\xFF\xFEl\0o\0g\0:\0 \0{\0}\0\n\0", 18)), ElementsAre());

    const Variable name("WINNOW_NODE_NAME", "\x83\x66");
    EXPECT_THAT(problems(""), ElementsAre("WINNOW_NODE_NAME: node.name is not UTF-8"));
}

TEST(Config, WhatIsNoTextInASecretsFileIsRefused)
{
    const File latin("latin", "postgresql://winnow_api:p\xE4ss@db/winnow\n");
    const File control("control", "postgresql://winnow_api:\x1b[A@db/winnow\n");
    const File windows("windows", "postgresql://winnow_api@db/winnow\r\n");
    EXPECT_THAT(
        problems("database: {api_url_file: '" + latin.path() + "'}\n"),
        ElementsAre("w.yaml:1:26: database.api_url_file names " + latin.path() + ", whose first line is not UTF-8"));
    EXPECT_THAT(problems("delivery: {smtp: {password_file: '" + control.path() + "'}}\n"),
                ElementsAre(HasSubstr("whose first line holds a line feed or another control character")));
    const auto config = parse_config("database: {api_url_file: '" + windows.path() + "'}\n", "w.yaml");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->database.api_url, "postgresql://winnow_api@db/winnow");
}

TEST(Config, ANodesNameCanBeShown)
{
    constexpr auto kWanted =
        "node.name must be 1 to 100 characters that can be seen, with no blank at either end nor two in a row";
    for (const auto* const wrong : {"' '", "' a'", "'a '", "'a  b'", "\"\\u200F\"", "\"a\\u0085b\"", "\"a\\u2028b\""}) {
        EXPECT_THAT(problems(std::string("node: {name: ") + wrong + "}\n"), ElementsAre(HasSubstr(kWanted))) << wrong;
    }
    EXPECT_THAT(problems("node: {name: " + std::string(101, 'x') + "}\n"), ElementsAre(HasSubstr(kWanted)));
    for (const auto* const right : {"''", "a", "node-1.example.com", "'rack 7 / left'", "東京-1"}) {
        EXPECT_THAT(problems(std::string("node: {name: ") + right + "}\n"), ElementsAre()) << right;
    }
}

TEST(Config, WhatIsGoodOfABadOneIsStillLookedAt)
{
    const File file("bad", "node: {nam: x}\nlisten: {customer: {port: 9443}}\n");
    const auto reading = read_config(file.path());
    EXPECT_EQ(reading.problems.size(), 1U);
    EXPECT_TRUE(reading.understood);
    EXPECT_EQ(reading.config.customer.port, 9443);
}

TEST(Config, AFolderIsNoFile)
{
    const auto reading = read_config(::testing::TempDir());
    EXPECT_FALSE(reading.understood);
    ASSERT_EQ(reading.problems.size(), 1U);
    EXPECT_THAT(reading.problems[0].detail, HasSubstr("this is a folder"));
}

TEST(Config, WhatServingNeedsIsNamedAllAtOnce)
{
    const auto complete = complete_for_serving(Config());
    ASSERT_FALSE(complete);
    std::vector<std::string> missing;
    for (const auto& field : complete.error().fields()) missing.push_back(field.pointer);
    EXPECT_THAT(missing,
                ElementsAre("listen.customer.certificate_file", "listen.customer.key_file",
                            "listen.management.certificate_file", "listen.management.key_file", "database.api_url",
                            "database.pipeline_url", "database.provider_url", "encryption_key_file"));
}

TEST(Config, AVaultHasBothAUrlAndARootKey)
{
    const auto missing = [](const Config& config) {
        const auto complete = complete_for_serving(config);
        return complete ? std::string() : complete.error().fields().back().pointer;
    };
    Config config;
    EXPECT_EQ(missing(config), "encryption_key_file");
    config.vault.url = "postgresql://winnow_vault@/vault";
    EXPECT_EQ(missing(config), "vault.root_key_files");
    config.vault.root_key_files = {"/root.key"};
    EXPECT_EQ(missing(config), "encryption_key_file");
    config.vault.url.clear();
    EXPECT_EQ(missing(config), "vault.url");
}

TEST(Config, TwoRootKeysStandInOneVariable)
{
    const auto files = [](const std::string& yaml) {
        const auto config = parse_config(yaml, "w.yaml");
        return config ? config->vault.root_key_files : std::vector<std::string>();
    };
    EXPECT_THAT(files("vault: {root_key_files: [/one, /two]}\n"), ElementsAre("/one", "/two"));
    EXPECT_THAT(files("vault: {root_key_files: ['/one,/two']}\n"), ElementsAre("/one", "/two"));
    EXPECT_THAT(files("vault: {root_key_files: ['/one,']}\n"), ElementsAre("/one"));
}

}  // namespace
}  // namespace winnow::app

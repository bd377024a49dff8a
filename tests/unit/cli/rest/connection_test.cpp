/// @file
/// Where a command calls, and with whose key: all from one place.

#include "cli/rest/rest_client.hpp"

#include <gmock/gmock.h>

namespace winnow::cli {
namespace {

using ::testing::HasSubstr;

const Connection kNothing;
const Connection kWhole{.url = "https://a", .key = "key of a", .ca_file = "a.pem"};

std::string refusal(Connection flags, const Connection& environment)
{
    try {
        static_cast<void>(complete_from(flags, environment));
        return "";
    } catch (const std::runtime_error& refused) {
        return refused.what();
    }
}

TEST(Connection, FlagsComeBeforeTheEnvironmentAndTakeNothingFromIt)
{
    Connection flags{.url = "https://b", .key = "key of b"};
    ASSERT_TRUE(complete_from(flags, kWhole));
    EXPECT_EQ(flags.url, "https://b");
    EXPECT_EQ(flags.key, "key of b");
    EXPECT_EQ(flags.ca_file, "") << "the authority of another server is trusted for that one only";
}

TEST(Connection, TheEnvironmentIsTakenWhole)
{
    Connection none;
    ASSERT_TRUE(complete_from(none, kWhole));
    EXPECT_EQ(none.url, "https://a");
    EXPECT_EQ(none.key, "key of a");
    EXPECT_EQ(none.ca_file, "a.pem");
}

TEST(Connection, AUrlWithoutAKeyIsRefusedWhateverTheOtherPlacesHold)
{
    EXPECT_THAT(refusal({.url = "https://b"}, kNothing), HasSubstr("--url is given without --key"));
    EXPECT_THAT(refusal({.url = "https://b"}, kWhole), HasSubstr("--url is given without --key"));
    EXPECT_THAT(refusal({}, {.url = "https://b"}), HasSubstr("WINNOW_URL is given without WINNOW_KEY"));
    EXPECT_THAT(refusal({.key = "k"}, {.url = "https://b"}), HasSubstr("--key is given without --url"));
    EXPECT_THAT(refusal({}, {.key = "k"}), HasSubstr("WINNOW_KEY is given without WINNOW_URL"));
    EXPECT_THAT(refusal({}, {.ca_file = "f"}), HasSubstr("WINNOW_CA_FILE is given without WINNOW_URL and WINNOW_KEY"));
}

TEST(Connection, WhereNothingIsGivenTheReadyFileIsLeft)
{
    Connection none;
    EXPECT_FALSE(complete_from(none, kNothing));
}

TEST(Connection, APasswordInAUrlIsNotShown)
{
    for (const std::string url :
         {"http://u:hunter2@x", "u:hunter2@x", "https://u:hunter2@x:8443", "https://u:p@hunter2@x/"}) {
        Connection given{.url = url, .key = "k"};
        try {
            complete(given, As::admin);
            FAIL() << url;
        } catch (const std::runtime_error& refused) {
            EXPECT_THAT(refused.what(), HasSubstr("--url or WINNOW_URL"));
            EXPECT_THAT(refused.what(), testing::Not(HasSubstr("hunter2"))) << url;
        }
    }
    Connection plain{.url = "http://x", .key = "k"};
    try {
        complete(plain, As::admin);
        FAIL();
    } catch (const std::runtime_error& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("\"http://x\""));
    }
}

}  // namespace
}  // namespace winnow::cli

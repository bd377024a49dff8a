#include "winnow/signin/link.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

namespace winnow::signin {
namespace {

using namespace std::chrono_literals;

constexpr std::array kPurposes{LinkPurpose::invitation, LinkPurpose::reset, LinkPurpose::email_change,
                               LinkPurpose::email_stop, LinkPurpose::mfa_reset};

TEST(Links, HoldTheTokenBehindTheFragmentSign)
{
    EXPECT_EQ(link_text("https://winnow.example", LinkPurpose::invitation, "T0K-en_"),
              "https://winnow.example/accept#t=T0K-en_");
    EXPECT_EQ(link_text("https://winnow.example//", LinkPurpose::reset, "t"), "https://winnow.example/reset#t=t");
    for (const auto purpose : kPurposes) {
        const auto link = link_text("https://winnow.example/alerts/", purpose, "TOKEN");
        EXPECT_TRUE(link.starts_with("https://winnow.example/alerts/")) << link;
        EXPECT_GT(link.find("TOKEN"), link.find('#')) << link;
        EXPECT_EQ(link.find('?'), std::string::npos) << link;
    }
}

TEST(Links, LiveForAsLongAsWhatTheyDoAllows)
{
    EXPECT_EQ(life_of(LinkPurpose::invitation), std::chrono::days{7});
    EXPECT_EQ(life_of(LinkPurpose::reset), 15min);
    EXPECT_EQ(life_of(LinkPurpose::mfa_reset), 15min);
    EXPECT_EQ(life_of(LinkPurpose::email_change), 1h);
    EXPECT_EQ(life_of(LinkPurpose::email_stop), 1h);
}

}  // namespace
}  // namespace winnow::signin

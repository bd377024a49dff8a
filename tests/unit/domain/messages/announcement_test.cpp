#include "winnow/domain/messages/announcement.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace winnow::domain {
namespace {

TEST(Announcements, HaveKindsThatAreReadBack)
{
    std::set<std::string_view> words;
    for (const auto kind : announcement_kinds()) {
        words.insert(to_string(kind));
        EXPECT_EQ(parse_announcement_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(words, (std::set<std::string_view>{"maintenance", "change", "incident", "advisory"}));
    EXPECT_EQ(parse_announcement_kind("Incident"), std::nullopt);
    EXPECT_EQ(parse_announcement_kind(""), std::nullopt);
}

}  // namespace
}  // namespace winnow::domain

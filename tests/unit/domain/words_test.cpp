#include "winnow/domain/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::domain {

namespace {

using testing::ElementsAre;

TEST(Words, AreListedInTheOrderInWhichPeopleAreToldOfThem)
{
    EXPECT_EQ(listed(alert_statuses(), " or "), "firing, acknowledged or resolved");
    EXPECT_EQ(listed(severities()), "critical, error, warning, info");
    EXPECT_EQ(listed(dispositions()),
              "ticketed, dropped, suppressed, silenced, inhibited, held, resolved, ignored, quarantined");
    EXPECT_EQ(listed(delivery_states()), "pending, sending, delivered, dead, cancelled, superseded");
    EXPECT_EQ(listed(silence_states(), " or "), "pending, active or expired");
    EXPECT_THAT(words_of(severities()), ElementsAre("critical", "error", "warning", "info"));
    EXPECT_EQ(listed(severities().first(1), " or "), "critical");
    EXPECT_EQ(listed(severities().first(0), " or "), "");
}

template <typename Value>
void expect_read(std::span<const Value> values, std::optional<Value> (*parse)(std::string_view) noexcept)
{
    for (const auto value : values) EXPECT_EQ(parse(to_string(value)), value) << to_string(value);
    EXPECT_EQ(parse("none of these"), std::nullopt);
    EXPECT_EQ(parse(""), std::nullopt);
}

TEST(Words, AreReadByTheListThatIsShown)
{
    expect_read(alert_statuses(), &parse_alert_status);
    expect_read(severities(), &parse_severity);
    expect_read(dispositions(), &parse_disposition);
    expect_read(delivery_states(), &parse_delivery_state);
    expect_read(silence_states(), &parse_silence_state);
}

}  // namespace

}  // namespace winnow::domain

#include "intake/alert/alert_title.hpp"

#include <gtest/gtest.h>

namespace winnow::intake {

namespace {

domain::Labels texts(std::initializer_list<std::pair<const char*, const char*>> entries)
{
    domain::Labels labels;
    for (const auto& [name, value] : entries) labels.set(name, value);
    return labels;
}

const auto kNamed = texts({{"alertname", "DiskFull"}, {"instance", "db-7"}});

}  // namespace

TEST(AlertTitle, ABlankAnnotationFallsBackToTheAlertsName)
{
    for (const auto* const blank : {" ", "\n", "\r\n \t", "\xE3\x80\x80", "\xC2\xA0\xE2\x80\x8B \n"}) {
        EXPECT_EQ(alertmanager_title(kNamed, texts({{"summary", blank}})), "DiskFull db-7");
        EXPECT_EQ(alertmanager_title(kNamed, texts({{"summary", blank}, {"message", "93%"}})), "93%");
        EXPECT_EQ(alertmanager_title(texts({{"alertname", blank}, {"instance", "db-7"}}), {}), "db-7");
        EXPECT_EQ(alertmanager_title(texts({{"alertname", blank}, {"env", "prod"}}), {}).ends_with("env=prod"), true);
    }
}

TEST(AlertTitle, IsOneLine)
{
    EXPECT_EQ(alertmanager_title(kNamed, texts({{"summary", "\ndisk full\n\n  on db-7 \n"}})), "disk full on db-7");
    EXPECT_EQ(alertmanager_title(kNamed, texts({{"summary", "ディスク\xE3\x80\x80満杯"}})), "ディスク\xE3\x80\x80満杯");
}

}  // namespace winnow::intake

#include "winnow/forms/window_form.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace winnow::forms {
namespace {

using namespace std::chrono_literals;
using domain::MaintenanceWindow;
using nlohmann::json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

MaintenanceWindow a_window()
{
    MaintenanceWindow window;
    window.id = MaintenanceWindowId(Uuid::from_words(1, 2));
    window.name = "patch night";
    window.comment = "日本\n\"x\"";
    window.enabled = false;
    window.starts_at = Timestamp(1'800'000'000'123ms);
    window.duration = 2h;
    window.time_zone = "Asia/Tokyo";
    window.rrule = "FREQ=WEEKLY;BYDAY=SU";
    window.exceptions = {"2026-12-25", "2026-12-06T02:00:00.000Z"};
    window.version = 3;
    window.updated_at = Timestamp(1'800'000'000'456ms);
    window.updated_by = "user:x";
    return window;
}

std::vector<std::string> pointers(FieldReader& fields)
{
    std::vector<std::string> list;
    if (const auto ok = fields.finish(); !ok) {
        for (const auto& error : ok.error().fields()) list.push_back(error.pointer);
    }
    return list;
}

TEST(WindowForm, ShowsEachField)
{
    const auto window = a_window();
    EXPECT_EQ(window_json(window), json({{"id", window.id.str()},
                                         {"name", "patch night"},
                                         {"comment", "日本\n\"x\""},
                                         {"enabled", false},
                                         {"starts_at", "2027-01-15T08:00:00.123Z"},
                                         {"duration", "PT2H"},
                                         {"time_zone", "Asia/Tokyo"},
                                         {"rrule", "FREQ=WEEKLY;BYDAY=SU"},
                                         {"exceptions", {"2026-12-25", "2026-12-06T02:00:00.000Z"}},
                                         {"version", 3},
                                         {"updated_at", "2027-01-15T08:00:00.456Z"},
                                         {"updated_by", "user:x"}}));
    EXPECT_EQ(window_json({})["rrule"], nullptr);
}

TEST(WindowForm, AnAnswerIsTakenAsItIsShown)
{
    const auto shown = window_json(a_window());
    FieldReader fields(shown);
    const auto input = read_window(fields);
    EXPECT_THAT(pointers(fields), ElementsAre());
    EXPECT_TRUE(input.has_times);
    const auto again = window_json(input.window);
    for (const auto& field : window_fields()) {
        const std::string name(field.name);
        if (field.read != nullptr) EXPECT_EQ(again.at(name), shown.at(name)) << name;
    }
}

TEST(WindowForm, WhatIsNotGivenIsAsUsual)
{
    const json document{{"name", "a"}, {"starts_at", "2027-01-15T08:00:00Z"}, {"duration", "PT1H"}};
    FieldReader fields(document);
    const auto shown = window_json(read_window(fields).window);
    EXPECT_THAT(pointers(fields), ElementsAre());
    for (const auto& field : window_fields()) {
        if (!field.usually.empty()) EXPECT_EQ(shown.at(std::string(field.name)), json::parse(field.usually));
    }
}

TEST(WindowForm, EveryFieldThatIsWrongIsTold)
{
    const json wrong{{"name", ""},    {"comment", 7},    {"enabled", "no"}, {"starts_at", "x"},
                     {"duration", 1}, {"time_zone", ""}, {"rrule", ""},     {"exceptions", {""}}};
    FieldReader fields(wrong);
    EXPECT_FALSE(read_window(fields).has_times);
    EXPECT_THAT(pointers(fields), UnorderedElementsAre("/name", "/comment", "/enabled", "/starts_at", "/duration",
                                                       "/time_zone", "/rrule", "/exceptions/0"));
    for (const auto* missing : {"starts_at", "duration"}) {
        json document{{"name", "a"}, {"starts_at", "2027-01-15T08:00:00Z"}, {"duration", "PT1H"}};
        document.erase(missing);
        FieldReader without(document);
        EXPECT_FALSE(read_window(without).has_times) << missing;
        EXPECT_THAT(pointers(without), ElementsAre("/" + std::string(missing)));
    }
}

}  // namespace
}  // namespace winnow::forms

#include "winnow/intake/canonical.hpp"

#include "winnow/intake/formats.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <variant>
#include <vector>

namespace winnow::intake {

namespace {

using domain::Alert;

std::string canonical(const Alert& alert)
{
    std::string line;
    append_canonical(alert, line);
    return line;
}

class AlertMaker {
public:
    explicit AlertMaker(unsigned seed) : random_(seed) {}

    Alert alert()
    {
        Alert alert;
        alert.title = text();
        alert.dedup_key = text();
        alert.source = text();
        alert.service = text();
        alert.component = text();
        alert.group = text();
        alert.class_name = text();
        alert.description = text();
        alert.instance_key = text();
        alert.integration = text();
        alert.status = static_cast<domain::AlertStatus>(pick(3));
        alert.severity = static_cast<domain::Severity>(pick(4) + 1);
        for (auto n = pick(5); n > 0; --n) alert.labels.set("n" + text(), text());
        alert.details = details();
        for (auto n = pick(3); n > 0; --n) alert.links.push_back({text(), text()});
        if (pick(2) == 0) alert.starts_at = time();
        if (pick(2) == 0) alert.ends_at = time();
        if (pick(4) != 0) alert.integration_id = IntegrationId(Uuid::from_words(random_(), random_()));
        if (pick(4) != 0) alert.received_at = time();
        return alert;
    }

private:
    std::size_t pick(std::size_t below) { return random_() % below; }

    std::string text()
    {
        static const std::vector<std::string> kPieces{
            "a", "plain words ", "\"",    "\\", "\n", "\r\n", "\t",   "\x01", "\x1f", "é",
            "€", "🙂",           "\\u00", "{",  "]",  ",",    "\x7f", "'"};
        std::string text;
        for (auto n = pick(6); n > 0; --n) text += kPieces[pick(kPieces.size())];
        return text;
    }

    std::string details()
    {
        if (pick(3) == 0) return "{}";
        nlohmann::json json = nlohmann::json::object();
        for (auto n = pick(4); n > 0; --n)
            json[text()] = {{"n", pick(1'000)}, {"s", text()}, {"a", {1.5, nullptr, true}}};
        return json.dump();
    }

    Timestamp time()
    {
        return Timestamp(
            std::chrono::milliseconds(static_cast<std::int64_t>(random_() % 4'000'000'000'000ULL) - 1'000'000));
    }

    std::mt19937_64 random_;
};

}  // namespace

TEST(Canonical, RoundTripsWhateverAnAlertHolds)
{
    AlertMaker maker(42);
    for (int round = 0; round < 5'000; ++round) {
        const auto alert = maker.alert();
        const auto line = canonical(alert);
        ASSERT_EQ(line.find('\n'), std::string::npos);
        ASSERT_TRUE(nlohmann::json::accept(line)) << line;
        const auto again = read_canonical(line);
        ASSERT_TRUE(again.has_value()) << line;
        ASSERT_EQ(*again, alert) << line;
    }
}

TEST(Canonical, RoundTripsWhatIntakeMakes)
{
    const Origin origin{IntegrationId(Uuid::from_words(1, 2)), "n", *parse_rfc3339("2026-11-23T06:00:00Z")};
    const std::string body =
        "{\"title\":\"x\",\n\"details\":{\n \"big\": 123456789012345678901234567890,\n \"e\": 1E2},"
        "\"foo\":[ 1 ],\"links\":[{\"href\":\"https://a\",\"rel\":\"b\"}]}";
    const auto batch = parse_native_json(body, origin, {});
    ASSERT_TRUE(batch.has_value());
    const auto& alert = std::get<Alert>(batch->front());
    const auto again = read_canonical(canonical(alert));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, alert);
    EXPECT_EQ(again->details,
              R"({"big":123456789012345678901234567890,"e":1E2,"foo":[1],"links":[{"href":"https://a","rel":"b"}]})");
}

TEST(Canonical, LeavesDefaultsOut)
{
    EXPECT_EQ(canonical(Alert()), "{}");
    Alert alert;
    alert.title = "x";
    alert.dedup_key = "k";
    EXPECT_EQ(canonical(alert), R"({"title":"x","dedup_key":"k"})");
}

TEST(Canonical, StaysAsItWasOnItsFirstDay)
{
    const std::string first_day =
        R"({"title":"t","dedup_key":"k","source":"s","service":"v","component":"c","group":"g","class":"l",)"
        R"("description":"d","instance_key":"i","integration":"n","status":"resolved","severity":"critical",)"
        R"("labels":{"a":"1","b":"2"},"details":{"x":[1]},"links":[{"href":"https://a","text":"t"}],)"
        R"("starts_at":1,"ends_at":-2,"integration_id":"00000000-0000-0001-0000-000000000002","received_at":3})";
    const auto alert = read_canonical(first_day);
    ASSERT_TRUE(alert.has_value());
    EXPECT_EQ(alert->class_name, "l");
    EXPECT_EQ(alert->links.size(), 1U);
    EXPECT_EQ(alert->received_at.time_since_epoch().count(), 3);
    EXPECT_EQ(canonical(*alert), first_day);
}

TEST(Canonical, PassesMembersOfALaterVersion)
{
    const auto alert = read_canonical(R"({"title":"x","from_the_future":{"a":[1]},"source":"s"})");
    ASSERT_TRUE(alert.has_value());
    EXPECT_EQ(alert->source, "s");
}

TEST(Canonical, KeepsDetailsOnOneLine)
{
    Alert alert;
    alert.details = "{\n \"a\": 1\n}";
    EXPECT_EQ(canonical(alert), R"({"details":{  "a": 1 }})");
}

TEST(Canonical, RefusesWhatItDidNotWrite)
{
    const auto line = canonical(AlertMaker(3).alert());
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
        const auto read = read_canonical(line.substr(0, cut));
        ASSERT_FALSE(read.has_value()) << cut;
        EXPECT_EQ(read.error().code(), ErrorCode::internal);
    }
    for (const auto* bad :
         {"[]", "null", "{} {}", R"({"title":1})", R"({"status":"x"})", R"({"severity":2})", "{\"a\":nope}",
          R"({"labels":[]})", R"({"details":[]})", R"({"details":{"a":}})", R"({"received_at":"x"})",
          R"({"starts_at":null})", R"({"integration_id":"x"})", R"({"links":[1]})", "\xff"}) {
        EXPECT_FALSE(read_canonical(bad).has_value()) << bad;
    }
}

}  // namespace winnow::intake

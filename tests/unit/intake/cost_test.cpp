/// @file
/// What a body costs grows with its length and no faster, whatever a hostile sender makes it of; and what is kept of
/// it, and said about it, is bounded.

#include "intake/json/json_diagnosis.hpp"
#include "intake/json/json_text.hpp"
#include "unit/intake/senders/native/native_alerts.hpp"

#include <gmock/gmock.h>

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <limits>
#include <ostream>

namespace winnow::intake {

namespace {

std::string repeated(const std::string& text, std::size_t times)
{
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += (i == 0 ? "" : ",") + text;
    return all;
}

// `"n…":1`, a name of its own each. Descending: where they are sorted, each goes to the front.
std::string distinct(std::size_t count, const std::string& value)
{
    std::string all;
    for (std::size_t i = count; i-- > 0;) {
        const auto digits = std::to_string(i);
        all += "\"n" + std::string(8 - digits.size(), '0') + digits + "\":" + value + (i == 0 ? "" : ",");
    }
    return all;
}

// "a", "a_", "a__"…: each in the way of the others' repeats; and all of them again, some times. The text grows with
// the square of `length`.
std::string in_each_others_way(std::size_t length)
{
    std::string all;
    for (int round = 0; round < 4; ++round) {
        for (std::size_t i = 0; i < length; ++i) {
            all += (all.empty() ? "\"a" : ",\"a") + std::string(i, '_') + "\":1";
        }
    }
    return all;
}

std::string nested(const std::string& open, const std::string& close, std::size_t levels)
{
    std::string all;
    for (std::size_t i = 0; i < levels; ++i) all += open;
    for (std::size_t i = 0; i < levels; ++i) all += close;
    return all;
}

std::string times(const std::string& text, std::size_t count)
{
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

domain::AlertLimits wide_limits()
{
    domain::AlertLimits limits;
    limits.max_body_bytes = limits.max_push_bytes;
    return limits;
}

Result<Batch> parse_native(const std::string& body)
{
    return parse_native_json(body, origin(), wide_limits());
}
Result<Batch> parse_lines(const std::string& body)
{
    return parse_native_ndjson(body, origin(), wide_limits());
}
Result<Batch> parse_am(const std::string& body)
{
    return parse_alertmanager(body, origin(), wide_limits(), std::chrono::minutes{5});
}
Result<Batch> parse_grafana(const std::string& body)
{
    return parse_webhook(WebhookSender::grafana, body, origin(), wide_limits());
}

using Read = Result<Batch> (*)(const std::string& body);
using Make = std::function<std::string(std::size_t n)>;

struct Shape {
    std::string name;
    Read read;
    Make body;
    std::size_t size = 500;

    friend void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }
};

Make inside(std::string before, std::string item, std::string after)
{
    return [=](std::size_t n) {
        return before + repeated(item, n) + after;
    };
}

Make names_in(std::string before, std::string value, std::string after)
{
    return [=](std::size_t n) {
        return before + distinct(n, value) + after;
    };
}

Make filled(std::string before, std::string piece, std::string after)
{
    return [=](std::size_t n) {
        return before + times(piece, n) + after;
    };
}

std::vector<Shape> shapes()
{
    const std::string push = R"([{"labels":{"alertname":"x"},)";
    const std::string hook = R"({"alerts":[{"labels":{"alertname":"x"},)";
    return {
        {"ALabelRepeats", parse_native, inside(R"({"title":"x","labels":{)", R"("a":"b")", "}}")},
        {"ADetailRepeats", parse_native, inside(R"({"title":"x","details":{)", R"("a":"b")", "}}")},
        {"ADeepDetailRepeats", parse_native, inside(R"({"title":"x","details":{"d":{)", R"("a":1)", "}}}")},
        {"AnUnknownFieldRepeats", parse_native, inside(R"({"title":"x",)", R"("a":1)", "}")},
        {"AFieldRepeatsInABatch", parse_native, inside(R"([{"title":"x",)", R"("title":"y")", "}]")},
        {"AFieldRepeatsInALine", parse_lines, inside(R"({"title":"x",)", R"("title":"y")", "}")},
        {"ALinksMemberRepeats", parse_native, inside(R"({"title":"x","links":[{)", R"("a":1)", "}]}")},
        {"ManyLinks", parse_native, inside(R"({"title":"x","links":[)", R"({"href":"y"})", "]}")},
        {"ManyLabels", parse_native, names_in(R"({"title":"x","labels":{)", R"("v")", "}}"), 4'000},
        {"ManyDetails", parse_native, names_in(R"({"title":"x","details":{)", "1", "}}"), 4'000},
        {"ManyUnknownFields", parse_native, names_in(R"({"title":"x",)", "1", "}"), 4'000},
        {"ManyAlertsOfNothing", parse_native, inside("[", "1", "]"), 100},
        {"ManyMembersBesideAlerts", parse_native, names_in(R"({"alerts":[{"title":"x"}],)", "1", "}"), 4'000},
        {"APushLabelRepeats", parse_am, inside(R"([{"labels":{)", R"("a":"b")", "}}]")},
        {"APushAnnotationRepeats", parse_am, inside(push + R"("annotations":{)", R"("a":"b")", "}}]")},
        {"ManyPushMembers", parse_am, names_in(push, "1", "}]"), 4'000},
        {"APushMemberRepeats", parse_am, inside(push, R"("a":"b")", "}]")},
        {"APushLabelOfObjectsRepeats", parse_am, inside(R"([{"labels":{"b":"c",)", R"("a":{})", "}}]")},
        {"ManyPushLabels", parse_am, names_in(R"([{"labels":{)", R"("v")", "}}]"), 4'000},
        {"ManyPushAnnotations", parse_am, names_in(push + R"("annotations":{)", R"("v")", "}}]"), 4'000},
        {"AWebhooksLabelRepeats", parse_grafana, inside(R"({"alerts":[{"labels":{)", R"("a":"b")", "}}]}")},
        {"AWebhooksAnnotationRepeats", parse_grafana, inside(hook + R"("annotations":{)", R"("a":"b")", "}}]}")},
        {"AWebhooksMemberRepeats", parse_grafana, inside(hook, R"("a":"b")", "}]}")},
        {"AWebhooksOwnMemberRepeats", parse_grafana, inside(R"({"alerts":[],)", R"("a":{"b":1,"b":2})", "}")},
        {"DeepNesting", parse_native,
         [](std::size_t n) { return R"({"title":"x","details":)" + nested("[", "]", n) + "}"; }, 4'000},
        {"DeepObjects", parse_native,
         [](std::size_t n) { return R"({"title":"x","details":)" + nested("{\"a\":", "}", n) + "}"; }, 4'000},
        {"ManyThatAreTooDeep", parse_native,
         inside(R"({"title":"x","details":)" + times("[", 31), "[]", times("]", 31) + "}"), 4'000},
        {"ALongNumber", parse_native, filled(R"({"title":"x","details":{"n":1)", "7", "}}"), 20'000},
        {"ALongExponent", parse_native, filled(R"({"title":"x","details":{"n":1e)", "7", "}}"), 20'000},
        {"ALongFraction", parse_native, filled(R"({"title":"x","details":{"n":0.)", "0", "1}}"), 20'000},
        {"LongEscapes", parse_native, filled(R"({"title":"x","description":")", R"(\u0001\n)", "\"}"), 4'000},
        {"HalfPairs", parse_native, filled(R"({"title":"x","description":")", R"(\ud800)", "\"}"), 4'000},
        {"RawBytes", parse_native, filled(R"({"title":"x","description":")", "\xFF", "\"}"), 4'000},
        {"RawBytesInManyTexts", parse_native, inside(R"({"title":"x","details":[)", "\"\xFF\"", "]}"), 4'000},
        {"OnlyBrackets", parse_am, filled("", "[", ""), 20'000},
        {"OnlyBracesAndNames", parse_am, filled("[", "{\"~\":", ""), 20'000},
        {"ALongNameThatIsNotClosed", parse_am, filled(R"([{"labels":{")", "~", R"(":nope}}])"), 20'000},
        {"BrokenLines", parse_lines, filled("", "{\"a\":{\"b\":nope}}\n", ""), 100},
        {"ALongTitle", parse_native, filled(R"({"title":")", "é ", "\"}"), 4'000},
    };
}

double cpu_seconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Of one reading, on this thread's own clock, which stands while others run.
double cost_of(const Shape& shape, const std::string& body)
{
    int runs = 0;
    const auto begin = cpu_seconds();
    auto spent = 0.0;
    for (; spent < 0.002; spent = cpu_seconds() - begin) {
        const auto batch = shape.read(body);
        EXPECT_TRUE(batch || !batch.error().message().empty());
        ++runs;
    }
    return spent / runs;
}

/// How many times dearer a body of `large` is than one of `small`. Neighbours take caches and the other half of a core
/// and make any reading dearer, never cheaper: so the least of each counts, of three readings; of more while that is
/// over `bound`, up to thirty, which a cost that really grows so does not come under however often it is measured.
double growth(const Shape& shape, std::size_t small, std::size_t large, double bound)
{
    const auto small_body = shape.body(small);
    const auto large_body = shape.body(large);
    auto least_small = std::numeric_limits<double>::max();
    auto least_large = std::numeric_limits<double>::max();
    for (int reading = 0; reading < 30; ++reading) {
        if (reading >= 3 && least_large < bound * least_small) break;
        least_small = std::min(least_small, cost_of(shape, small_body));
        least_large = std::min(least_large, cost_of(shape, large_body));
        if (least_large > 1) break;  // seconds: it has grown already
    }
    return least_large / least_small;
}

}  // namespace

class CostOfABody : public testing::TestWithParam<Shape> {
protected:
    /// What is freed stays with the process: else only the larger of two bodies pays the kernel for its pages, again
    /// with each reading, and that is three quarters of some readings.
    static void SetUpTestSuite()
    {
        ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
        ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
    }
};

// What is linear is about 8 here, what is quadratic 64; time is all there is to tell, so the bound lies far from both.
TEST_P(CostOfABody, GrowsNoFasterThanTheBody)
{
    const auto& shape = GetParam();
    EXPECT_LT(growth(shape, shape.size, 8 * shape.size, 30), 30);
}

INSTANTIATE_TEST_SUITE_P(Hostile, CostOfABody, testing::ValuesIn(shapes()),
                         [](const auto& test) { return test.param.name; });

TEST(CostOfNames, ThatStandInEachOthersWayIsBounded)
{
    const Shape shape{"", parse_native, [](std::size_t n) {
                          return R"({"title":"x","details":{)" + in_each_others_way(n) + "}}";
                      }};
    EXPECT_LT(growth(shape, 60, 240, 64), 64) << "16 times the text";
}

TEST(RepeatedNames, AreKeptEightTimesAndThenLeftOut)
{
    const auto body = [](const std::string& name, const std::string& rest) {
        return R"({"title":"x",")" + name + "\":{" + repeated(R"("a":"b")", 25'000) + "}" + rest + "}";
    };
    const auto kept = R"({"a":"b","a_":"b","a__":"b","a___":"b","a____":"b","a_____":"b","a______":"b","a_______":"b",)"
                      R"("a________":"b"})";
    EXPECT_EQ(alert_of(body("details", "")).details, kept);
    EXPECT_EQ(alert_of(body("other", "")).details, std::string(R"({"other":)") + kept + "}");
    EXPECT_EQ(alert_of(body("other", R"(,"labels":{"z":"1"})")).labels.size(), 1U);
    const auto labels = alert_of(body("labels", ""));
    EXPECT_EQ(*labels.labels.find("a"), "b");
    EXPECT_EQ(nlohmann::json::parse(labels.details)["labels"].size(), 8U);
    auto expected = std::vector<std::string>(8, "repeated /details/a");
    expected.emplace_back("left_out /details/a");
    EXPECT_EQ(warned(body("details", "")), expected);

    const auto fields = alert_of(R"({"title":"x",)" + repeated(R"("title":"y")", 25'000) + "}");
    EXPECT_EQ(fields.title, "x");
    EXPECT_EQ(nlohmann::json::parse(fields.details).size(), 8U);
    EXPECT_EQ(fields.warnings.size(), 9U);
    EXPECT_EQ(fields.warnings.back().code, "left_out");
}

TEST(RepeatedNames, AreBoundedAtEachDoor)
{
    const auto repeats = repeated(R"("a":"b")", 3'000);
    for (const auto& alert :
         {"{\"labels\":{" + repeats + "}}", R"({"labels":{"l":"1"},"annotations":{)" + repeats + "}}",
          R"({"labels":{"l":"1"},)" + repeats + "}"}) {
        for (const auto& batch : {parse_am("[" + alert + "]"), parse_grafana("{\"alerts\":[" + alert + "]}")}) {
            ASSERT_TRUE(batch);
            const auto& kept = std::get<Alert>(batch->front());
            EXPECT_LE(kept.details.size(), 500U) << alert.substr(0, 60);
            EXPECT_GE(kept.warnings.size(), 9U);
        }
    }
}

TEST(AnAlert, IsNotKeptLongerThanItMayBeHoweverItGrew)
{
    const domain::AlertLimits limits;
    const std::string href = "https://x/" + std::string(2'000, 'p');
    std::vector<std::string> bodies{
        R"({"title":"x","details":{)" + repeated(R"("a":"b")", 3'000) + "}}",
        R"({"title":"x","links":[)" + repeated(R"({"href":")" + href + R"(","more":1})", 16) + "]}",
        R"({"title":"x","details":[)" + repeated("[]", 20'000) + "]}",
        R"({"title":"x","details":[)" + repeated("1e999", 10'900) + "]}",
        R"({"title":"x","details":)" + times("[", 31) + repeated("[]", 20'000) + times("]", 31) + "}",
    };
    std::string labels;
    for (int i = 0; i < 12; ++i) labels += ",\"l" + std::to_string(i) + "\":\"" + std::string(5'000, 'v') + "\"";
    bodies.push_back(R"({"title":"x","labels":{"a":"b")" + labels + "}}");
    for (const auto& body : bodies) {
        ASSERT_LE(body.size(), limits.max_alert_bytes) << body.substr(0, 60);
        const auto alert = alert_of(body);
        auto bytes = alert.title.size() + alert.description.size() + alert.details.size();
        for (const auto& [name, value] : alert.labels.entries()) bytes += name.size() + value.size();
        for (const auto& link : alert.links) bytes += link.href.size() + link.text.size();
        EXPECT_LE(bytes, limits.max_alert_bytes) << body.substr(0, 60);
        EXPECT_TRUE(nlohmann::json::accept(alert.details));
    }
}

TEST(WhatIsSaid, OfASyntaxErrorIsShortHoweverLongTheNames)
{
    const std::string marks(100'000, '~');
    for (const auto& body :
         {std::string(1'000'000, '['), times("{\"~\":", 200'000), R"([{"labels":{")" + marks + R"(":nope}}])",
          "{\"" + times("é", 50'000) + "\":[", "[{\"" + times("\x01", 50'000) + "\":[nope"}) {
        for (const auto& batch : {parse_native(body), parse_am(body), parse_grafana(body), parse_lines(body)}) {
            const auto& field = batch ? std::get<FieldError>(batch->front()) : batch.error().fields().front();
            EXPECT_LE(field.pointer.size(), kMaxPointerBytes) << body.substr(0, 20);
            EXPECT_LE(field.detail.size(), 300U);
            EXPECT_TRUE(is_valid_utf8(field.pointer));
        }
    }
    const auto deep = diagnose(std::string(100'000, '['));
    ASSERT_TRUE(deep);
    EXPECT_THAT(deep->pointer, testing::StartsWith("/0/0/0/0"));
    EXPECT_THAT(deep->pointer, testing::EndsWith("…"));
    EXPECT_EQ(diagnose(R"({"a":[1,{"b~":[)" + nested("[", "]", 1'000) + ",nope]}]}")->pointer, "/a/1/b~0/1");
}

TEST(WhatIsSaid, OfABodyHasABoundAndEachAlertStillTells)
{
    const auto alert = R"({"title":"x","details":[1e400,1e400,1e400]})";
    const auto array = parse_native("[" + repeated(alert, 1'000) + "]");
    const auto lines = parse_lines(times(alert + std::string("\n"), 1'000));
    for (const auto& batch : {array, lines}) {
        std::size_t told = 0;
        for (const auto& item : *batch) {
            const auto& warnings = std::get<Alert>(item).warnings;
            ASSERT_FALSE(warnings.empty());
            told += warnings.size();
        }
        EXPECT_LE(told, 1'000U + 3U + 1'000U);
        const auto& last = std::get<Alert>(batch->back()).warnings;
        ASSERT_EQ(last.size(), 1U);
        EXPECT_EQ(last.front().code, "more");
        EXPECT_THAT(last.front().detail, testing::StartsWith("3 warnings"));
    }
}

TEST(Objects, OfMoreMembersThanAnAlertCanHoldAreCut)
{
    const auto details = alert_of(R"({"title":"x","details":{"d":{)" + distinct(12'000, "1") + "}}}");
    ASSERT_EQ(details.warnings.size(), 2U);
    EXPECT_EQ(details.warnings[0].pointer, "/details/d");
    EXPECT_EQ(details.warnings[0].code, "left_out");
    EXPECT_EQ(details.warnings[1].code, "cut") << "they are too long in any case";
    const auto labels = alert_of(R"({"title":"x","labels":{)" + distinct(12'000, "\"v\"") + "}}");
    EXPECT_EQ(labels.labels.size(), 64U);
    EXPECT_THAT(warned(R"({"title":"x","labels":{)" + distinct(12'000, "\"v\"") + "}}"),
                testing::ElementsAre("moved /labels", "left_out /labels", "cut "));
    const auto fields = distinct(12'000, "1");
    EXPECT_EQ(alert_of("{" + fields + R"(,"title":"y"})").title, "y") << "what means something is always read";
    EXPECT_EQ(alert_of("[{" + fields + R"(,"title":"y"}])").title, "y");
    EXPECT_EQ(alert_of("{" + fields + R"(,"alerts":[{"title":"y"}]})").title, "y");
    const auto push = parse_am("[{" + fields + R"(,"labels":{"alertname":"A"}}])");
    EXPECT_EQ(std::get<Alert>(push->front()).title, "A");
}

TEST(ManyLabels, AreTheSameInAnyOrder)
{
    std::string ascending;
    for (int i = 0; i < 1'000; ++i) {
        const auto digits = std::to_string(i);
        ascending += ",\"n" + std::string(8 - digits.size(), '0') + digits + "\":\"v\"";
    }
    const auto one = parse_am("[{\"labels\":{" + ascending.substr(1) + "}}]");
    const auto other = parse_am("[{\"labels\":{" + distinct(1'000, "\"v\"") + "}}]");
    EXPECT_EQ(std::get<Alert>(one->front()), std::get<Alert>(other->front()));
}

}  // namespace winnow::intake

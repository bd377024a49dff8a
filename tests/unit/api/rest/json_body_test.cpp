#include "api/rest/json_body.hpp"

#include "api/rest/problem.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

struct Bad {
    std::string name;
    std::string text;
    std::string pointer;

    friend void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }
};

class RefusedJson : public testing::TestWithParam<Bad> {};

TEST(JsonBody, AByteOrderMarkCostsNothing)
{
    const auto parsed = parse_json("\xEF\xBB\xBF{\"a\":1}");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->dump(), R"({"a":1})");
}

TEST_P(RefusedJson, IsMalformedAndSaysWhere)
{
    const auto parsed = parse_json(GetParam().text);
    ASSERT_FALSE(parsed);
    ASSERT_EQ(parsed.error().fields().size(), 1U);
    EXPECT_EQ(parsed.error().fields()[0].code, kMalformedBody);
    EXPECT_EQ(parsed.error().fields()[0].pointer, GetParam().pointer);
    EXPECT_EQ(kind_of(parsed.error()).status, 400);
}

INSTANTIATE_TEST_SUITE_P(Documents, RefusedJson,
                         testing::Values(Bad{"Empty", "", ""}, Bad{"Cut", R"({"a":)", ""},
                                         Bad{"TwoValues", "{} {}", ""}, Bad{"Comment", "{} // no", ""},
                                         Bad{"TwoByteOrderMarks", "\xEF\xBB\xBF\xEF\xBB\xBF{}", ""},
                                         Bad{"SingleQuotes", "{'a':1}", ""}, Bad{"NotANumber", R"({"a":NaN})", ""},
                                         Bad{"InvalidUtf8", "{\"a\":\"\xFF\"}", ""},
                                         Bad{"LoneSurrogate", R"({"a":"\ud800"})", ""},
                                         Bad{"DuplicateMember", R"({"a":1,"b":2,"a":3})", "/a"},
                                         Bad{"DuplicateInside", R"({"x":[{"a":1},{"a/b":1,"a/b":2}]})", "/x/1/a~1b"},
                                         Bad{"DuplicateByEscape", R"({"a":1,"\u0061":3})", "/a"},
                                         Bad{"NulInString", R"({"x":["ok","a\u0000b"]})", "/x/1"},
                                         Bad{"NulInName", R"({"\u0000":1})", std::string("/\0", 2)},
                                         Bad{"InfiniteNumber", R"({"n":1e999})", "/n"},
                                         Bad{"TooDeep", nested(kMaxJsonDepth + 1),
                                             [] {
                                                 std::string pointer;
                                                 for (std::size_t i = 0; i < kMaxJsonDepth; ++i) pointer += "/0";
                                                 return pointer;
                                             }()}),
                         [](const auto& test) { return test.param.name; });

TEST(ParseJson, TakesTheDeepestDocumentAndKeepsValues)
{
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
    const auto text = R"({"a":[1,-2,3.5,true,false,null,"\u00e9\ud83d\ude00"],"b":{"a":{}},"n":18446744073709551615})";
    const auto parsed = parse_json(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, json::parse(text));
}

TEST(ParseJson, DepthIsCountedAlongOnePathOnly)
{
    std::string wide = "[";
    for (int i = 0; i < 100; ++i) wide += (i == 0 ? "[[]]" : ",[[]]");
    EXPECT_TRUE(parse_json(wide + "]"));
}

TEST(ReadObject, WantsAnObject)
{
    http::Request request;
    EXPECT_EQ(kind_of(read_object(request).error()).status, 400);
    request.body = "[1]";
    EXPECT_EQ(kind_of(read_object(request).error()).status, 422);
    request.body = "{}";
    EXPECT_TRUE(read_object(request));
}

TEST(MediaType, ComparesTheTypeAndTheCharset)
{
    const auto is_json = [](std::string value) {
        http::RequestHead head;
        head.headers.push_back({"Content-Type", std::move(value)});
        return has_media_type(head, {"application/json"});
    };
    EXPECT_TRUE(has_media_type(http::RequestHead{}, {"application/json"}));
    EXPECT_TRUE(is_json("application/json"));
    EXPECT_TRUE(is_json("Application/JSON ; charset=UTF-8"));
    EXPECT_TRUE(is_json("application/json;charset=\"utf-8\""));
    EXPECT_FALSE(is_json("application/json; charset=iso-8859-1"));
    EXPECT_FALSE(is_json("text/plain"));
    EXPECT_FALSE(is_json("application/jsonp"));
}

TEST(MergePatch, FollowsRfc7396)
{
    const auto merged = merge_patch(json::parse(R"({"a":"b","c":{"d":"e","f":"g"},"l":[1,2]})"),
                                    json::parse(R"({"a":"z","c":{"f":null},"l":[3]})"));
    EXPECT_EQ(merged, json::parse(R"({"a":"z","c":{"d":"e"},"l":[3]})"));
}

/// Pointers of the errors that finish() gives.
std::vector<std::string> pointers(FieldReader& fields)
{
    const auto finished = fields.finish();
    std::vector<std::string> out;
    if (!finished) {
        for (const auto& field : finished.error().fields()) out.push_back(field.pointer);
    }
    return out;
}

using Pointers = std::vector<std::string>;

TEST(FieldReader, ReadsEveryKind)
{
    const auto document = json::parse(R"({"t":"é","b":true,"i":-5,"d":"PT5M","at":"2026-11-23T06:00:00Z","w":"on",
        "l":["a","b"],"id":"01234567-89ab-7cde-8f01-23456789abcd","ids":["01234567-89ab-7cde-8f01-23456789abcd"],
        "o":{"x":"y"},"os":[{"x":"1"},{"x":"2"}],"any":[1,{}],"version":3})");
    FieldReader fields(document);
    EXPECT_EQ(fields.text("t", {1, 1}, Need::required), "é");  // one character, two bytes
    EXPECT_EQ(fields.boolean("b"), true);
    EXPECT_EQ(fields.integer("i", -5, 5), -5);
    EXPECT_EQ(fields.duration("d", 0ms, 5min), 5min);
    EXPECT_EQ(fields.timestamp("at"), parse_rfc3339("2026-11-23T06:00:00Z"));
    EXPECT_EQ(fields.word("w", {"on", "off"}), "on");
    EXPECT_EQ(fields.texts("l", {1, 1}, 2), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(fields.id<RuleId>("id")->str(), "01234567-89ab-7cde-8f01-23456789abcd");
    EXPECT_EQ(fields.ids<ContactId>("ids", 1)->size(), 1U);
    auto object = fields.object("o");
    ASSERT_TRUE(object);
    EXPECT_EQ(object->text("x", {}), "y");
    object->close();
    auto objects = fields.objects("os", 2);
    ASSERT_TRUE(objects);
    EXPECT_EQ((*objects)[1].text("x", {}), "2");
    EXPECT_EQ((*objects)[0].text("x", {}), "1");
    EXPECT_NE(fields.any("any"), nullptr);
    fields.read_only({"version", "id"});
    EXPECT_EQ(pointers(fields), Pointers{});
}

TEST(FieldReader, CollectsEveryErrorWithItsPointer)
{
    const auto document = json::parse(R"({"t":"abc","c":"a\u0007b","b":1,"i":6,"f":1.5,"big":18446744073709551615,
        "d":"5m","at":"yesterday","w":"onn","l":["a",1],"id":"x","ids":["01234567-89ab-7cde-8f01-23456789abcd",
        "01234567-89ab-7cde-8f01-23456789abcd"],"o":[],"os":[{},1],"a/b":0})");
    FieldReader fields(document);
    EXPECT_FALSE(fields.text("t", {1, 2}));
    EXPECT_FALSE(fields.text("c", {}));
    EXPECT_FALSE(fields.boolean("b"));
    EXPECT_FALSE(fields.integer("i", 0, 5));
    EXPECT_FALSE(fields.integer("f", 0, 5));
    EXPECT_FALSE(fields.integer("big", -1, 5));
    EXPECT_FALSE(fields.duration("d", 0ms, 1h));
    EXPECT_FALSE(fields.timestamp("at"));
    EXPECT_FALSE(fields.word("w", {"on", "off"}));
    EXPECT_FALSE(fields.texts("l", {}, 5));
    EXPECT_FALSE(fields.id<RuleId>("id"));
    EXPECT_FALSE(fields.ids<RuleId>("ids", 5));
    EXPECT_FALSE(fields.object("o"));
    EXPECT_TRUE(fields.objects("os", 5));
    EXPECT_FALSE(fields.text("missing", {}, Need::required));
    EXPECT_FALSE(fields.text("absent", {}));
    EXPECT_EQ(pointers(fields), (Pointers{"/t", "/c", "/b", "/i", "/f", "/big", "/d", "/at", "/w", "/l/1", "/id",
                                          "/ids/1", "/o", "/os/1", "/missing", "/a~1b"}));
}

TEST(FieldReader, AFlagIsTrueOrFalseAndNotNull)
{
    const auto document = json::parse(R"({"enabled":null})");
    FieldReader fields(document);
    EXPECT_EQ(fields.boolean("enabled"), std::nullopt);
    const auto verdict = fields.finish();
    ASSERT_FALSE(verdict.has_value());
    EXPECT_EQ(verdict.error().fields().front().pointer, "/enabled");
}

TEST(ParseJson, NothingMayFollowAlsoNotBehindANul)
{
    using namespace std::string_literals;
    for (const auto& text : {"{}\0"s, "{}\0garbage"s, "{\"a\":1}\0\0"s, "\0{}"s, "[1,\0 2]"s}) {
        const auto read = parse_json(text);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().fields().front().code, "malformed_body");
    }
}

TEST(FieldReader, NullCountsAsAbsent)
{
    const auto document = json::parse(R"({"a":null,"b":null})");
    FieldReader fields(document);
    EXPECT_FALSE(fields.has("a"));
    EXPECT_FALSE(fields.text("a", {}));
    EXPECT_FALSE(fields.text("b", {}, Need::required));
    EXPECT_EQ(pointers(fields), Pointers{"/b"});
}

TEST(FieldReader, AListMayBeAsLongAsItsLimitAndNoLonger)
{
    const auto document = json::parse(R"({"two":["a","b"],"three":["a","b","c"]})");
    FieldReader fields(document);
    EXPECT_TRUE(fields.texts("two", {}, 2));
    EXPECT_FALSE(fields.texts("three", {}, 2));
    EXPECT_EQ(pointers(fields), Pointers{"/three"});
}

TEST(FieldReader, SuggestsTheFieldThatWasMeant)
{
    const auto document = json::parse(R"({"nmae":"x"})");
    FieldReader fields(document);
    (void)fields.text("name", {});
    const auto finished = fields.finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().fields()[0].pointer, "/nmae");
    EXPECT_NE(finished.error().fields()[0].detail.find("\"name\""), std::string::npos);
}

TEST(FieldReader, NestedErrorsReachTheOuterVerdict)
{
    const auto document = json::parse(R"({"o":{"x":1,"y":2}})");
    FieldReader fields(document);
    auto object = fields.object("o");
    (void)object->text("x", {});
    object->close();
    EXPECT_EQ(pointers(fields), (Pointers{"/o/x", "/o/y"}));
}

TEST(FieldReader, BoundsTheAnswerToAHostileDocument)
{
    json document = json::object();
    for (int i = 0; i < 10'000; ++i) document["unknown" + std::to_string(i)] = i;
    FieldReader fields(document);
    EXPECT_EQ(pointers(fields).size(), 50U);
}

}  // namespace
}  // namespace winnow::api

#include "rules/identity.hpp"

#include "unit/rules/rule_maker.hpp"
#include "winnow/base/text.hpp"

#include <gmock/gmock.h>

#include <random>
#include <set>

namespace winnow::rules {

namespace {

std::string identity(const std::vector<std::string>& names, const domain::Alert& alert)
{
    std::vector<Field> fields;
    for (const auto& name : names) fields.push_back(*parse_field(name));
    return identity_of(fields, alert);
}

}  // namespace

TEST(Identity, NamesLengthsAndKindsAreInTheKey)
{
    EXPECT_EQ(identity({"labels.env", "source", "component"}, make_alert()),
              "10:labels.env=s4:prod;6:source=s4:db-7;9:component=-;");
    EXPECT_EQ(identity({"details.n", "details.host.up", "details.host.down", "details.host.slots.0"}, make_alert()),
              "9:details.n=n2:12;15:details.host.up=b4:true;17:details.host.down=z;20:details.host.slots.0=n1:4;");
}

TEST(Identity, KindsThatLookAlikeDiffer)
{
    std::set<std::string> keys;
    for (const auto* details : {R"({"a":"1"})", R"({"a":1})", R"({"a":true})", R"({"a":"true"})", R"({"a":null})",
                                R"({"a":"null"})", R"({"a":""})", R"({"b":1})", R"({"a":[1]})", R"({"a":"[1]"})"}) {
        auto alert = make_alert();
        alert.details = details;
        keys.insert(identity({"details.a"}, alert));
    }
    EXPECT_EQ(keys.size(), 10U);
}

TEST(Identity, ValuesCannotImitateTheNextField)
{
    auto one = make_alert();
    one.source = "x;7:service=s1:y";
    one.service = "z";
    auto other = make_alert();
    other.source = "x";
    other.service = "y;7:service=s1:z";
    EXPECT_NE(identity({"source", "service"}, one), identity({"source", "service"}, other));
}

TEST(Identity, NoTwoSetsOfValuesCollide)
{
    // Short strings over the format's own characters: the likeliest to blur its borders.
    std::mt19937 dice(1);
    const auto word = [&] {
        std::string text;
        for (auto n = dice() % 5; n > 0; --n) text += "s1:;-=a"[dice() % 7];
        return text;
    };
    std::map<std::string, std::tuple<std::string, std::string, std::string>> seen;
    for (int i = 0; i < 20'000; ++i) {
        auto alert = make_alert();
        alert.source = word();
        alert.service = word();
        alert.group = word();
        const std::tuple values(alert.source, alert.service, alert.group);
        const auto [at, fresh] = seen.try_emplace(identity({"source", "service", "group"}, alert), values);
        ASSERT_EQ(at->second, values);
    }
}

TEST(BoundedKey, LeavesShortKeysAndMarksLongOnesWithADigest)
{
    EXPECT_EQ(bounded_key(std::string(255, 'k')), std::string(255, 'k'));
    const auto cut = bounded_key(std::string(256, 'k'));
    EXPECT_EQ(count_code_points(cut), 255U);
    EXPECT_EQ(cut[222], '#');
    EXPECT_NE(bounded_key(std::string(300, 'k') + "1"), bounded_key(std::string(300, 'k') + "2"));
    std::string wide;
    for (int i = 0; i < 300; ++i) wide += "\u20ac";
    EXPECT_TRUE(is_valid_utf8(bounded_key(wide)));
    EXPECT_LE(bounded_key(wide).size(), 1'024U) << "fits the column";
}

}  // namespace winnow::rules

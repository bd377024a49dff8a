/// @file
/// A POST that is repeated under its Idempotency-Key, on the tables that keep its first answer.

#include "integration/api/tenants.hpp"

namespace winnow::test {
namespace {

class Idempotency : public Tenants {
protected:
    static constexpr auto kPath = "/contact-groups";

    Answered post_once(const std::string& target, const json& body, const std::string& key = "k")
    {
        return call("POST", target, body, {{"Idempotency-Key", key}});
    }
    static json group(const std::string& name) { return {{"name", name}, {"contact_ids", json::array()}}; }
    std::string groups() { return sql("select string_agg(name, ',' order by name) from contact_groups"); }
};

TEST_F(Idempotency, TheSameRequestAgainIsAnsweredAsTheFirstAndChangesNothing)
{
    const auto first = post_once(kPath, group("one"));
    EXPECT_EQ(first.status, 201) << first.text;
    EXPECT_EQ(first.header("Idempotent-Replayed"), "");
    const auto again = post_once(kPath, group("one"));
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(groups(), "one");
}

TEST_F(Idempotency, AnotherRequestUnderTheSameKeyIsRefused)
{
    EXPECT_EQ(post_once(kPath, group("one")).status, 201);
    for (const auto& other : {post_once(kPath, group("two")), post_once("/contacts", group("one"))}) {
        EXPECT_EQ(other.status, 422);
        EXPECT_EQ(other.body.value("code", ""), "idempotency_mismatch") << other.text;
    }
    EXPECT_EQ(groups(), "one");
}

TEST_F(Idempotency, OneUsersKeyIsNotAnothers)
{
    EXPECT_EQ(post_once(kPath, group("one")).status, 201);
    become(viewer_, access::Role::admin);
    EXPECT_EQ(post_once(kPath, group("two")).status, 201);
    become_theirs();
    EXPECT_EQ(post_once(kPath, group("three")).status, 201);
    EXPECT_EQ(groups(), "one,three,two");
}

TEST_F(Idempotency, WhatWasRefusedHasNotUsedItsKey)
{
    EXPECT_EQ(post_once(kPath, {{"name", ""}}).status, 422);
    EXPECT_EQ(post_once(kPath, group("one")).status, 201);
}

TEST_F(Idempotency, ASecretIsShownOnceAndNotKept)
{
    const auto first = post_once("/integrations", {{"name", "i"}});
    ASSERT_EQ(first.status, 201) << first.text;
    const auto secret = first.body["key"]["secret"].get<std::string>();
    const auto again = post_once("/integrations", {{"name", "i"}});
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_THAT(again.text, testing::Not(testing::HasSubstr(secret)));
    EXPECT_EQ(sql("select count(*) from integrations"), "1");
    EXPECT_EQ(sql("select count(*) from idempotency_receipts where answer like '%" + secret + "%'"), "0");
}

}  // namespace
}  // namespace winnow::test

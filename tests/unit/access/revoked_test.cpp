#include "winnow/access/revoked.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::access {
namespace {

using Kind = Revoked::Kind;

const TenantId kTenant(Uuid::from_words(1, 1));
const Uuid kId = Uuid::from_words(1, 2);

std::string notice(const std::string& rest)
{
    return kTenant.str() + rest;
}

Revoked of(Kind kind)
{
    return {.kind = kind, .tenant = kTenant, .id = kId};
}

const Revoked kAllOfTenant{.kind = Kind::tenant, .tenant = kTenant, .id = {}};

TEST(Revoked, IsReadAsMigrationsWriteIt)
{
    EXPECT_EQ(parse_revoked(notice(":t")), kAllOfTenant);
    EXPECT_EQ(parse_revoked(notice(":u:" + kId.str())), of(Kind::user));
    EXPECT_EQ(parse_revoked(notice(":s:" + kId.str())), of(Kind::session));
    EXPECT_EQ(parse_revoked(notice(":k:" + kId.str())), of(Kind::key));
    EXPECT_EQ(parse_revoked(notice(":i:" + kId.str())), of(Kind::integration));
}

TEST(Revoked, WhatANewerVersionTellsOfIsAllOfTheTenants)
{
    for (const auto& rest : {"", ":", ":q", ":tt", ":u", ":u:", ":u:x"}) {
        EXPECT_EQ(parse_revoked(notice(rest)), kAllOfTenant) << rest;
    }
    for (const auto& rest : {":q:" + kId.str(), ":t:" + kId.str(), ":u:" + kId.str() + ":more", ":u-" + kId.str(),
                             "-u:" + kId.str(), ":u:" + std::string(36, 'g')}) {
        EXPECT_EQ(parse_revoked(notice(rest)), kAllOfTenant) << rest;
    }
}

TEST(Revoked, WhatNobodyCanReadIsEverything)
{
    for (const auto& text : {std::string(), std::string("x"), kTenant.str().substr(1), std::string(36, 'g'),
                             std::string(8'000, ':'), Uuid().str() + ":t", std::string(1, '\0')}) {
        EXPECT_EQ(parse_revoked(text), Revoked()) << text;
    }
}

Principal user()
{
    Principal who;
    who.kind = CredentialKind::user_key;
    who.tenant = kTenant;
    who.user = UserId(Uuid::from_words(1, 3));
    who.key = Uuid::from_words(1, 4);
    return who;
}

Principal sender()
{
    Principal who;
    who.kind = CredentialKind::integration_key;
    who.tenant = kTenant;
    who.integration = IntegrationId(Uuid::from_words(1, 5));
    who.key = Uuid::from_words(1, 6);
    return who;
}

Principal signed_in()
{
    auto who = user();
    who.kind = CredentialKind::session;
    who.key = {};
    who.session = SessionId(Uuid::from_words(1, 7));
    return who;
}

TEST(Revoked, ConcernsWhomItNamesAndNobodyElse)
{
    const auto is = [](Kind kind, Uuid id) {
        return Revoked{.kind = kind, .tenant = kTenant, .id = id};
    };
    EXPECT_TRUE(concerns(is(Kind::user, user().user.value()), user()));
    EXPECT_TRUE(concerns(is(Kind::key, user().key), user()));
    EXPECT_TRUE(concerns(is(Kind::key, sender().key), sender()));
    EXPECT_TRUE(concerns(is(Kind::integration, sender().integration.value()), sender()));
    for (const auto kind : {Kind::user, Kind::session, Kind::key, Kind::integration}) {
        EXPECT_FALSE(concerns(is(kind, kId), user())) << static_cast<int>(kind);
        EXPECT_FALSE(concerns(is(kind, kId), sender())) << static_cast<int>(kind);
    }
    EXPECT_FALSE(concerns(is(Kind::key, user().user.value()), user())) << "a user's id is no key's";
    EXPECT_FALSE(concerns(is(Kind::session, user().key), user()));
    EXPECT_TRUE(concerns(is(Kind::session, signed_in().session.value()), signed_in()));
    EXPECT_TRUE(concerns(is(Kind::user, signed_in().user.value()), signed_in()));
    EXPECT_FALSE(concerns(is(Kind::session, kId), signed_in())) << "another session of the same user";
}

TEST(Revoked, ATenantIsAllOfItsOwnAndOfNoOther)
{
    EXPECT_TRUE(concerns(kAllOfTenant, user()));
    EXPECT_TRUE(concerns(kAllOfTenant, sender()));
    EXPECT_TRUE(concerns(kAllOfTenant, signed_in()));
    auto other = user();
    other.tenant = TenantId(Uuid::from_words(9, 1));
    EXPECT_FALSE(concerns(kAllOfTenant, other));
    EXPECT_FALSE(concerns({.kind = Kind::user, .tenant = kTenant, .id = other.user.value()}, other))
        << "ids are unique in a tenant only";
    EXPECT_TRUE(concerns(Revoked(), other));
}

}  // namespace
}  // namespace winnow::access

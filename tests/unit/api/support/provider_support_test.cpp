#include "api/support/provider_support.hpp"

#include "api/staff/provider_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using access::SupportState;
using nlohmann::json;
using ports::TenantSupportGrant;

constexpr auto kTenant = "0199c0de-0000-7000-8000-00000000000a";
constexpr auto kReason = "Mails of ticket 7 are late.";

/// Keeps the last one that was asked for.
class OneGrant final : public ports::ProviderSupport {
public:
    Result<TenantSupportGrant> request(const ports::NewSupportGrant& asked, std::size_t most,
                                       const ports::ProviderRequest& by) override
    {
        most_ = most;
        by_ = by.actor.id;
        TenantSupportGrant made;
        made.tenant = asked.tenant;
        made.service_code = "acme1";
        made.grant.id = asked.id;
        made.grant.asked_by = asked.asked_by;
        made.grant.reason = asked.reason;
        made.grant.scopes = asked.scopes;
        made.grant.minutes = asked.minutes;
        kept_ = made;
        return made;
    }
    Result<std::vector<TenantSupportGrant>> page(std::optional<SupportGrantId> /*after*/,
                                                 std::size_t /*limit*/) override
    {
        return std::vector{*kept_};
    }
    Result<TenantSupportGrant> find(SupportGrantId id) override
    {
        if (!kept_ || kept_->grant.id != id) return Error(ErrorCode::not_found, "there is no such support grant");
        return *kept_;
    }
    Result<TenantSupportGrant> approve(SupportGrantId id, StaffId second, const ports::ProviderRequest& /*by*/) override
    {
        second_ = second;
        return find(id);
    }
    Result<TenantSupportGrant> end(SupportGrantId id, const ports::ProviderRequest& /*by*/) override
    {
        return find(id);
    }

    std::optional<TenantSupportGrant> kept_;
    std::optional<StaffId> second_;
    std::size_t most_ = 0;
    std::string by_;
};

class ProviderSupportTest : public testing::Test {
protected:
    static StaffId staff(char last)
    {
        return *StaffId::parse(std::string("0199c0de-0000-7000-8000-0000000000c") + last);
    }

    static http::Request by(std::optional<StaffId> person, const json& document = nullptr)
    {
        http::Request request;
        request.head.method = "POST";
        request.head.headers.push_back({"Content-Type", "application/json"});
        if (!document.is_null()) request.body = document.dump();
        if (!person) return request;
        ports::StaffSession session;
        session.member.id = *person;
        request.attachment = std::make_shared<const StaffCaller>(std::move(session));
        return request;
    }
    static json asked(const json& changes = json::object())
    {
        json document{{"tenant_id", kTenant}, {"reason", kReason}};
        document.update(changes);
        return document;
    }
    Result<http::Response> ask(const json& document, std::optional<StaffId> person = staff('1'))
    {
        return request_support(by(person, document), store_, 3, [] { return Uuid::from_words(1, 2); });
    }

    OneGrant store_;
};

TEST_F(ProviderSupportTest, IsAskedForByAPersonWithAllThatThereIsForAnHourUnlessItSaysLess)
{
    const auto made = ask(asked());
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->status, 201);
    EXPECT_EQ(store_.kept_->grant.scopes, access::support_permissions());
    EXPECT_EQ(store_.kept_->grant.minutes, 60);
    EXPECT_EQ(store_.kept_->grant.asked_by, staff('1'));
    EXPECT_EQ(store_.by_, "provider:" + staff('1').str());
    EXPECT_EQ(store_.most_, 3U);
    const auto shown = json::parse(made->body.text());
    EXPECT_EQ(shown["asked_by"], "provider:" + staff('1').str());
    EXPECT_EQ(shown["scopes"].size(), 10U);
    EXPECT_EQ(shown["approved_by"], nullptr);
    ASSERT_TRUE(ask(asked({{"scopes", {"rules:read"}}, {"minutes", 1}})));
    EXPECT_EQ(store_.kept_->grant.scopes, access::PermissionSet{access::Permission::read_rules});
    EXPECT_EQ(store_.kept_->grant.minutes, 1);
}

TEST_F(ProviderSupportTest, AKeyIsNobody)
{
    EXPECT_EQ(ask(asked(), std::nullopt).error().code(), ErrorCode::permission_denied);
    EXPECT_FALSE(store_.kept_);
    ASSERT_TRUE(ask(asked()));
    const auto id = store_.kept_->grant.id;
    EXPECT_EQ(approve_support(id, by(std::nullopt), store_).error().code(), ErrorCode::permission_denied);
    EXPECT_FALSE(store_.second_);
    store_.kept_->grant.state = SupportState::active;
    EXPECT_EQ(supporter(id, by(std::nullopt), store_).error().code(), ErrorCode::permission_denied);
    ASSERT_TRUE(approve_support(id, by(staff('2')), store_));
    EXPECT_EQ(store_.second_, staff('2'));
}

TEST_F(ProviderSupportTest, WhatIsWrongIsNotAskedFor)
{
    for (const auto& [changes, pointer] :
         std::vector<std::pair<json, std::string>>{{{{"reason", std::string(19, 'x')}}, "/reason"},
                                                   {{{"reason", std::string(501, 'x')}}, "/reason"},
                                                   {{{"reason", "twenty characters, and\ntwo lines"}}, "/reason"},
                                                   {{{"minutes", 0}}, "/minutes"},
                                                   {{{"minutes", 61}}, "/minutes"},
                                                   {{{"scopes", json::array()}}, "/scopes"},
                                                   {{{"scopes", {"tickets:read", "users:read"}}}, "/scopes/1"},
                                                   {{{"scopes", {"tickets:write"}}}, "/scopes/0"},
                                                   {{{"tenant_id", "x"}}, "/tenant_id"},
                                                   {{{"colour", "red"}}, "/colour"}}) {
        const auto made = ask(asked(changes));
        ASSERT_FALSE(made) << changes;
        ASSERT_FALSE(made.error().fields().empty()) << changes;
        EXPECT_EQ(made.error().fields().front().pointer, pointer);
        EXPECT_FALSE(store_.kept_);
    }
}

TEST_F(ProviderSupportTest, WhoAskedReadsWhileItIsActiveAndNobodyElse)
{
    ASSERT_TRUE(ask(asked({{"scopes", {"tickets:read"}}})));
    const auto id = store_.kept_->grant.id;
    for (const auto state : access::kSupportStates) {
        store_.kept_->grant.state = state;
        const auto reader = supporter(id, by(staff('1')), store_);
        EXPECT_EQ(reader.has_value(), state == SupportState::active) << access::to_string(state);
        if (!reader) EXPECT_EQ(reader.error().code(), ErrorCode::permission_denied);
        const auto other = supporter(id, by(staff('2')), store_);
        ASSERT_FALSE(other);
        EXPECT_EQ(other.error(), Error(ErrorCode::not_found, "there is no such support grant"));
    }
    store_.kept_->grant.state = SupportState::active;
    const auto reader = supporter(id, by(staff('1')), store_);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->tenant.str(), kTenant);
    EXPECT_EQ(reader->actor(), "provider:" + staff('1').str());
    EXPECT_EQ(reader->key, id.value());
    EXPECT_TRUE(access::allows(*reader, access::Permission::read_tickets));
    EXPECT_FALSE(access::allows(*reader, access::Permission::read_rules));
    EXPECT_FALSE(access::is_user(reader->kind));
    EXPECT_EQ(supporter(SupportGrantId(Uuid::from_words(3, 4)), by(staff('1')), store_).error(),
              Error(ErrorCode::not_found, "there is no such support grant"))
        << "another's is what nobody has";
    store_.kept_->closing = true;
    EXPECT_EQ(supporter(id, by(staff('1')), store_).error().code(), ErrorCode::permission_denied)
        << "into a tenant that is closing only its own admins get";
}

}  // namespace
}  // namespace winnow::api

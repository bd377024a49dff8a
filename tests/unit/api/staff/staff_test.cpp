#include "api/staff/staff.hpp"

#include "api/staff/provider_request.hpp"
#include "winnow/crypto/token.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace winnow::api {
namespace {

http::RequestHead with(const std::string& authorization)
{
    http::RequestHead head;
    head.method = "POST";
    head.headers.push_back({"Authorization", authorization});
    return head;
}

ports::StaffSession of_role(const std::string& role)
{
    ports::StaffSession session;
    session.member.id = *StaffId::parse("0199c0de-0000-7000-8000-0000000000c1");
    session.member.role = role;
    return session;
}

TEST(Staff, ATokenIsOneOnlyWithItsPrefixAndWhole)
{
    const auto token = crypto::make_token();
    EXPECT_EQ(staff_session_hash(with("Bearer wnst_" + token.text)), token.hash);
    for (const auto& other : {"Bearer " + token.text, "Bearer wnu_" + token.text, "wnst_" + token.text,
                              "Bearer wnst_" + token.text + "A", std::string("Bearer wnst_"), std::string()}) {
        EXPECT_EQ(staff_session_hash(with(other)), std::nullopt) << other;
    }
}

TEST(Staff, SupportReadsAndDoesWhatItIsFor)
{
    auto head = with("");
    EXPECT_EQ(staff_refusal(of_role("admin"), head, false), std::nullopt);
    EXPECT_EQ(staff_refusal(of_role("support"), head, true), std::nullopt);
    ASSERT_TRUE(staff_refusal(of_role("support"), head, false));
    EXPECT_EQ(staff_refusal(of_role("support"), head, false)->code(), ErrorCode::permission_denied);
    EXPECT_TRUE(staff_refusal(of_role(""), head, false));
    head.method = "GET";
    EXPECT_EQ(staff_refusal(of_role("support"), head, false), std::nullopt);
}

TEST(Staff, WhatTheyDoBearsTheirIds)
{
    http::Request request;
    EXPECT_EQ(provider_request_of(request).actor.id, "provider");
    EXPECT_EQ(provider_request_of(request).actor.means, "provider_key");
    request.attachment = std::make_shared<const StaffCaller>(of_role("admin"));
    EXPECT_EQ(provider_request_of(request).actor.id, "provider:0199c0de-0000-7000-8000-0000000000c1");
    EXPECT_EQ(provider_request_of(request).actor.means, "staff_session");
}

}  // namespace
}  // namespace winnow::api

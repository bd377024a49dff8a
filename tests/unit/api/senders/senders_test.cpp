/// @file
/// The table of senders at the door: each path is served and documented, and whatever is wrong there is said in the
/// form that its sender reads.

#include "api/calls/credential.hpp"
#include "api/calls/router.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/rest/refusal.hpp"
#include "api/senders/head_fields.hpp"
#include "winnow/api/customer_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

std::string header(const http::Response& response, std::string_view name)
{
    const auto found = std::ranges::find(response.headers, name, &http::Header::name);
    return found == response.headers.end() ? "" : found->value;
}

std::vector<SenderRoute> all_routes()
{
    std::vector<SenderRoute> routes;
    for (const auto* sender : intake::senders()) {
        for (const auto& path : sender->paths) routes.push_back({.sender = sender, .path = &path});
    }
    return routes;
}

/// The media type in which a sender reads refusals, which tells the forms apart.
std::string form_of(const intake::Sender& sender)
{
    if (sender.refuse == nullptr) return std::string(kProblemType);
    return std::string(sender.refuse({.status = 400, .code = "x", .detail = "y"}).content_type);
}

TEST(SenderPaths, AreServedAndDocumented)
{
    const Router router(customer_routes());
    const auto document = YAML::LoadFile(WINNOW_OPENAPI_FILE);
    for (const auto& at : all_routes()) {
        for (const auto& [pattern, operation_id] : {at.path->place, at.path->with_token}) {
            if (pattern.empty()) continue;
            const auto match = router.match(at.path->method, pattern);  // "{token}" is a token like any other
            ASSERT_NE(match.entry, nullptr) << pattern;
            EXPECT_EQ(match.entry->path, at.path) << pattern;
            EXPECT_EQ(match.entry->route.sender, at.sender) << pattern;
            EXPECT_EQ(match.entry->route.permission, access::Permission::ingest) << pattern;
            std::string method(at.path->method);
            std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
            const auto operation = document["paths"][std::string(pattern)][method];
            ASSERT_TRUE(operation) << pattern << " is not in docs/openapi.yaml";
            EXPECT_EQ(operation["operationId"].as<std::string>(), operation_id);
        }
    }
}

TEST(SenderPaths, RefuseWhateverIsWrongInTheirSendersForm)
{
    const Error field(std::vector<FieldError>{{"/0/labels", "invalid_field", "must \"hold\" a label"}});
    const std::vector<Error> errors{field,
                                    unsupported_content("Content-Encoding may be gzip"),
                                    Error(ErrorCode::invalid_argument, "no"),
                                    Error(ErrorCode::unauthenticated, "no key"),
                                    Error(ErrorCode::permission_denied, "not yours"),
                                    Error(ErrorCode::not_found, "nothing there"),
                                    Error(ErrorCode::conflict, "lost"),
                                    Error(ErrorCode::version_mismatch, "changed"),
                                    Error(ErrorCode::too_large, "too long"),
                                    Error(ErrorCode::rate_limited, "too much"),
                                    Error(ErrorCode::unavailable, "away"),
                                    Error(ErrorCode::timeout, "late"),
                                    Error(ErrorCode::internal, "relation \"tickets\" does not exist")};
    for (const auto& at : all_routes()) {
        const auto form = form_of(*at.sender);
        for (const auto& error : errors) {
            const auto told = refusal(at, error, "r-1");
            EXPECT_EQ(header(told, "Content-Type"), form) << at.path->place.pattern << " " << error.message();
            EXPECT_FALSE(told.body.text().contains("tickets")) << "what went wrong on our side is for the log";
            EXPECT_EQ(header(told, "Retry-After").empty(), told.status != 429 && told.status != 503);
            EXPECT_EQ(header(told, "WWW-Authenticate").empty(), told.status != 401);
        }
        // Before anybody knows which route it is: the server's own refusals, and paths that are none.
        for (const auto& [pattern, operation_id] : {at.path->place, at.path->with_token}) {
            if (pattern.empty()) continue;
            EXPECT_EQ(header(error_at(pattern, 413, "payload_too_large", "too long", ""), "Content-Type"), form);
            EXPECT_EQ(header(error_at(pattern, 405, "method_not_allowed", "no", "r-1"), "Content-Type"), form);
        }
    }
}

TEST(SenderPaths, SayTooFastAndTooMuchWithTheStatusThatTheirSendersComeAgainFor)
{
    const Standing fast{.policy = "ingest", .rate = {.per_second = 1, .burst = 1}};
    for (const auto& at : all_routes()) {
        const auto& pattern = at.path->place.pattern;
        const auto refused = rate_refusal(fast, rate_form(at), "r-1");
        EXPECT_EQ(refused.status, at.path->too_fast) << pattern;
        EXPECT_EQ(header(refused, "Content-Type"), form_of(*at.sender)) << pattern;
        EXPECT_FALSE(header(refused, "Retry-After").empty()) << pattern;
        EXPECT_FALSE(header(refused, "RateLimit").empty()) << pattern;
        EXPECT_EQ(refusal(at, Error(ErrorCode::rate_limited, "too much"), "r-1").status, at.path->too_much) << pattern;
    }
    EXPECT_EQ(rate_refusal(fast, rate_form({}), "r-1").status, 429) << "where no sender is";
}

TEST(SenderRefusal, IsTextEvenWhereWhatIsToldIsNone)
{
    const auto told = error_at("/am", Error(ErrorCode::not_found, "no \xFF such"), "r-1");
    EXPECT_EQ(told.body.text(), "\"no \uFFFD such\"");
}

TEST(Credential, IsFoundWhereItsSenderShowsItToo)
{
    constexpr std::array<std::string_view, 1> kSchemes{"geniekey"};
    constexpr std::array<std::string_view, 2> kParameters{"api-key", "access_token"};
    const intake::Sender sender{
        .name = "x", .paths = {}, .credentials = {.schemes = kSchemes, .parameters = kParameters}};
    http::RequestHead head;
    head.query = "a=b&access_token=wnk_%31";
    EXPECT_EQ(credential_of(head, "", &sender), "wnk_1");
    EXPECT_EQ(credential_of(head, ""), "")
        << "a query goes into logs on the way: only where the sender can do no better";
    head.headers = {{"X-Api-Key", "wnk_2"}};
    EXPECT_EQ(credential_of(head, "", &sender), "wnk_2");
    head.headers = {{"Authorization", "GenieKey wnk_3"}};
    EXPECT_EQ(credential_of(head, "", &sender), "wnk_3");
    EXPECT_EQ(credential_of(head, ""), "");
    head.headers = {{"Authorization", "Bearer wnk_4"}};
    EXPECT_EQ(credential_of(head, "", &sender), "wnk_4");
    EXPECT_EQ(credential_of(head, "wnk_5", &sender), "wnk_5") << "the path's goes first";
}

TEST(Credential, IsNotToBeToldWhereTwoHeadersHoldDifferentOnes)
{
    http::RequestHead head;
    head.headers = {{"X-Api-Key", "wnk_2"}};
    EXPECT_FALSE(shows_two_keys(head));
    head.headers = {{"X-Api-Key", "wnk_2"}, {"Authorization", "Bearer wnk_2"}};
    EXPECT_FALSE(shows_two_keys(head)) << "the same";
    head.headers = {{"X-Api-Key", "wnk_2"}, {"Authorization", "Digest of somebody else's"}};
    EXPECT_FALSE(shows_two_keys(head)) << "no key";
    head.headers = {{"X-Api-Key", "wnk_2"}, {"Authorization", "Bearer wnu_1"}};
    EXPECT_TRUE(shows_two_keys(head));
    head.headers = {{"X-Api-Key", "wnk_2"}, {"Authorization", "Basic eDp3bnVfMQ=="}};  // x:wnu_1
    EXPECT_TRUE(shows_two_keys(head));
}

TEST(HeadFields, ShowHeadersQueryAndPath)
{
    http::RequestHead head;
    head.headers = {{"ce-id", "7"}};
    head.query = "identifierType=alias";
    const PathParameters parameters{{"id", "db-1"}};
    const HeadFields fields(head, parameters);
    EXPECT_EQ(fields.header("CE-Id"), "7");
    EXPECT_EQ(fields.query("identifierType"), "alias");
    EXPECT_EQ(fields.parameter("id"), "db-1");
    EXPECT_EQ(fields.parameter("token"), "");
}

}  // namespace
}  // namespace winnow::api

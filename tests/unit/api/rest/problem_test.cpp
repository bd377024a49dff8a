#include "api/rest/problem.hpp"

#include "api/rest/etag.hpp"
#include "api/rest/refusal.hpp"
#include "winnow/domain/tenants/quota.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::api {
namespace {

using nlohmann::json;

std::string header(const http::Response& response, std::string_view name)
{
    const auto it = std::ranges::find(response.headers, name, &http::Header::name);
    return it == response.headers.end() ? "" : it->value;
}

struct Mapping {
    ErrorCode code;
    int status;
    std::string name;

    friend void PrintTo(const Mapping& m, std::ostream* out) { *out << m.name; }
};

class ProblemMapping : public testing::TestWithParam<Mapping> {};

TEST_P(ProblemMapping, HasTheDocumentedStatusAndCode)
{
    const auto response = problem(Error(GetParam().code, "what went wrong"), "urn:winnow:request:r1");
    const auto document = json::parse(response.body.text());

    EXPECT_EQ(response.status, GetParam().status);
    EXPECT_EQ(document["status"], GetParam().status);
    EXPECT_EQ(document["code"], GetParam().name);
    EXPECT_EQ(document["type"], "urn:winnow:problem:" + GetParam().name);
    EXPECT_EQ(document["instance"], "urn:winnow:request:r1");
    EXPECT_FALSE(document["title"].get<std::string>().empty());
    EXPECT_EQ(header(response, "Content-Type"), "application/problem+json");
    EXPECT_EQ(header(response, "Retry-After").empty(), response.status != 429 && response.status != 503);
    EXPECT_EQ(header(response, "WWW-Authenticate").empty(), response.status != 401);
}

INSTANTIATE_TEST_SUITE_P(EveryCode, ProblemMapping,
                         testing::Values(Mapping{ErrorCode::invalid_argument, 400, "invalid_request"},
                                         Mapping{ErrorCode::unauthenticated, 401, "unauthenticated"},
                                         Mapping{ErrorCode::permission_denied, 403, "forbidden"},
                                         Mapping{ErrorCode::not_found, 404, "not_found"},
                                         Mapping{ErrorCode::conflict, 409, "conflict"},
                                         Mapping{ErrorCode::version_mismatch, 412, "version_mismatch"},
                                         Mapping{ErrorCode::too_large, 413, "payload_too_large"},
                                         Mapping{ErrorCode::rate_limited, 429, "rate_limited"},
                                         Mapping{ErrorCode::unavailable, 503, "overloaded"},
                                         Mapping{ErrorCode::timeout, 503, "timeout"},
                                         Mapping{ErrorCode::internal, 500, "internal"}),
                         [](const auto& test) { return test.param.name; });

TEST(Problem, FieldErrorsAre422AndNameEachField)
{
    const auto response = problem(
        Error({{.pointer = "/name", .detail = "is required"}, {.pointer = "/labels/a~1b", .detail = "is too long"}}));
    const auto document = json::parse(response.body.text());

    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(document["code"], "invalid_field");
    ASSERT_EQ(document["errors"].size(), 2U);
    EXPECT_EQ(document["errors"][1]["pointer"], "/labels/a~1b");
    EXPECT_EQ(document["errors"][1]["code"], "invalid_field");
    EXPECT_EQ(document["errors"][1]["detail"], "is too long");
    EXPECT_FALSE(document.contains("instance"));
}

TEST(Problem, AnUnreadableBodyAndABadParameterAre400)
{
    const auto body = problem(Error({{.pointer = "", .code = "malformed_body", .detail = "not JSON"}}));
    const auto parameter = problem(query_error("limit", "must be a number"));
    const auto alerts = problem(Error({{.pointer = "/0", .code = "malformed_json", .detail = "not JSON"}}));
    EXPECT_EQ(alerts.status, 400);
    EXPECT_EQ(json::parse(alerts.body.text())["code"], "malformed_json");
    EXPECT_EQ(body.status, 400);
    EXPECT_EQ(json::parse(body.body.text())["code"], "malformed_body");
    EXPECT_EQ(parameter.status, 400);
    EXPECT_EQ(json::parse(parameter.body.text())["code"], "invalid_parameter");
    EXPECT_NE(parameter.body.text().find("limit"), std::string::npos);
}

TEST(Problem, OfAQuotaSaysWhichOneAndHowMuchThereIs)
{
    domain::TenantLimits usual;
    usual.max_contact_groups = 3;
    const auto refused = domain::beyond_quota({.quota = domain::Quota::contact_groups, .used = 3}, 1, usual);
    ASSERT_TRUE(refused);
    const auto response = problem(*refused);
    const auto document = json::parse(response.body.text());
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(document["code"], "quota_exceeded");
    EXPECT_EQ(document["name"], "contact_groups");
    EXPECT_EQ(document["max"], 3);
    EXPECT_EQ(document["used"], 3);
    EXPECT_EQ(document["detail"], "there are 3 contact groups already, which is the limit; delete one first");
    EXPECT_FALSE(document.contains("errors"));
}

TEST(Problem, IsShortHoweverMuchIsWrong)
{
    const std::string name(1'000'000, '~');
    const std::vector<FieldError> errors(5'000,
                                         {.pointer = "/" + name.substr(0, 10'000), .detail = name.substr(0, 10'000)});
    const auto many = problem(Error(errors));
    EXPECT_LE(many.body.text().size(), kMostErrors * (kMostPointerBytes + kMostDetailBytes + 100) + 10'000);
    const auto list = json::parse(many.body.text())["errors"];
    ASSERT_EQ(list.size(), kMostErrors);
    EXPECT_EQ(list[98]["pointer"].get<std::string>().size(), kMostPointerBytes);
    EXPECT_TRUE(list[98]["pointer"].get<std::string>().ends_with("…"));
    EXPECT_EQ(list[99]["code"], "more");
    EXPECT_EQ(list[99]["detail"], "4901 more errors");
    EXPECT_EQ(
        json::parse(problem(Error(std::vector<FieldError>(100, errors.front()))).body.text())["errors"][99]["code"],
        "invalid_field");

    const Error long_error({{.pointer = "/" + name, .code = "malformed_json", .detail = name}});
    EXPECT_LE(problem(long_error).body.text().size(), 3 * (kMostPointerBytes + kMostDetailBytes));
    EXPECT_LE(error_at("/am/api/v2/alerts", long_error, "r1").body.text().size(), 2 * kMostDetailBytes);
    EXPECT_LE(error_at("/grafana", long_error, "r1").body.text().size(), 3 * (kMostPointerBytes + kMostDetailBytes));
    std::string wide;
    for (int i = 0; i < 3'000; ++i) wide += "é";
    EXPECT_TRUE(json::accept(error_at("/am", 400, "invalid_request", wide, "").body.text()));
}

TEST(Problem, AnInternalErrorKeepsItsReasonToItself)
{
    const auto response = problem(Error(ErrorCode::internal, "relation \"tickets\" does not exist"));
    EXPECT_EQ(response.body.text().find("tickets"), std::string::npos);
}

TEST(Problem, TextThatIsNotUtf8DoesNotBreakTheDocument)
{
    const auto response = problem(Error(ErrorCode::not_found, "no \xFF such"));
    EXPECT_TRUE(json::accept(response.body.text()));
}

http::RequestHead with(std::string name, std::string value)
{
    http::RequestHead head;
    head.headers.push_back({std::move(name), std::move(value)});
    return head;
}

TEST(IfMatch, PassesWithoutAHeaderAndOnTheCurrentVersion)
{
    EXPECT_EQ(etag(7), "\"7\"");
    EXPECT_TRUE(check_if_match(http::RequestHead{}, 7));
    for (const auto* tags : {"\"7\"", "\"6\", \"7\"", "W/\"7\"", "*", "\"6\" ,\t\"7\""}) {
        EXPECT_TRUE(check_if_match(with("If-Match", tags), 7)) << tags;
    }
}

TEST(IfMatch, RefusesOtherVersionsAndWhatIsNoTag)
{
    for (const auto* tags : {"\"8\"", "7", "\"77\"", "\"\"", ",", "\"6\",\"8\""}) {
        const auto checked = check_if_match(with("If-Match", tags), 7);
        ASSERT_FALSE(checked) << tags;
        EXPECT_EQ(checked.error().code(), ErrorCode::version_mismatch);
    }
}

TEST(IfNoneMatch, TellsWhetherTheClientHasTheCurrentVersion)
{
    EXPECT_FALSE(matches_if_none_match(http::RequestHead{}, 7));
    EXPECT_TRUE(matches_if_none_match(with("If-None-Match", "W/\"7\""), 7));
    EXPECT_FALSE(matches_if_none_match(with("If-None-Match", "\"8\""), 7));
}

}  // namespace
}  // namespace winnow::api

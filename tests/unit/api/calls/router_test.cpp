#include "api/calls/router.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/refusal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

const Router& router()
{
    static const Router all(customer_routes());
    return all;
}

std::string operation(std::string_view method, std::string_view path)
{
    const auto match = router().match(method, path);
    return match.entry == nullptr ? "" : std::string(match.entry->route.operation_id);
}

TEST(Router, FindsTheMostLiteralPath)
{
    EXPECT_EQ(operation("GET", "/api/v1/tickets/stats"), "getTicketStats");
    EXPECT_EQ(operation("GET", "/api/v1/tickets/x"), "getTicket");
    EXPECT_EQ(operation("HEAD", "/api/v1/tickets/x"), "getTicket");
    EXPECT_EQ(operation("GET", "/api/v1/nothing"), "");
}

TEST(Router, AWrongMethodOnALiteralPathDoesNotFallThroughToAPattern)
{
    for (const auto& [method, path, allowed] :
         {std::tuple{"GET", "/api/v1/rules/reorder", "POST"}, std::tuple{"PUT", "/api/v1/rules/reorder", "POST"},
          std::tuple{"DELETE", "/api/v1/tickets/stats", "GET, HEAD"},
          std::tuple{"PATCH", "/api/v1/tickets/stats", "GET, HEAD"}, std::tuple{"GET", "/api/v1/tickets/bulk", "POST"},
          std::tuple{"DELETE", "/api/v1/rules/test", "POST"}, std::tuple{"GET", "/api/v1/silences/preview", "POST"},
          std::tuple{"GET", "/am/webhook", "POST"}, std::tuple{"OPTIONS", "/grafana", "POST"},
          std::tuple{"POST", "/api/v1/tickets/x", "GET, HEAD, PATCH"},
          std::tuple{"TRACE", "/api/v1/tickets/x", "GET, HEAD, PATCH"}}) {
        const auto match = router().match(method, path);
        EXPECT_EQ(match.entry, nullptr) << method << " " << path;
        EXPECT_EQ(match.allowed, allowed) << method << " " << path;
    }
}

TEST(Router, ARouteWithoutAPermissionDoesNotServe)
{
    const auto with = [](access::Permission permission) {
        std::vector<RouteEntry> routes(1);
        routes[0].route = {"GET", "/api/v1/things", permission, "listThings",
                           [](const Call&, ports::TenantSession&) -> Result<Answer> {
                               return Answer(http::Response(200));
                           }};
        return routes;
    };
    EXPECT_NO_THROW(const Router made(with(access::Permission::read_tickets)));
    EXPECT_THROW(const Router made(with(access::Permission::open)), std::logic_error);
}

TEST(Router, ASlashAtTheEndCountsForNothing)
{
    EXPECT_EQ(operation("POST", "/am/api/v2/alerts/"), "sendAlertmanagerAlerts");
    EXPECT_EQ(operation("POST", "/api/v1/alerts/"), "sendAlerts");
    EXPECT_EQ(operation("GET", "/api/v1/tickets/x/"), "getTicket");
    EXPECT_EQ(operation("GET", "/api/v1/tickets//"), "");
    EXPECT_EQ(operation("GET", "/"), "");
}

TEST(AlertmanagerError, IsOfEveryPathUnderAm)
{
    const auto* alertmanager = intake::sender_at("/am");
    ASSERT_NE(alertmanager, nullptr);
    ASSERT_EQ(alertmanager->name, "alertmanager");
    for (const auto* path :
         {"/am", "/am/", "/am/api/v2/alerts", "/am/nothing", "/i/wnk_x/am/api/v2/alerts", "/i/t/am"}) {
        EXPECT_EQ(intake::sender_at(path), alertmanager) << path;
    }
    for (const auto* path : {"", "/", "/amx", "/api/v1/alerts", "/i/am", "/i/am/alerts", "/i/t/alerts", "/grafana"}) {
        EXPECT_NE(intake::sender_at(path), alertmanager) << path;
    }
}

TEST(AlertmanagerError, IsABareJsonString)
{
    const Error field(std::vector<FieldError>{{"/0/labels", "invalid_field", "must \"hold\" a label"}});
    const auto bad = error_at("/am/api/v2/alerts", field, "id");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.body.text(), R"("/0/labels must \"hold\" a label")");
    const auto unknown = error_at("/i/t/am/x", Error(ErrorCode::unauthenticated, "no key"), "id");
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(unknown.body.text(), R"("no key")");
    const auto large = error_at("/am/api/v2/alerts", 413, "payload_too_large", "too long", "");
    EXPECT_EQ(large.status, 413);
    EXPECT_EQ(large.body.text(), R"("too long")");
    EXPECT_THAT(error_at("/grafana", field, "id").body.text(), testing::HasSubstr("urn:winnow:problem"));
    EXPECT_EQ(error_at("/grafana", field, "id").status, 422);
}

TEST(Problem, ItsDetailNamesTheField)
{
    const auto answer = problem(Error(std::vector<FieldError>{{"/labels/env", "invalid_field", "must be a string"}}));
    EXPECT_THAT(answer.body.text(), testing::HasSubstr(R"("detail":"/labels/env must be a string")"));
}

}  // namespace
}  // namespace winnow::api

#include "api/management/management_routes.hpp"

#include "api/management/support_request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

ManagementMatch found(const std::string& method, const std::string& path)
{
    http::RequestHead head;
    head.method = method;
    head.path = path;
    return find_management_route(head);
}

std::string_view operation(const ManagementMatch& match)
{
    return match.route == nullptr ? "" : match.route->operation_id;
}

TEST(ManagementRoutes, AreFoundByMethodAndPathWhole)
{
    EXPECT_EQ(operation(found("GET", "/admin/v1/tenants")), "listTenants");
    EXPECT_EQ(operation(found("GET", "/admin/v1/tenants/")), "listTenants");
    EXPECT_EQ(operation(found("HEAD", "/admin/v1/tenants/x")), "getTenant");
    const auto suspend = found("POST", "/admin/v1/tenants/x/suspend");
    EXPECT_EQ(operation(suspend), "suspendTenant");
    EXPECT_EQ(suspend.id, "x");
    for (const auto* path : {"/admin/v1/tenant", "/admin/v1/tenants/x/y", "/admin/v1/tenants/x/suspend/y",
                             "/admin/v1/tenantsx", "/admin/v1/tenants//suspend", "/api/v1/tickets", "/", ""}) {
        EXPECT_EQ(operation(found("POST", path)), "") << path;
    }
    EXPECT_EQ(found("DELETE", "/admin/v1/tenants/x").allowed, "GET, HEAD, PATCH");
}

TEST(ManagementRoutes, WhatIsReadByASupportGrantIsAllThatFollowsIt)
{
    const auto read = found("GET", "/admin/v1/support/x/tickets/y/timeline");
    EXPECT_EQ(operation(read), "readBySupportGrant");
    EXPECT_EQ(read.id, "x");
    EXPECT_EQ(read.path, "tickets/y/timeline");
    EXPECT_EQ(found("HEAD", "/admin/v1/support/x/tickets/").path, "tickets");
    for (const auto* path :
         {"/admin/v1/support", "/admin/v1/support/x", "/admin/v1/support/x/", "/admin/v1/support//tickets"}) {
        EXPECT_EQ(operation(found("GET", path)), "") << path;
    }
    for (const auto* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        EXPECT_EQ(operation(found(method, "/admin/v1/support/x/tickets")), "") << method;
        EXPECT_EQ(found(method, "/admin/v1/support/x/tickets").allowed, "GET, HEAD");
    }
}

TEST(SupportRequest, GoesToTheCustomersPathAndItsLinksLeadBack)
{
    http::Request request;
    request.head.path = "/admin/v1/support/x/tickets";
    http::Response answered;
    auto sink = to_customers_path(request, "tickets", [&](http::Response response) { answered = std::move(response); });
    EXPECT_EQ(request.head.path, "/api/v1/tickets");
    http::Response made(200);
    made.set("Link", "</api/v1/tickets?limit=1&cursor=abc>; rel=\"next\"");
    made.set("ETag", "</api/v1/tickets?>");
    sink(std::move(made));
    ASSERT_EQ(answered.headers.size(), 3U);
    EXPECT_EQ(answered.headers[0].value, "</admin/v1/support/x/tickets?limit=1&cursor=abc>; rel=\"next\"");
    EXPECT_EQ(answered.headers[1].value, "</api/v1/tickets?>") << "no link";
    EXPECT_EQ(answered.headers[2].value, "no-store");
}

}  // namespace
}  // namespace winnow::api

#include "api/management/management_routes.hpp"

#include "winnow/api/customer_api.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using Action = ManagementAction;
using access::Permission;

constexpr ManagementRoute kRoutes[] = {
    {"POST", "/admin/v1/tenants", Permission::provider, "createTenant", Action::create},
    {"GET", "/admin/v1/tenants", Permission::provider, "listTenants", Action::list},
    {"GET", "/admin/v1/tenants/{id}", Permission::provider, "getTenant", Action::show},
    {"PATCH", "/admin/v1/tenants/{id}", Permission::provider, "changeTenant", Action::change},
    {"POST", "/admin/v1/tenants/{id}/admins", Permission::provider, "inviteTenantAdmin", Action::invite},
    {"POST", "/admin/v1/tenants/{id}/suspend", Permission::provider, "suspendTenant", Action::suspend},
    {"POST", "/admin/v1/tenants/{id}/resume", Permission::provider, "resumeTenant", Action::resume},
    {"POST", "/admin/v1/tenants/{id}/close", Permission::provider, "closeTenant", Action::close},
    {"POST", "/admin/v1/tenants/{id}/cancel-close", Permission::provider, "cancelTenantClosing", Action::cancel_close},
    {"POST", "/admin/v1/tenants/{id}/erase", Permission::provider, "eraseTenant", Action::erase},
    {"GET", "/admin/v1/erasures", Permission::provider, "listErasures", Action::erasures},
    {"GET", "/admin/v1/erasures/{id}", Permission::provider, "getErasure", Action::erasure},
    {"GET", "/admin/v1/erasures/{id}/certificate", Permission::provider, "getErasureCertificate", Action::certificate},
    {"GET", "/admin/v1/tenants/{id}/quotas", Permission::provider, "listTenantQuotas", Action::quotas},
    {"PATCH", "/admin/v1/tenants/{id}/quotas", Permission::provider, "changeTenantQuotas", Action::set_quotas},
    {"GET", "/admin/v1/tenants/{id}/quarantine", Permission::provider, "listQuarantine", Action::quarantine},
    {"POST", "/admin/v1/tenants/{id}/quarantine/release", Permission::provider, "releaseQuarantine", Action::release},
    {"GET", "/admin/v1/keys", Permission::provider, "getVault", Action::vault},
    {"POST", "/admin/v1/keys/rotate", Permission::provider, "rotateRootKey", Action::rotate_root},
    {"GET", "/admin/v1/tenants/{id}/keys", Permission::provider, "listTenantKeys", Action::keys},
    {"POST", "/admin/v1/tenants/{id}/keys/rotate", Permission::provider, "rotateTenantKey", Action::rotate_keys},
    {"POST", "/admin/v1/tenants/{id}/keys/destroy", Permission::provider, "destroyTenantKeys", Action::destroy_keys},
    {"POST", "/admin/v1/tenants/{id}/networks/reset", Permission::provider, "resetSourceNetworks",
     Action::reset_networks},
    {"POST", "/admin/v1/provider-users", Permission::provider, "createStaff", Action::create_staff},
    {"GET", "/admin/v1/provider-users", Permission::provider, "listStaff", Action::staff},
    {"POST", "/admin/v1/provider-users/{id}/reset", Permission::provider, "resetStaff", Action::reset_staff},
    {"POST", "/admin/v1/provider-users/{id}/disable", Permission::provider, "disableStaff", Action::disable_staff},
    {"POST", "/admin/v1/auth/enrol", Permission::open, "enrolStaff", Action::enrol},
    {"POST", "/admin/v1/auth/enrol/confirm", Permission::open, "confirmStaff", Action::confirm},
    {"POST", "/admin/v1/auth/sign-in", Permission::open, "signInStaff", Action::sign_in},
    {"POST", "/admin/v1/auth/sign-out", Permission::provider, "signOutStaff", Action::sign_out, true},
    {"POST", "/admin/v1/support-grants", Permission::provider, "requestSupportGrant", Action::request_support, true,
     true},
    {"GET", "/admin/v1/support-grants", Permission::provider, "listTenantsSupportGrants", Action::support_grants},
    {"GET", "/admin/v1/support-grants/{id}", Permission::provider, "getTenantsSupportGrant", Action::support_grant},
    {"POST", "/admin/v1/support-grants/{id}/approve", Permission::provider, "approveSupportGrant",
     Action::approve_support, true, true},
    {"POST", "/admin/v1/support-grants/{id}/end", Permission::provider, "endTenantsSupportGrant", Action::end_support,
     true},
    {"GET", "/admin/v1/support/{id}/{path}", Permission::provider, "readBySupportGrant", Action::read_support, false,
     true},
    {"POST", "/admin/v1/announcements", Permission::provider, "publishAnnouncement", Action::publish},
    {"GET", "/admin/v1/announcements", Permission::provider, "listPublishedAnnouncements", Action::published},
    {"GET", "/admin/v1/announcements/{id}", Permission::provider, "getPublishedAnnouncement", Action::announcement},
    {"POST", "/admin/v1/announcements/{id}/withdraw", Permission::provider, "withdrawAnnouncement", Action::withdraw},
    {"GET", "/admin/v1/inquiries", Permission::provider, "listTenantsInquiries", Action::inquiries},
    {"GET", "/admin/v1/inquiries/{id}", Permission::provider, "getTenantsInquiry", Action::inquiry},
    {"GET", "/admin/v1/inquiries/{id}/messages", Permission::provider, "listTenantsInquiryMessages",
     Action::inquiry_messages},
    {"POST", "/admin/v1/inquiries/{id}/answers", Permission::provider, "answerInquiry", Action::answer_inquiry, true},
    {"POST", "/admin/v1/inquiries/{id}/close", Permission::provider, "closeTenantsInquiry", Action::close_inquiry,
     true},
    {"GET", "/admin/v1/audit-log", Permission::provider, "listProviderAuditLog", Action::audit},
    {"GET", "/admin/v1/audit-log/export", Permission::provider, "exportProviderAuditLog", Action::audit_export},
    {"GET", "/metrics", Permission::open, "getMetrics", Action::metrics},
    {"GET", "/livez", Permission::open, "getManagementLiveness", Action::alive},
    {"GET", "/readyz", Permission::open, "getManagementReadiness", Action::ready},
};

/// What stands in a path's braces.
struct Placed {
    std::string id;
    std::string path;
};

/// nullopt where the path is another one.
std::optional<Placed> match(std::string_view pattern, std::string_view path)
{
    constexpr std::string_view kId = "{id}";
    constexpr std::string_view kPath = "/{path}";
    const auto brace = pattern.find(kId);
    if (brace == std::string_view::npos) return pattern == path ? std::optional<Placed>(Placed{}) : std::nullopt;
    const auto before = pattern.substr(0, brace);
    const auto after = pattern.substr(brace + kId.size());
    if (!path.starts_with(before)) return std::nullopt;
    auto rest = path.substr(before.size());
    const auto slash = rest.find('/');
    const auto id = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    if (id.empty()) return std::nullopt;
    if (after == kPath && rest.size() > 1) return Placed{.id = std::string(id), .path = std::string(rest.substr(1))};
    return rest == after ? std::optional<Placed>(Placed{.id = std::string(id), .path = {}}) : std::nullopt;
}

}  // namespace

ManagementMatch find_management_route(const http::RequestHead& head)
{
    ManagementMatch found;
    auto path = std::string_view(head.path);
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const auto method = head.method == "HEAD" ? std::string_view("GET") : std::string_view(head.method);
    for (const auto& route : kRoutes) {
        auto placed = match(route.pattern, path);
        if (!placed) continue;
        if (route.method == method) return {&route, std::move(placed->id), std::move(placed->path), ""};
        if (!found.allowed.empty()) found.allowed += ", ";
        found.allowed += route.method;
        if (route.method == "GET") found.allowed += ", HEAD";
    }
    return found;
}

std::vector<Operation> management_operations()
{
    std::vector<Operation> operations;
    for (const auto& route : kRoutes) {
        operations.push_back({std::string(route.method), std::string(route.pattern), std::string(route.operation_id),
                              std::string(access::to_string(route.permission))});
    }
    return operations;
}

}  // namespace winnow::api

#include "winnow/api/management_api.hpp"

#include "api/calls/credential.hpp"
#include "api/calls/worker_threads.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/provider_export.hpp"
#include "api/tenants/provider_quotas.hpp"
#include "api/tenants/provider_tenants.hpp"
#include "api/tenants/vault_keys.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/api/customer_api.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using access::Permission;

constexpr std::size_t kQueueLimit = 256;
constexpr std::size_t kMaxBodyBytes = 65'536;

enum class Action : std::uint8_t {
    create,
    list,
    show,
    change,
    invite,
    suspend,
    resume,
    quotas,
    set_quotas,
    quarantine,
    release,
    reset_networks,
    audit,
    audit_export,
    vault,
    rotate_root,
    keys,
    rotate_keys,
    destroy_keys,
    metrics,
    alive,
    ready
};

struct ManagementRoute {
    std::string_view method;
    std::string_view pattern;  ///< One `{id}` at most.
    Permission permission;
    std::string_view operation_id;
    Action action;
};

constexpr ManagementRoute kRoutes[] = {
    {"POST", "/admin/v1/tenants", Permission::provider, "createTenant", Action::create},
    {"GET", "/admin/v1/tenants", Permission::provider, "listTenants", Action::list},
    {"GET", "/admin/v1/tenants/{id}", Permission::provider, "getTenant", Action::show},
    {"PATCH", "/admin/v1/tenants/{id}", Permission::provider, "changeTenant", Action::change},
    {"POST", "/admin/v1/tenants/{id}/admins", Permission::provider, "inviteTenantAdmin", Action::invite},
    {"POST", "/admin/v1/tenants/{id}/suspend", Permission::provider, "suspendTenant", Action::suspend},
    {"POST", "/admin/v1/tenants/{id}/resume", Permission::provider, "resumeTenant", Action::resume},
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
    {"GET", "/admin/v1/audit-log", Permission::provider, "listProviderAuditLog", Action::audit},
    {"GET", "/admin/v1/audit-log/export", Permission::provider, "exportProviderAuditLog", Action::audit_export},
    {"GET", "/metrics", Permission::open, "getMetrics", Action::metrics},
    {"GET", "/livez", Permission::open, "getManagementLiveness", Action::alive},
    {"GET", "/readyz", Permission::open, "getManagementReadiness", Action::ready},
};

/// The text that stands for `{id}`, "" where the pattern has none; nullopt where the path is another one.
std::optional<std::string> match(std::string_view pattern, std::string_view path)
{
    const auto brace = pattern.find("{id}");
    if (brace == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
    const auto before = pattern.substr(0, brace);
    const auto after = pattern.substr(brace + 4);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
        return std::nullopt;
    }
    const auto id = path.substr(before.size(), path.size() - before.size() - after.size());
    if (id.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(id);
}

struct Found {
    const ManagementRoute* route = nullptr;
    std::string id;
    std::string allowed;  ///< Methods of the path, where the asked one is not among them.
};

Found find(const http::RequestHead& head)
{
    Found found;
    auto path = std::string_view(head.path);
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const auto method = head.method == "HEAD" ? std::string_view("GET") : std::string_view(head.method);
    for (const auto& route : kRoutes) {
        auto id = match(route.pattern, path);
        if (!id) continue;
        if (route.method == method) return {&route, *std::move(id), ""};
        if (!found.allowed.empty()) found.allowed += ", ";
        found.allowed += route.method;
        if (route.method == "GET") found.allowed += ", HEAD";
    }
    return found;
}

std::string why_not_provider(const http::RequestHead& head)
{
    const auto credential = credential_of(head, "");
    if (credential.empty()) {
        return "the provider's credential is needed here: send Authorization: Bearer <key>, or a client certificate";
    }
    if (credential.starts_with("wnk_") || credential.starts_with("wnu_")) {
        return "this is a key of a tenant's; the management listener takes the provider's credential";
    }
    return "the provider's credential is not this one";
}

Uuid fresh_id()
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return Uuid::v7(static_cast<std::uint64_t>(now.time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64());
}

}  // namespace

class ManagementApi::Impl {
public:
    explicit Impl(ManagementApiOptions options)
        : options_(std::move(options)), workers_(kManagementThreads, kQueueLimit, "tenants")
    {
    }

    [[nodiscard]] std::optional<http::Response> refusal(const http::RequestHead& head) const
    {
        const auto found = find(head);
        if (found.route == nullptr && found.allowed.empty()) {
            return problem(Error(ErrorCode::not_found, "there is no such resource on the management listener"));
        }
        if (found.route == nullptr) {
            auto response = problem(405, "method_not_allowed", "this resource takes " + found.allowed);
            response.set("Allow", found.allowed);
            return response;
        }
        if (found.route->permission == Permission::provider && !is_provider(head)) {
            return problem(Error(ErrorCode::unauthenticated, why_not_provider(head)));
        }
        return std::nullopt;
    }

    void handle(http::Request request, http::ResponseSink sink)
    {
        const auto found = find(request.head);
        switch (found.route->action) {
            case Action::metrics:
                return sink(
                    http::Response(200, "text/plain; version=0.0.4; charset=utf-8", options_.metrics.exposition()));
            case Action::alive: return sink(json_response(200, {{"status", "alive"}}));
            case Action::ready: return sink(readiness(options_.checks));
            default: break;
        }
        // The sink is shared with the refusal: submit() leaves the job untouched where the queue is full.
        auto shared = std::make_shared<http::ResponseSink>(std::move(sink));
        WorkerThreads::Job job = [this, shared, action = found.route->action, id = found.id,
                                  call = std::move(request)] {
            (*shared)(answer(action, id, call));
        };
        if (!workers_.submit(job)) {
            (*shared)(problem(Error(ErrorCode::unavailable, "too many management requests wait: try again")));
        }
    }

    /// The provider is the only caller here. What is open to all, nobody calls.
    [[nodiscard]] Uuid caller(const http::RequestHead& head) const
    {
        const auto* route = find(head).route;
        return route != nullptr && route->permission == Permission::provider ? Uuid::from_words(0, 1) : Uuid();
    }

    /// Whether the answer is made while it is sent.
    [[nodiscard]] static bool streams(const http::RequestHead& head)
    {
        const auto* route = find(head).route;
        return route != nullptr && route->action == Action::audit_export;
    }

private:
    [[nodiscard]] bool is_provider(const http::RequestHead& head) const
    {
        const auto& subject = head.client_certificate_subject;
        if (!subject.empty() &&
            std::ranges::find(options_.client_subjects, subject) != options_.client_subjects.end()) {
            return true;
        }
        constexpr std::string_view kBearer = "Bearer ";
        const auto header = head.header("Authorization");
        if (options_.provider_key_sha256.empty() || !header.starts_with(kBearer)) return false;
        return crypto::constant_time_equal(crypto::sha256(header.substr(kBearer.size())), options_.provider_key_sha256);
    }

    [[nodiscard]] http::Response answer(Action action, const std::string& id, const http::Request& request)
    {
        auto response = run(action, id, request);
        if (response) return *std::move(response);
        if (response.error().code() == ErrorCode::internal) {
            observe::error("a management request failed",
                           {{"request_id", request.head.request_id}, {"reason", response.error().message()}});
        }
        return problem(response.error(), instance_of(request.head.request_id));
    }

    [[nodiscard]] Result<http::Response> run(Action action, const std::string& id, const http::Request& request)
    {
        if (action == Action::create) return create_tenant(request, options_.store, fresh_id);
        if (action == Action::list) return list_tenants(request, options_.store);
        if (action == Action::audit) return list_provider_audit(request, options_.store);
        if (action == Action::audit_export) {
            return export_provider_audit(request, options_.store,
                                         [this](WorkerThreads::Job& job) { return workers_.submit(job); });
        }
        if (action == Action::vault) return show_vault(options_.vault);
        if (action == Action::rotate_root) return rotate_root_key(request, options_.vault, options_.store);
        const auto tenant = TenantId::parse(id);
        if (!tenant) return Error(ErrorCode::not_found, "there is no such tenant");
        if (action == Action::show) return show_tenant(*tenant, options_.store);
        if (action == Action::invite) {
            if (options_.sealing == nullptr) return Error(ErrorCode::unavailable, "this node invites nobody");
            return invite_admin(*tenant, request, options_.store, *options_.sealing, fresh_id);
        }
        if (action == Action::change) return change_tenant(*tenant, request, options_.store);
        if (action == Action::quotas) return show_tenant_quotas(*tenant, options_.store, options_.tenant_limits);
        if (action == Action::set_quotas)
            return change_tenant_quotas(*tenant, request, options_.store, options_.tenant_limits);
        if (action == Action::quarantine) return list_quarantine(*tenant, options_.store, options_.ids);
        if (action == Action::release) return release_quarantine(*tenant, request, options_.store);
        if (action == Action::keys) return show_tenant_keys(*tenant, options_.vault, options_.store);
        if (action == Action::rotate_keys) return rotate_tenant_key(*tenant, request, options_.vault, options_.store);
        if (action == Action::destroy_keys) {
            return destroy_tenant_keys(*tenant, request, options_.vault, options_.store);
        }
        if (action == Action::reset_networks) return reset_networks(*tenant, request, options_.store);
        if (action == Action::resume) {
            if (const auto may = may_resume(*tenant, options_.vault); !may) return may.error();
        }
        return suspend_tenant(*tenant, action == Action::suspend, request, options_.store);
    }

    ManagementApiOptions options_;
    WorkerThreads workers_;  // last: its jobs use what stands above
};

ManagementApi::ManagementApi(ManagementApiOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

ManagementApi::~ManagementApi() = default;

void ManagementApi::admit(const http::RequestHead& head, http::AdmissionSink sink)
{
    http::Admission admission;
    admission.refusal = impl_->refusal(head);
    admission.max_body_bytes = kMaxBodyBytes;
    admission.caller = impl_->caller(head);
    admission.may_stream = Impl::streams(head);
    sink(std::move(admission));
}

void ManagementApi::handle(http::Request request, http::ResponseSink sink)
{
    impl_->handle(std::move(request), std::move(sink));
}

http::Response ManagementApi::protocol_error(std::string_view /*path*/, int status, std::string_view code,
                                             std::string_view detail)
{
    return problem(status, code, detail);
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

#include "winnow/api/management_api.hpp"

#include "api/calls/credential.hpp"
#include "api/calls/worker_threads.hpp"
#include "api/management/management_routes.hpp"
#include "api/management/support_request.hpp"
#include "api/messages/provider_announcements.hpp"
#include "api/messages/provider_inquiries.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"
#include "api/staff/staff.hpp"
#include "api/support/provider_support.hpp"
#include "api/tenants/provider_export.hpp"
#include "api/tenants/provider_quotas.hpp"
#include "api/tenants/provider_tenants.hpp"
#include "api/tenants/tenant_end.hpp"
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

using Action = ManagementAction;
using access::Permission;

constexpr std::size_t kQueueLimit = 256;
constexpr std::size_t kMostSigningIn = 16;
constexpr std::size_t kMaxBodyBytes = 65'536;

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
        const auto found = find_management_route(head);
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
        if (found.route->takes_person) {
            return problem(Error(ErrorCode::permission_denied,
                                 "this takes one of the staff who has signed in: a key is no person"));
        }
        return std::nullopt;
    }

    void handle(http::Request request, http::ResponseSink sink)
    {
        const auto found = find_management_route(request.head);
        switch (found.route->action) {
            case Action::metrics:
                return sink(
                    http::Response(200, "text/plain; version=0.0.4; charset=utf-8", options_.metrics.exposition()));
            case Action::alive: return sink(json_response(200, {{"status", "alive"}}));
            case Action::ready: return sink(readiness(options_.checks));
            case Action::read_support: return read_support(found, std::move(request), std::move(sink));
            default: break;
        }
        // The sink is shared with the refusal: submit() leaves the job untouched where the queue is full.
        auto shared = std::make_shared<http::ResponseSink>(std::move(sink));
        WorkerThreads::Job job = [this, shared, action = found.route->action, id = found.id,
                                  call = std::move(request)] {
            (*shared)(answer(action, id, call));
        };
        const bool signs_in = found.route->permission == Permission::open;
        if (!(signs_in ? signing_in_.submit(workers_, job) : workers_.submit(job))) {
            (*shared)(problem(Error(ErrorCode::unavailable, "too many management requests wait: try again")));
        }
    }

    /// `head` stays until the sink was called.
    void admit(const http::RequestHead& head, http::AdmissionSink sink)
    {
        const auto hash = staff_session_hash(head);
        const auto* const route = find_management_route(head).route;
        const bool asks_staff = options_.staff && hash && route != nullptr && route->permission == Permission::provider;
        if (!asks_staff) {
            http::Admission admission;
            admission.refusal = refusal(head);
            admission.max_body_bytes = kMaxBodyBytes;
            admission.caller = caller(head);
            admission.may_stream = streams(route);
            return sink(std::move(admission));
        }
        auto shared = std::make_shared<http::AdmissionSink>(std::move(sink));
        WorkerThreads::Job job = [this, shared, &head, shown = *hash, route] {
            (*shared)(staff_admission(head, shown, *route));
        };
        if (workers_.submit(job)) return;
        http::Admission busy;
        busy.refusal = problem(Error(ErrorCode::unavailable, "too many management requests wait: try again"));
        (*shared)(std::move(busy));
    }

private:
    /// The provider is the only caller here. What is open to all, nobody calls.
    [[nodiscard]] Uuid caller(const http::RequestHead& head) const
    {
        const auto* route = find_management_route(head).route;
        return route != nullptr && route->permission == Permission::provider ? Uuid::from_words(0, 1) : Uuid();
    }

    /// Whether the answer is made while it is sent.
    [[nodiscard]] static bool streams(const ManagementRoute* route) noexcept
    {
        return route != nullptr && route->action == Action::audit_export;
    }

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
        return failed(response.error(), request.head.request_id);
    }

    [[nodiscard]] static http::Response failed(const Error& error, const std::string& request_id)
    {
        if (error.code() == ErrorCode::internal) {
            observe::error("a management request failed", {{"request_id", request_id}, {"reason", error.message()}});
        }
        return problem(error, instance_of(request_id));
    }

    /// What a customer's route answers, by a support grant.
    void read_support(const ManagementMatch& found, http::Request request, http::ResponseSink sink)
    {
        struct Reading {
            http::Request request;
            http::ResponseSink sink;
        };
        const auto reading = std::make_shared<Reading>(std::move(request), std::move(sink));
        WorkerThreads::Job job = [this, reading, id = found.id, path = found.path] {
            auto who = reader(id, reading->request);
            if (!who) return reading->sink(failed(who.error(), reading->request.head.request_id));
            auto back = to_customers_path(reading->request, path, std::move(reading->sink));
            options_.support->read(*std::move(who), std::move(reading->request), std::move(back));
        };
        if (!workers_.submit(job)) {
            reading->sink(problem(Error(ErrorCode::unavailable, "too many management requests wait: try again")));
        }
    }

    [[nodiscard]] Result<access::Principal> reader(const std::string& text, const http::Request& request) const
    {
        if (!options_.support) return Error(ErrorCode::unavailable, "nothing is read by support grants on this node");
        const auto id = SupportGrantId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is no such support grant");
        return supporter(*id, request, options_.support->store);
    }

    [[nodiscard]] Result<http::Response> run(Action action, const std::string& id, const http::Request& request)
    {
        if (action == Action::create) return create_tenant(request, options_.store, fresh_id, options_.data_region);
        if (action == Action::list) return list_tenants(request, options_.store);
        if (action == Action::audit) return list_provider_audit(request, options_.store);
        if (action == Action::audit_export) {
            return export_provider_audit(request, options_.store,
                                         [this](WorkerThreads::Job& job) { return workers_.submit(job); });
        }
        if (action == Action::vault) return show_vault(options_.vault);
        if (action == Action::rotate_root) return rotate_root_key(request, options_.vault, options_.store);
        if (action == Action::publish) return publish_announcement(request, options_.announcements, fresh_id);
        if (action == Action::published) return list_published(request, options_.announcements);
        if (action == Action::announcement || action == Action::withdraw) return on_announcement(action, id, request);
        if (action >= Action::create_staff && action <= Action::sign_out) return on_staff(action, id, request);
        if (action >= Action::request_support && action <= Action::end_support) return on_support(action, id, request);
        if (action == Action::inquiries) return list_tenants_inquiries(request, options_.inquiries);
        if (action >= Action::inquiry && action <= Action::close_inquiry) return on_inquiry(action, id, request);
        if (action == Action::erasures) return list_erasures(request, options_.ends);
        if (action == Action::erasure || action == Action::certificate) return on_erasure(action, id);
        return on_tenant(action, id, request);
    }

    [[nodiscard]] Result<http::Response> on_tenant(Action action, const std::string& text, const http::Request& request)
    {
        const auto tenant = TenantId::parse(text);
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
        if (action == Action::close) return close_tenant(*tenant, request, options_.ends);
        if (action == Action::cancel_close) return cancel_closing(*tenant, request, options_.ends);
        if (action == Action::erase) return erase_tenant(*tenant, request, options_.ends, fresh_id);
        if (action == Action::reset_networks) return reset_networks(*tenant, request, options_.store);
        if (action == Action::resume) {
            if (const auto may = may_resume(*tenant, options_.vault); !may) return may.error();
        }
        return suspend_tenant(*tenant, action == Action::suspend, request, options_.store);
    }

    [[nodiscard]] Result<http::Response> on_staff(Action action, const std::string& text, const http::Request& request)
    {
        if (!options_.staff) return Error(ErrorCode::unavailable, "nobody of the staff signs in on this node");
        const auto& parts = *options_.staff;
        if (action == Action::create_staff) return api::create_staff(request, parts, fresh_id);
        if (action == Action::staff) return list_staff(request, parts);
        if (action == Action::enrol) return enrol_staff(request, parts);
        if (action == Action::confirm) return confirm_staff(request, parts);
        if (action == Action::sign_in) return sign_in_staff(request, parts, fresh_id);
        if (action == Action::sign_out) return sign_out_staff(request, parts);
        const auto id = StaffId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is nobody of the staff with that id");
        if (action == Action::reset_staff) return api::reset_staff(*id, request, parts);
        return api::disable_staff(*id, request, parts);
    }

    /// Who shows the token of a session, whose SHA-256 this is. Blocks on the store.
    [[nodiscard]] http::Admission staff_admission(const http::RequestHead& head, const std::string& hash,
                                                  const ManagementRoute& route) const
    {
        http::Admission admission;
        admission.max_body_bytes = kMaxBodyBytes;
        admission.may_stream = streams(&route);
        auto session = options_.staff->store.find_session(hash);
        if (!session) {
            admission.refusal = problem(session.error());
        } else if (!*session) {
            admission.refusal = problem(Error(ErrorCode::unauthenticated, "the session is over: sign in anew"));
        } else if (const auto refused = staff_refusal(**session, head, route.support_does)) {
            admission.refusal = problem(*refused);
        } else {
            admission.caller = Uuid::from_words(0, 1);
            admission.attachment = std::make_shared<const StaffCaller>(*std::move(*session));
        }
        return admission;
    }

    [[nodiscard]] Result<http::Response> on_erasure(Action action, const std::string& text)
    {
        const auto id = ErasureId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is no such erasure");
        return action == Action::erasure ? show_erasure(*id, options_.ends) : show_certificate(*id, options_.ends);
    }

    [[nodiscard]] Result<http::Response> on_announcement(Action action, const std::string& text,
                                                         const http::Request& request)
    {
        const auto id = AnnouncementId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is no such announcement");
        if (action == Action::announcement) return show_published(*id, options_.announcements);
        return withdraw_announcement(*id, request, options_.announcements);
    }

    [[nodiscard]] Result<http::Response> on_support(Action action, const std::string& text,
                                                    const http::Request& request)
    {
        if (!options_.support) return Error(ErrorCode::unavailable, "nobody asks for support grants on this node");
        auto& store = options_.support->store;
        if (action == Action::request_support) return request_support(request, store, options_.support->most, fresh_id);
        if (action == Action::support_grants) return list_support_grants(request, store);
        const auto id = SupportGrantId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is no such support grant");
        if (action == Action::support_grant) return show_support_grant(*id, store);
        if (action == Action::approve_support) return api::approve_support(*id, request, store);
        return api::end_support(*id, request, store);
    }

    [[nodiscard]] Result<http::Response> on_inquiry(Action action, const std::string& text,
                                                    const http::Request& request)
    {
        const auto id = InquiryId::parse(text);
        if (!id) return Error(ErrorCode::not_found, "there is no such inquiry");
        if (action == Action::inquiry) return show_tenants_inquiry(*id, options_.inquiries);
        if (action == Action::inquiry_messages) {
            return list_tenants_inquiry_messages(*id, request, options_.inquiries);
        }
        if (action == Action::answer_inquiry) return api::answer_inquiry(*id, request, options_.inquiries);
        return close_tenants_inquiry(*id, request, options_.inquiries);
    }

    ManagementApiOptions options_;
    /// Passwords are hashed of whoever comes: that holds up nothing else.
    OneAtATime signing_in_{kMostSigningIn};
    WorkerThreads workers_;  // last: its jobs use what stands above
};

ManagementApi::ManagementApi(ManagementApiOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

ManagementApi::~ManagementApi() = default;

void ManagementApi::admit(const http::RequestHead& head, http::AdmissionSink sink)
{
    impl_->admit(head, std::move(sink));
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

}  // namespace winnow::api

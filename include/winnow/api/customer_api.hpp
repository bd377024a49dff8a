#pragma once

/// @file
/// Everything behind the customer listener: routing, credentials, ingestion, REST.

#include "winnow/api/sign_in_parts.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/identity/credential_uses.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/ports/access/access_log.hpp"
#include "winnow/ports/contact_types.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::api {

class Denials;

/// Parts of readiness, by name: /readyz shows each. Asked on I/O threads; must not block.
using Checks = std::vector<std::pair<std::string, std::function<bool()>>>;

/// What of a node's configuration decides whether a security feature is in force: GET /api/v1/security-features tells
/// it to everybody, so nothing that helps an attacker belongs here. By default nothing is promised.
struct SecurityFacts {
    bool client_certificates = false;      ///< The customer listener asks for them.
    bool provider_by_certificate = false;  ///< The provider is let in by nothing else.
    bool public_receivers_only = false;    ///< Webhooks may go to no inner network.
    bool sends_mail = false;
    bool mail_by_tls = false;        ///< Where mail is sent.
    bool database_verified = false;  ///< Each of the database's URLs is one of this machine, or verified by name.
    bool durable_commits = false;    ///< What PostgreSQL may lose is refused at the start.
    bool tenant_keys = false;        ///< There is a vault.
    bool data_region = false;        ///< The node says where it is.
};

/// What the customer API works with. Everything referred to outlives it.
struct CustomerApiOptions {
    ports::TenantDatabase& database;
    identity::Authenticator& authenticator;
    identity::CredentialUses& uses;
    ports::AccessRecords& access_records;
    identity::RefusedAccesses& refused;
    journal::Writer& journal;
    ports::Sealing& sealing;
    observe::Metrics& metrics;
    domain::AlertIds ids = {};  ///< What names alerts: the same on every node, and for good.
    Checks checks;              ///< /readyz
    std::function<void()> outbox_changed;
    std::function<bool(std::string_view host)> plain_http;  ///< Hosts that webhooks may go to without TLS; empty: none.
    std::function<bool(std::string_view host)> webhook_host;  ///< Those that webhooks may name; empty: all.
    std::span<const ports::ContactType> contact_types = {};   ///< Those that contacts may have.
    domain::AlertLimits limits;
    domain::TenantLimits tenant_limits;
    std::string support_address = {};  ///< Who is mailed what tenants ask; "": nobody.
    std::size_t max_rest_body_bytes = 1'048'576;
    std::chrono::milliseconds resolve_timeout = std::chrono::minutes{5};  ///< Alertmanager alerts without an end.
    std::chrono::milliseconds read_timeout{5'000};  ///< Of each statement of a REST request that only reads.
    std::size_t analysis_threads = 2;               ///< For what costs processor time: tests of rules, lint, previews.
    std::size_t analyses_waiting = 8;               ///< Of one tenant, besides the one under way.
    std::size_t body_threads = 4;                   ///< That read large bodies; half of them for one tenant.
    std::size_t max_waiting_body_bytes = std::size_t{128} << 20U;  ///< Of bodies that wait for them or are read.
    SecurityFacts security = {};
    std::optional<SignInParts> sign_in = {};  ///< nullopt: nobody signs in, all of these routes answer 503.
    Denials* denials = nullptr;               ///< What is answered 403; null: nothing is noted.
};

/// Thread-safe. Throws std::logic_error at construction where two routes collide or one lacks its permission.
class CustomerApi final : public http::Handler {
public:
    explicit CustomerApi(CustomerApiOptions options);
    ~CustomerApi() override;

    void admit(const http::RequestHead& head, http::AdmissionSink sink) override;
    void handle(http::Request request, http::ResponseSink sink) override;
    [[nodiscard]] http::Response protocol_error(std::string_view path, int status, std::string_view code,
                                                std::string_view detail) override;

    /// GET or HEAD of a path below /api/v1, for one of the provider's staff by a support grant
    /// (CredentialKind::support). Never blocks; `sink` is called once, from any thread.
    void read_by_support(access::Principal who, http::Request request, http::ResponseSink sink);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// One operation of either listener, for the comparison with docs/openapi.yaml.
struct Operation {
    std::string method;
    std::string path;
    std::string operation_id;
    std::string permission;
};
[[nodiscard]] std::vector<Operation> customer_operations();
[[nodiscard]] std::vector<Operation> management_operations();

}  // namespace winnow::api

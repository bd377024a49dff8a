#pragma once

/// @file
/// Everything behind the management listener: tenants' life cycle, metrics, probes. None of its routes exists on the
/// customer listener.

#include "winnow/api/customer_api.hpp"
#include "winnow/api/staff_parts.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/messages/provider_announcements.hpp"
#include "winnow/ports/messages/provider_inquiries.hpp"
#include "winnow/ports/support/provider_support.hpp"
#include "winnow/ports/vault/key_store.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::ports {
class TenantEnds;
}

namespace winnow::api {

/// What the provider may do with the vault; empty where there is none. All of it outlives the API.
struct VaultAdministration {
    ports::KeyStore* keys = nullptr;
    /// Gives a tenant another key; its version.
    std::function<Result<domain::KeyVersion>(TenantId tenant)> renew = {};
    /// Whether something of a tenant is sealed under the key of before there was a vault.
    std::function<Result<bool>(TenantId tenant)> has_older_secrets = {};
    std::function<void()> refresh = {};  ///< This node knows at once of what was changed.
};

/// What the staff read of tenants by support grants. All of it outlives the API.
struct SupportParts {
    ports::ProviderSupport& store;
    std::size_t most = 5;  ///< Of one tenant's, that wait for approval or are active.
    /// CustomerApi::read_by_support().
    std::function<void(access::Principal who, http::Request request, http::ResponseSink sink)> read;
};

/// What the provider may do about the end of tenants; empty: nothing. It outlives the API.
struct EndOfTenants {
    ports::TenantEnds* store = nullptr;
    bool signs = false;  ///< There is a key to sign certificates of deletion by.
};

struct ManagementApiOptions {
    ports::ProviderStore& store;
    ports::ProviderAnnouncements& announcements;
    ports::ProviderInquiries& inquiries;
    observe::Metrics& metrics;
    std::string provider_key_sha256;           ///< 32 bytes; "": no bearer credential (production).
    std::vector<std::string> client_subjects;  ///< Verified client certificate subjects that are the provider.
    Checks checks;                             ///< /readyz
    domain::AlertIds ids;                      ///< What names alerts.
    ports::Sealing* sealing = nullptr;         ///< Of links by mail; null: nobody is invited.
    VaultAdministration vault = {};
    EndOfTenants ends = {};
    std::optional<StaffParts> staff = {};      ///< nullopt: nobody of the staff signs in.
    std::optional<SupportParts> support = {};  ///< nullopt: nothing of a tenant's content is read here.
    domain::TenantLimits tenant_limits = {};   ///< Where the provider has set nothing for a tenant.
    std::string data_region = {};              ///< Of tenants that are made here: domain::Tenant::data_region.
};

/// How many of the store's calls are under way at once.
inline constexpr std::size_t kManagementThreads = 2;

/// Thread-safe. Worker threads of its own for the blocking store.
class ManagementApi final : public http::Handler {
public:
    explicit ManagementApi(ManagementApiOptions options);
    ~ManagementApi() override;

    void admit(const http::RequestHead& head, http::AdmissionSink sink) override;
    void handle(http::Request request, http::ResponseSink sink) override;
    [[nodiscard]] http::Response protocol_error(std::string_view path, int status, std::string_view code,
                                                std::string_view detail) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::api

#pragma once

/// @file
/// One request of signing in on its way through hashing and several transactions, without a thread of its own.

#include "api/audit/access_note.hpp"
#include "api/rates/rates.hpp"
#include "api/rest/route.hpp"
#include "api/signin/provider_waits.hpp"
#include "winnow/api/sign_in_parts.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/identity/provider_documents.hpp"
#include "winnow/ports/signin/fetcher.hpp"
#include "winnow/ports/signin/sign_in_door.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/vault/sealing.hpp"
#include "winnow/signin/throttle.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// What all of them share. Outlives the API with the last of them.
struct FlowParts {
    FlowParts(const SignInParts& parts, ports::TenantDatabase& tenants, ports::Sealing& secrets,
              const domain::TenantLimits& of_tenants, std::shared_ptr<Rates> accounts, std::function<Timestamp()> now,
              std::function<Uuid()> id);

    /// Held while a part is asked for something; empty once the API has gone, because parts may have, too: a flow that
    /// is still under way then ends there.
    [[nodiscard]] std::shared_lock<std::shared_mutex> entered() const;
    void close() const;

    /// What names a bucket: HMAC of the subject.
    [[nodiscard]] std::string bucket(std::string_view subject) const;

    ports::TenantDatabase& database;
    ports::SignInDoor& door;
    identity::PasswordHasher& hasher;
    const identity::BreachedPasswords& breached;
    const std::shared_ptr<identity::ProviderDocuments> documents;
    ports::Fetcher& fetcher;
    const std::function<bool(std::string_view host)> reaches;
    ports::Sealing& sealing;
    const std::shared_ptr<Rates> rates;
    const std::string bucket_key;
    const std::string login_key;  ///< What of a login by a provider is made from its browser's cookie.
    const crypto::DeviceCookies devices;
    const std::string origin;
    const domain::TenantLimits limits;
    const std::function<Timestamp()> clock;
    const std::function<Uuid()> new_id;
    mutable std::atomic<std::size_t> under_way = 0;
    mutable ProviderWaits at_providers;

private:
    mutable std::shared_mutex mutex_;
    mutable bool closed_ = false;  // guarded by mutex_
};

/// So many at once on a node; the next one is answered 503. More than wait for hashes, so that those say it.
inline constexpr std::size_t kMostFlows = 128;

/// Used by one thread at a time.
struct Flow {
    /// `way` lives as long as the request's attachment.
    Flow(std::shared_ptr<const FlowParts> shared, const Route& way, http::Request asked, http::ResponseSink answer);
    ~Flow();
    Flow(const Flow&) = delete;
    Flow& operator=(const Flow&) = delete;

    const std::shared_ptr<const FlowParts> parts;
    const Route& route;
    const http::Request request;
    http::ResponseSink sink;
    Recorder recorder = {};      ///< Empty: nothing is recorded.
    std::string parameter = {};  ///< Of the path.
    nlohmann::json document;     ///< The body; an object. Overwritten when the flow goes: it may hold a password.
    access::Principal who = {};  ///< Of Special::waiting: who was let in. Else of kind none.

    /// From now on it is counted among those that wait for this tenant's provider, and no longer among kMostFlows: a
    /// provider that takes its time keeps nobody else from signing in. False where too many of them are.
    [[nodiscard]] bool waits_for_provider(TenantId tenant);

private:
    std::optional<TenantId> waits_of_;
};
using FlowPtr = std::shared_ptr<Flow>;

/// Once each flow. Answers of signing in are for nobody's cache.
void answer(const FlowPtr& flow, http::Response response);
void fail(const FlowPtr& flow, const Error& error);
/// A refusal that tells nothing: the same bytes for whatever went wrong.
[[nodiscard]] http::Response sign_in_failed(const FlowPtr& flow, std::chrono::milliseconds after = {});
/// 429 for so long.
[[nodiscard]] http::Response held(const FlowPtr& flow, std::chrono::milliseconds for_how_long);
[[nodiscard]] http::Response refused(const FlowPtr& flow, int status, std::string_view code, std::string_view detail);
/// 403, with the ways to prove it.
[[nodiscard]] http::Response step_up_required(const access::Principal& who, std::string_view request_id);

/// A transaction of the tenant, then `then`, on a database thread; or fail().
using FlowJob = std::move_only_function<Result<Done>(ports::TenantSession&)>;
void in_tenant(const FlowPtr& flow, TenantId tenant, FlowJob job, std::move_only_function<void()> then);
/// The same for what nobody waits for any more. What fails is logged.
void afterwards(const FlowPtr& flow, TenantId tenant, FlowJob job);

/// As tenants are found: people type capitals, too. Only those of ASCII are folded, as those of buckets are.
[[nodiscard]] std::string folded_service_code(std::string_view typed);

/// What is asked before a tenant is known; `then` runs on a database thread, or fail().
void find_tenant(const FlowPtr& flow, const std::string& service_code,
                 std::move_only_function<void(std::optional<ports::TenantAtDoor>)> then);
void find_link(const FlowPtr& flow, const std::string& token_hash,
               std::move_only_function<void(std::optional<TenantId>)> then);

/// Those of a tenant with which people can sign in there.
void find_providers(const FlowPtr& flow, const std::string& service_code,
                    std::move_only_function<void(const std::vector<ports::ProviderAtDoor>&)> then);
/// Whose provider of sign-ins it is; nullopt: nobody's, or it is not enabled.
void find_provider(const FlowPtr& flow, OidcProviderId provider,
                   std::move_only_function<void(std::optional<TenantId>)> then);

/// A password's turn among those that are hashed; `then` runs on a thread of the hasher's, or fail().
void verify(const FlowPtr& flow, const crypto::SecretBytes& password, std::optional<crypto::PasswordHash> known,
            std::move_only_function<void(identity::PasswordHasher::Verified)> then);
void hash(const FlowPtr& flow, const crypto::SecretBytes& password,
          std::move_only_function<void(crypto::PasswordHash)> then);

/// The session whose cookie came along, also one that is only begun; 401 where there is none, 403 where it is used from
/// elsewhere, its user may not do what the route is for, or has not proven of late who it is. It is a write of the
/// user's (429). What is answered from then on stands in the access log of its tenant.
void with_session(const FlowPtr& flow, std::move_only_function<void(ports::FoundSession)> then);

/// Appends to the tenant's audit chain. `what` is shown beside who and from where.
[[nodiscard]] Result<Done> record(const FlowPtr& flow, ports::TenantSession& session, std::string_view act,
                                  const std::string& object, const audit::Actor& actor, nlohmann::json what,
                                  int status = 200);
/// A user who has shown the password, or a link.
[[nodiscard]] audit::Actor actor_of(const FlowPtr& flow, UserId user, std::string_view means);

/// Names the bucket of the network that it comes from (signin::Throttled::network).
[[nodiscard]] std::string network_of(const FlowPtr& flow);

/// The peer's address, as text of at most 64 characters; and the browser's name of itself, of at most 256.
[[nodiscard]] std::string source_of(const http::RequestHead& head);
[[nodiscard]] std::string user_agent_of(const http::RequestHead& head);

}  // namespace winnow::api

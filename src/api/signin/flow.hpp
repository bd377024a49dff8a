#pragma once

/// @file
/// One request of signing in on its way through hashing and several transactions, without a thread of its own.

#include "api/audit/access_note.hpp"
#include "api/rates/rates.hpp"
#include "api/rest/route.hpp"
#include "winnow/api/sign_in_parts.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/password_hasher.hpp"
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

namespace winnow::api {

/// What all of them share. Outlives the API with the last of them.
struct FlowParts {
    FlowParts(const SignInParts& parts, ports::TenantDatabase& tenants, ports::Sealing& secrets,
              std::shared_ptr<Rates> accounts, std::function<Timestamp()> now, std::function<Uuid()> id);

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
    ports::Sealing& sealing;
    const std::shared_ptr<Rates> rates;
    const std::string bucket_key;
    const crypto::DeviceCookies devices;
    const std::string origin;
    const std::function<Timestamp()> clock;
    const std::function<Uuid()> new_id;
    mutable std::atomic<std::size_t> under_way = 0;

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
[[nodiscard]] http::Response step_up_required(std::string_view request_id);

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

/// The peer's address, as text of at most 64 characters; and the browser's name of itself, of at most 256.
[[nodiscard]] std::string source_of(const http::RequestHead& head);
[[nodiscard]] std::string user_agent_of(const http::RequestHead& head);

}  // namespace winnow::api

#include "api/support/support_reads.hpp"

#include "api/calls/credential.hpp"
#include "api/calls/rate_class.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/session_options.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/support/support_grant_store.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxNotedBytes = 512;  // of a path, and of a query
constexpr int kBegun = 202;

Timestamp wall_clock()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Uuid fresh_id()
{
    return Uuid::v7(static_cast<std::uint64_t>(wall_clock().time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64());
}

SupportGrantId grant_of(const access::Principal& who)
{
    return SupportGrantId(who.key);
}

/// Every reading by itself, by the name of the grant.
audit::Act act_of(const access::Principal& who, const Route& route, const http::RequestHead& head)
{
    const json what{{"operation", route.operation_id},
                    {"path", truncate_utf8(head.path, kMaxNotedBytes)},
                    {"query", truncate_utf8(head.query, kMaxNotedBytes)}};
    return {
        .actor = {.id = who.actor(), .means = std::string(identity::means_of(who.kind)), .request_id = head.request_id},
        .name = std::string(audit::kSupportRead),
        .object = "support_grant:" + grant_of(who).str(),
        .result = kBegun,
        .detail = what.dump(-1, ' ', false, json::error_handler_t::replace)};
}

/// The route's own, by which nothing is read of a moment at which the grant was over.
std::shared_ptr<const Route> guarded(const Route& route, SupportGrantId grant, StaffId reader)
{
    auto own = std::make_shared<Route>(route);
    own->handler = [read = route.handler, grant, reader](const Call& call, TenantSession& session) -> Result<Answer> {
        if (const auto open = session.support_grants().expect_open(grant, reader); !open) return open.error();
        return read(call, session);
    };
    return own;
}

}  // namespace

const RouteEntry* SupportReads::admitted(const access::Principal& who, const http::Request& request,
                                         const Router::Match& match, http::ResponseSink& sink) const
{
    const auto& head = request.head;
    const auto instance = instance_of(head.request_id);
    const auto* const entry = match.entry;
    if (entry == nullptr || entry->special != Special::none || entry->route.method != "GET") {
        sink(problem(Error(ErrorCode::not_found, "there is no such resource that a support grant could read"),
                     instance));
        return nullptr;
    }
    const auto& route = entry->route;
    if (const auto fast = rates_->refusal(who, class_of(*entry, head), 1)) {
        note_refusal(logs_, who, route, head, 429, "rate_limited");
        sink(rate_refusal(*fast, {}, head.request_id));
        return nullptr;
    }
    if (!access::allows(who, route.permission)) {
        note_refusal(logs_, who, route, head, 403, "forbidden");
        sink(problem(403, "forbidden", why_forbidden(who, route.permission), {}, instance));
        return nullptr;
    }
    if (route.streams) {
        note_refusal(logs_, who, route, head, 403, "forbidden");
        sink(problem(403, "forbidden", "a support grant reads page by page, and nothing that is read as a whole", {},
                     instance));
        return nullptr;
    }
    return entry;
}

void SupportReads::run(access::Principal who, http::Request request, http::ResponseSink sink) const
{
    auto& head = request.head;
    head.remote_address.clear();  // from where the provider works is its own
    request.body.clear();
    const auto match = router_->match(head.method, head.path);
    const auto* const entry = admitted(who, request, match, sink);
    if (entry == nullptr) return;
    const auto note = note_of(who, entry->route, match.parameters, head, wall_clock(), fresh_id());
    sink = recording(note, logs_, std::move(sink));
    const auto grant = grant_of(who);
    auto record = [act = act_of(who, entry->route, head), grant,
                   reader = who.staff](TenantSession& session) -> Result<Done> {
        if (const auto open = session.support_grants().expect_open(grant, reader); !open) return open.error();
        if (const auto appended = session.audit().append(act); !appended) return appended.error();
        return Done{};
    };
    const auto tenant = who.tenant;
    const auto given_up = [flag = request.given_up] {
        return flag && flag->load(std::memory_order_relaxed);
    };
    auto read = [&sessions = sessions_, route = guarded(entry->route, grant, who.staff), parameters = match.parameters,
                 who = std::move(who), request = std::move(request), sink = std::move(sink),
                 note](const Result<Done>& recorded) mutable {
        if (recorded) {
            return sessions.run(route, std::move(parameters), std::move(who), std::move(request), std::move(sink),
                                note);
        }
        if (recorded.error().code() == ErrorCode::internal) {
            observe::error("a support grant's reading could not be recorded",
                           {{"request_id", request.head.request_id}, {"reason", recorded.error().message()}});
        }
        sink(problem(recorded.error(), instance_of(request.head.request_id)));
    };
    database_.submit(tenant, std::move(record), std::move(read),
                     {.given_up = given_up, .statement_timeout = {}, .reads_only = false});
}

}  // namespace winnow::api

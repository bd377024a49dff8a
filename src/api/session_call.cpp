#include "api/session_call.hpp"

#include "api/parameters.hpp"
#include "api/problem.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/receipt_store.hpp"

#include <memory>
#include <utility>

namespace winnow::api {

namespace {

using http::Response;
using Outcome = ports::ReceiptAnswer::Outcome;

/// One call, alive until it is answered. The transaction may be run on any database thread.
struct Running {
    std::shared_ptr<const Route> route;
    PathParameters parameters;
    access::Principal who;
    http::Request request;
    http::ResponseSink sink;
    Services services;
    Response response;
    bool outbox_changed = false;  ///< Said by the handler; true only once the transaction is committed.
};

/// The handler's answer, once an Idempotency-Key.
Result<Response> answer_once(const Call& call, const Route& route, ports::TenantSession& session)
{
    if (route.method != "POST") return route.handler(call, session);
    const auto given = idempotency_key(call.request.head);
    if (!given) return given.error();
    if (!*given) return route.handler(call, session);
    const auto& key = **given;

    const auto& scope = call.who.user.value();
    // The path is part of what was asked for: one key at two resources is a mismatch.
    const auto digest = crypto::sha256(call.request.head.path + '\n' + call.request.body);
    const auto claimed = session.receipts().claim(scope, key, digest);
    if (!claimed) return claimed.error();
    if (claimed->outcome == Outcome::mismatched) {
        return problem(422, "idempotency_mismatch", "this Idempotency-Key was used with another request before");
    }
    if (claimed->outcome == Outcome::replayed) {
        Response again(claimed->status, "application/json", claimed->answer);
        again.set("Idempotent-Replayed", "true");
        return again;
    }
    auto response = route.handler(call, session);
    if (!response) return response;
    // An answer that shows a secret is not kept: the key stays claimed, and its answer says so.
    bool secret = false;
    for (const auto& header : response->headers) secret = secret || header.name == "Cache-Control";
    const auto kept =
        secret ? std::string(R"({"detail":"created before; its secret was shown once"})") : response->body;
    if (const auto stored = session.receipts().answer(scope, key, response->status, kept); !stored) {
        return stored.error();
    }
    return response;
}

Result<Done> run_handler(Running& running, ports::TenantSession& session)
{
    const Call call{.request = running.request,
                    .who = running.who,
                    .path = running.parameters,
                    .now = running.services.clock(),
                    .services = running.services};
    auto response = answer_once(call, *running.route, session);
    if (!response) return response.error();
    running.response = *std::move(response);
    return Done{};
}

}  // namespace

void SessionCalls::run(std::shared_ptr<const Route> route, PathParameters parameters, access::Principal who,
                       http::Request request, http::ResponseSink sink)
{
    if (const auto text = only_text(request.head, parameters); !text) {
        return sink(problem(text.error(), instance_of(request.head.request_id)));
    }
    auto running = std::make_shared<Running>();
    running->route = std::move(route);
    running->parameters = std::move(parameters);
    running->who = std::move(who);
    running->request = std::move(request);
    running->sink = std::move(sink);
    running->services = services_;
    // What a handler announces is true only after the commit.
    running->services.outbox_changed = [flag = &running->outbox_changed] {
        *flag = true;
    };

    const auto tenant = running->who.tenant;
    auto job = [running](ports::TenantSession& session) {
        return run_handler(*running, session);
    };
    auto finished = [running, wake = services_.outbox_changed](const Result<Done>& done) {
        const auto& head = running->request.head;
        if (!done) {
            if (done.error().code() == ErrorCode::internal) {
                observe::error("a request failed", {{"request_id", head.request_id},
                                                    {"tenant", running->who.service_code},
                                                    {"reason", done.error().message()}});
            }
            return running->sink(problem(done.error(), instance_of(head.request_id)));
        }
        if (running->outbox_changed && wake) wake();
        running->sink(std::move(running->response));
    };
    database_.submit(tenant, std::move(job), std::move(finished));
}

}  // namespace winnow::api

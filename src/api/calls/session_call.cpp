#include "api/calls/session_call.hpp"

#include "api/audit/recorded.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/refusal.hpp"
#include "api/rest/scim_form.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/expr/pattern.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/processor_time.hpp"
#include "winnow/ports/receipt_store.hpp"

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace winnow::api {

namespace {

using http::Response;
using Outcome = ports::ReceiptAnswer::Outcome;

/// The handler's answer, once an Idempotency-Key.
Result<Answer> answer_once(const Call& call, const Route& route, ports::TenantSession& session)
{
    if (route.method != "POST") return recorded_answer(call, route, session);
    const auto given = idempotency_key(call.request.head);
    if (!given) return given.error();
    if (!*given || is_analysis(route, call.request.head)) return recorded_answer(call, route, session);
    const auto& key = **given;

    // Two directories of a tenant may draw the same.
    const bool is_directory = call.who.kind == access::CredentialKind::directory;
    const auto& scope = is_directory ? call.who.key : call.who.user.value();
    // The path is part of what was asked for: one key at two resources is a mismatch. So is to what the caller is
    // narrowed: an answer of before is not shown to whom some of it is hidden from now.
    const auto narrowed = call.who.groups ? '\n' + access::said(call.who.groups) : std::string();
    const auto digest = crypto::sha256(call.request.head.path + '\n' + call.request.body + narrowed);
    const auto claimed = session.receipts().claim(scope, key, digest);
    if (!claimed) return claimed.error();
    if (claimed->outcome == Outcome::mismatched) {
        return problem(422, "idempotency_mismatch", "this Idempotency-Key was used with another request before");
    }
    if (claimed->outcome == Outcome::replayed) {
        Response again(claimed->status, std::string(is_directory ? kScimType : "application/json"), claimed->answer);
        again.set("Idempotent-Replayed", "true");
        return again;
    }
    // The answer is kept in the transaction of what it tells of.
    auto response = made_of(recorded_answer(call, route, session), call);
    if (!response) return response.error();
    // An answer that shows a secret is not kept: the key stays claimed, and its answer says so.
    bool secret = false;
    for (const auto& header : response->headers) secret = secret || header.name == "Cache-Control";
    const auto kept = secret ? std::string(R"({"detail":"created before; its secret was shown once"})")
                             : std::string(response->body.text());
    if (const auto stored = session.receipts().answer(scope, key, response->status, kept); !stored) {
        return stored.error();
    }
    return *std::move(response);
}

/// Into the access log by the transaction that did what was asked: without its entry nothing is done. What only reads
/// may not write, and is entered before its answer goes out (recording()).
Result<Done> enter(RunningCall& running, const Response& response, ports::TenantSession& session)
{
    if (!running.note || only_reads(*running.route, running.request.head) || is_summed(response.status)) return Done{};
    conclude(*running.note, response);
    const auto entered = session.access_log().add(running.note->entry);
    running.note->is_stored = entered.has_value();
    return entered;
}

Result<Done> run_handler(RunningCall& running, ports::TenantSession& session)
{
    const expr::PatternsOnce once;  // its rules are looked at several times
    const auto before = observe::processor_time();
    running.now = running.services.clock();
    const auto call = running.call();
    auto answer = answer_once(call, *running.route, session);
    running.spent += observe::processor_time() - before;
    if (!answer) return answer.error();
    if (answer->is_ready()) {
        if (const auto entered = enter(running, answer->response(), session); !entered) return entered.error();
        running.response = std::move(answer->response());
        running.pages = std::move(answer->pages());
    } else {
        running.compute = std::move(answer->compute());
    }
    return Done{};
}

void fail(RunningCall& running, const Error& error)
{
    const auto& head = running.request.head;
    if (running.note) running.note->is_stored = false;  // it was rolled back
    if (error.code() == ErrorCode::internal) {
        observe::error(
            "a request failed",
            {{"request_id", head.request_id}, {"tenant", running.who.service_code}, {"reason", error.message()}});
    }
    running.sink(refusal(running.route->sender, error, head.request_id));
}

/// Makes the response of what was read.
Result<Response> computed(RunningCall& running)
{
    const auto call = running.call();
    const expr::PatternsOnce once;
    auto compute = std::exchange(running.compute, {});
    try {
        return compute(call);
    } catch (const std::exception& failure) {
        return Error(ErrorCode::internal, failure.what());
    }
}

void send(const std::shared_ptr<RunningCall>& running, const std::shared_ptr<const PageTerms>& terms)
{
    if (running->pages) running->response.body = std::make_unique<PagedBody>(running, terms);
    running->sink(std::move(running->response));
}

/// What the handler has made, or its beginning. What of it is an act goes out when its record is committed: by a
/// transaction of its own, because the one that read may not write.
void send_answer(const std::shared_ptr<RunningCall>& running, const std::shared_ptr<const PageTerms>& terms)
{
    if (!is_recorded_beforehand(*running->route, running->request.head, running->response.status)) {
        return send(running, terms);
    }
    auto recorded = [running, terms](const Result<Done>& done) {
        if (!done) return fail(*running, done.error());
        send(running, terms);
    };
    const auto record = [running](ports::TenantSession& session) {
        running->now = running->services.clock();
        return record_beforehand(running->call(), *running->route, session);
    };
    terms->database.submit(running->who.tenant, record, std::move(recorded),
                           {.given_up = [running] { return running->request.is_given_up(); },
                            .statement_timeout = {},
                            .reads_only = false,
                            .groups = running->who.groups});
}

void answer(const std::shared_ptr<RunningCall>& running, const std::shared_ptr<const PageTerms>& terms,
            Result<Response> made)
{
    if (!made) return fail(*running, made.error());
    running->response = *std::move(made);
    send_answer(running, terms);
}

ports::TenantDatabase::Job job_of(std::shared_ptr<RunningCall> running)
{
    return [running = std::move(running)](ports::TenantSession& session) {
        return run_handler(*running, session);
    };
}

}  // namespace

void SessionCalls::run(std::shared_ptr<const Route> route, PathParameters parameters, access::Principal who,
                       http::Request request, http::ResponseSink sink, std::shared_ptr<AccessNote> note)
{
    if (const auto text = only_text(request.head, parameters); !text) {
        return sink(refusal(route->sender, text.error(), request.head.request_id));
    }
    auto running = std::make_shared<RunningCall>();
    running->route = std::move(route);
    running->parameters = std::move(parameters);
    running->who = std::move(who);
    running->request = std::move(request);
    running->sink = std::move(sink);
    running->note = std::move(note);
    running->services = services_;
    // What a handler announces is true only after the commit.
    running->services.outbox_changed = [flag = &running->outbox_changed] {
        *flag = true;
    };

    const auto failed = [running](const Error& error) {
        fail(*running, error);
    };
    const auto given_up = [running] {
        return running->request.is_given_up();
    };
    const auto& head = running->request.head;
    if (is_analysis(*running->route, head)) {
        auto load = [running, failed, given_up, analysed = analysed_, terms = page_terms_,
                     &database = database_](AnalysisThreads::Turn turn) {
            auto loaded = [running, failed, analysed, terms, turn = std::move(turn)](const Result<Done>& done) mutable {
                if (!done) return fail(*running, done.error());
                if (!running->compute) {
                    if (running->pages && analysed) analysed(running->who, running->spent);
                    return send_answer(running, terms);
                }
                AnalysisThreads::Paid paid;
                if (analysed) {
                    // Not with `running`: what was read goes when it was worked on.
                    paid = [analysed, who = running->who, read = running->spent](std::chrono::nanoseconds spent) {
                        analysed(who, read + spent);
                    };
                }
                std::move(turn).run([running, terms] { answer(running, terms, computed(*running)); }, failed,
                                    std::move(paid));
            };
            database.submit(
                running->who.tenant, job_of(running), std::move(loaded),
                {.given_up = given_up, .statement_timeout = {}, .reads_only = true, .groups = running->who.groups});
        };
        return analysis_.submit(running->who.tenant, std::move(load), failed, given_up);
    }
    const bool reads = only_reads(*running->route, head);
    Told told;
    if (running->route->is_charged) {
        told = analysed_;
    } else if (running->route->method == "GET") {
        told = has_read_;
    }
    auto finished = [running, wake = services_.outbox_changed, told = std::move(told),
                     terms = page_terms_](const Result<Done>& done) {
        // First: the answer shows what is left.
        const auto tell = [&] {
            if (told) told(running->who, running->spent);
        };
        if (done && running->outbox_changed && wake) wake();
        if (!done || !running->compute) {
            tell();
            return done ? send_answer(running, terms) : fail(*running, done.error());
        }
        const auto before = observe::processor_time();
        auto response = computed(*running);
        running->spent += observe::processor_time() - before;
        tell();
        answer(running, terms, std::move(response));
    };
    database_.submit(running->who.tenant, job_of(running), std::move(finished),
                     {.given_up = given_up,
                      .statement_timeout = reads ? read_timeout_ : std::chrono::milliseconds{0},
                      .reads_only = reads,
                      .groups = running->who.groups});
}

}  // namespace winnow::api

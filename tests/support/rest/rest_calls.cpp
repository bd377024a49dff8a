#include "support/rest/rest_calls.hpp"

#include "winnow/pg/tenant_database.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

namespace winnow::test {
namespace {

using nlohmann::json;

/// Of a node's watch over a transaction: a machine that is busy with tests is no database that hangs.
constexpr std::chrono::seconds kTransaction{60};
/// Of each statement, whatever it is for: what the database's sessions have.
constexpr std::chrono::seconds kStatement{10};
/// Longer than any of these.
constexpr std::chrono::seconds kPatience{90};

/// So often a page may be said to come later before it comes: it is asked for again at once.
constexpr int kMostLater = 10;

/// Told at once, by what is thrown only when the threads have ended: one that hangs would keep it from being seen.
[[noreturn]] void fail(const std::string& what)
{
    ADD_FAILURE() << what;
    throw std::runtime_error(what);
}

/// What a sink is called with, and who waits for it. The sink may come late, and find nobody.
template <typename Value>
class Awaited {
public:
    [[nodiscard]] auto sink()
    {
        return [told = std::move(told_)](Value value) mutable {
            told.set_value(std::move(value));
        };
    }

    Value get(const std::string& what)
    {
        if (value_.wait_for(kPatience) != std::future_status::ready) fail(what + ": there is no answer in time");
        try {
            return value_.get();
        } catch (const std::future_error&) {
            fail(what + ": whoever was to answer has gone");
        }
    }

private:
    std::promise<Value> told_;
    std::future<Value> value_ = told_.get_future();
};

http::Request request_of(const Asked& asked)
{
    http::Request request;
    auto& head = request.head;
    head.method = asked.method;
    const auto mark = asked.target.find('?');
    head.path = (asked.target.starts_with("/scim/") ? "" : "/api/v1") + asked.target.substr(0, mark);
    if (mark != std::string::npos) head.query = asked.target.substr(mark + 1);
    head.headers = asked.headers;
    head.request_id = "test";
    if (!asked.body.is_null()) {
        request.body = asked.body.dump();
        head.headers.push_back({"Content-Type", "application/json"});
    }
    return request;
}

std::string all_of(http::Body& body, const std::string& what, const RestCalls::PageRead& page_read)
{
    auto* const source = body.source();
    if (source == nullptr) return std::string(body.text());
    std::string text;
    for (int later = 0; later < kMostLater;) {
        Awaited<http::Piece> awaited;
        source->pull(awaited.sink());
        const auto piece = awaited.get(what + ", a page of it");
        switch (piece.kind) {
            case http::Piece::Kind::broken: fail(what + ": the body broke: " + piece.text);
            case http::Piece::Kind::later: ++later; continue;
            case http::Piece::Kind::more:
            case http::Piece::Kind::last: break;
        }
        later = 0;
        text += piece.text;
        if (page_read) page_read(piece.text);
        if (piece.kind == http::Piece::Kind::last) return text;
    }
    fail(what + ": a page is always to come later");
}

}  // namespace

std::string Answered::header(std::string_view name) const
{
    for (const auto& header : headers) {
        if (header.name == name) return header.value;
    }
    return "";
}

std::vector<std::string> Answered::errors() const
{
    std::vector<std::string> out;
    for (const auto& error : body.value("errors", json::array())) {
        out.push_back(error["pointer"].get<std::string>() + ": " + error["detail"].get<std::string>());
    }
    return out;
}

std::vector<std::string> Answered::pointers() const
{
    std::vector<std::string> out;
    for (const auto& error : body.value("errors", json::array())) out.push_back(error["pointer"]);
    return out;
}

const api::Router& customer_router()
{
    static const api::Router kRouter(api::customer_routes());
    return kRouter;
}

std::unique_ptr<ports::TenantDatabase> tenant_database(const TestDatabase& database)
{
    return pg::make_tenant_database(
        {.conninfo = database.api, .connections = 1, .statement_timeout = kStatement, .deadline = kTransaction},
        database.pipeline);
}

void in_session(ports::TenantDatabase& database, TenantId tenant,
                const std::function<void(ports::TenantSession&)>& work, bool reads_only)
{
    bool was_run = false;
    std::exception_ptr thrown;
    std::promise<Result<Done>> told;
    auto outcome = told.get_future();
    database.submit(
        tenant,
        [&](ports::TenantSession& session) -> Result<Done> {
            was_run = true;
            try {
                work(session);
            } catch (...) {
                thrown = std::current_exception();
            }
            return Error(ErrorCode::conflict, "rolled back, as was wanted");
        },
        [told = std::move(told)](Result<Done> done) mutable { told.set_value(std::move(done)); },
        {.given_up = {}, .statement_timeout = {}, .reads_only = reads_only});
    // However long it takes: the work refers to what is here.
    const auto done = outcome.get();
    if (!was_run) throw std::runtime_error("there is no session: " + done.error().message());
    if (thrown) std::rethrow_exception(thrown);
}

RestCalls::RestCalls(ports::TenantDatabase& database, api::Services services)
    : calls_(database, std::move(services), {.read_timeout = kStatement, .analysis = {.threads = 1, .metrics = {}}})
{
}

Answered RestCalls::call(const access::Principal& who, const Asked& asked, const PageRead& page_read)
{
    const auto what = std::string(asked.method) + ' ' + asked.target;
    auto request = request_of(asked);
    auto match = customer_router().match(request.head.method, request.head.path);
    if (match.entry == nullptr || match.entry->special != api::Special::none) fail(what + ": there is no such route");

    // Where nobody waits any more, nobody is to work on it either.
    const auto given_up = std::make_shared<std::atomic<bool>>(false);
    request.given_up = given_up;
    try {
        Awaited<http::Response> awaited;
        calls_.run({std::shared_ptr<const void>(), &match.entry->route}, std::move(match.parameters), who,
                   std::move(request), awaited.sink());
        auto response = awaited.get(what);
        Answered answered{.status = response.status,
                          .body = {},
                          .text = all_of(response.body, what, page_read),
                          .headers = std::move(response.headers)};
        const auto type = answered.header("Content-Type");
        if (!answered.text.empty() && (type.contains("/json") || type.contains("+json"))) {  // not lines of it
            answered.body = json::parse(answered.text);
        }
        return answered;
    } catch (...) {
        *given_up = true;
        throw;
    }
}

}  // namespace winnow::test

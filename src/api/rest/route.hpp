#pragma once

/// @file
/// What a REST resource gives the router: a table of routes, each with its permission and its handler.

#include "winnow/access/permission.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"
#include "winnow/ports/contact_types.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

/// `{id}` → its text, percent-decoded.
using PathParameters = std::vector<std::pair<std::string, std::string>>;

/// What handlers may use besides their tenant's session. Owned by app; outlives every call.
struct Services {
    std::function<Timestamp()> clock;
    std::function<Uuid()> new_id;                             ///< Version 7.
    ports::Sealing* sealing = nullptr;                        ///< Contacts' secrets.
    domain::AlertIds ids = {};                                ///< What names alerts.
    std::function<void()> outbox_changed;                     ///< Wakes the dispatcher after a retry.
    std::string origin;                                       ///< Of the service's own pages.
    std::function<bool(std::string_view host)> plain_http;    ///< Where webhooks may go without TLS; empty: nowhere.
    std::function<bool(std::string_view host)> webhook_host;  ///< Those that webhooks may name; empty: all.
    std::span<const ports::ContactType> contact_types = {};   ///< Those that contacts may have.
    domain::AlertLimits alert_limits;
    domain::TenantLimits tenant_limits;
    std::string support_address = {};  ///< Who is mailed what tenants ask; "": nobody.
};

/// One request on its way through a handler.
struct Call {
    const http::Request& request;
    const access::Principal& who;
    PathParameters path;
    Timestamp now;
    const Services& services;

    /// Whether nobody waits for the answer any more.
    [[nodiscard]] bool is_given_up() const noexcept { return request.is_given_up(); }

    /// What names the caller's alerts.
    [[nodiscard]] domain::TenantIds ids() const noexcept { return services.ids.of(who.tenant); }

    /// A path parameter; "" if the pattern has none of that name.
    [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept
    {
        for (const auto& [key, value] : path) {
            if (key == name) return value;
        }
        return "";
    }

    /// A path parameter as an id; the `not_found` of api.md §1 where it is not one.
    template <typename Id>
    [[nodiscard]] Result<Id> id(std::string_view name = "id") const
    {
        const auto parsed = Id::parse(parameter(name));
        if (!parsed) return Error(ErrorCode::not_found, "there is no such object");
        return *parsed;
    }
};

/// What is left to do when everything was read: runs after the transaction, on an analysis thread, with no session. It
/// looks at Call::is_given_up() between parts that take long.
using Compute = std::move_only_function<Result<http::Response>(const Call&)>;

/// A part of a body.
struct Page {
    std::string text;
    bool is_last = true;
};
/// Makes it of what was read: runs after the transaction, on an analysis thread, without a session; its Pages live.
using MakePage = std::move_only_function<Result<Page>()>;

/// A body that is read page by page, each when the client has taken the one before: so a client that takes its time
/// costs a page's memory, and neither thread nor session. Used by one thread at a time, whichever that is.
class Pages {
public:
    Pages() = default;
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    virtual ~Pages() = default;

    /// Reads the next page in a short transaction, on a database thread; rows and bytes have a bound whoever asks. What
    /// fails cuts the body short. The next page is the same until it was made: `unavailable` is asked for again.
    [[nodiscard]] virtual Result<MakePage> read(const Call& call, ports::TenantSession& session) = 0;
};

/// What a handler makes of a request: a response, or what will make one, or a response whose body is read later.
class Answer {
public:
    Answer(http::Response response) : response_(std::move(response)) {}  // NOLINT(google-explicit-constructor)
    Answer(Compute compute) : compute_(std::move(compute)) {}            // NOLINT(google-explicit-constructor)
    /// Of a route that is marked with `streams`. The head's body does not count.
    Answer(http::Response head, std::unique_ptr<Pages> pages) : response_(std::move(head)), pages_(std::move(pages)) {}

    [[nodiscard]] bool is_ready() const noexcept { return !compute_; }
    [[nodiscard]] http::Response& response() noexcept { return response_; }    ///< Where it is ready.
    [[nodiscard]] Compute& compute() noexcept { return compute_; }             ///< Where it is not.
    [[nodiscard]] std::unique_ptr<Pages>& pages() noexcept { return pages_; }  ///< Null: the response is whole.

private:
    http::Response response_;
    Compute compute_;
    std::unique_ptr<Pages> pages_;
};

/// The response at once, wherever that is; of one whose body is read later the head.
[[nodiscard]] inline Result<http::Response> made_of(Result<Answer> answer, const Call& call)
{
    if (!answer) return answer.error();
    if (!answer->is_ready()) return answer->compute()(call);
    return std::move(answer->response());
}

/// Runs on a database thread inside one transaction of the caller's tenant; the answer is sent after the commit.
/// An Error becomes a problem document and rolls back.
using SessionHandler = std::function<Result<Answer>(const Call&, ports::TenantSession&)>;

/// Whether a request costs processor time: it then waits for its tenant's turn among those, and what its handler leaves
/// to do is done on other threads than the database's. Such a request changes nothing, so an Idempotency-Key has no
/// effect on it.
using IsAnalysis = bool (*)(const http::RequestHead&);
[[nodiscard]] inline bool always(const http::RequestHead&)
{
    return true;
}

/// One line of the router's table.
struct Route {
    std::string_view method;   ///< "GET", …
    std::string_view pattern;  ///< "/api/v1/tickets/{id}"; segments in braces are parameters.
    access::Permission permission;
    std::string_view operation_id;  ///< Its name in docs/openapi.yaml.
    SessionHandler handler;
    IsAnalysis is_analysis = nullptr;  ///< Null: never.
    bool is_charged = false;           ///< It changes something, and is charged for processor time as an analysis is.
    bool streams = false;              ///< Its body is read page by page, or goes on for long.
    bool is_whole = false;             ///< It tells of all of the tenant: for nobody who is narrowed to groups.
    /// In whose form it refuses, as the table of senders says; null: with problem documents. customer_routes() sets it
    /// where its own table did not.
    const intake::Sender* sender = nullptr;
    const audit::KnownAct* act = nullptr;  ///< Null: it is not recorded. customer_routes() sets it, and `shows`.
    SessionHandler shows = {};             ///< GET of the same path, where the act is recorded with what it changed.
    /// It only takes access away, or shows what there is to take: a suspended tenant's users and directories may that.
    bool ends_access = false;
};

[[nodiscard]] inline Route that_ends_access(Route route)
{
    route.ends_access = true;
    return route;
}

[[nodiscard]] inline bool is_analysis(const Route& route, const http::RequestHead& head)
{
    return route.is_analysis != nullptr && route.is_analysis(head);
}

/// Whether the transaction of a request sees one moment and may neither write nor lock (TenantDatabase::Terms).
[[nodiscard]] inline bool only_reads(const Route& route, const http::RequestHead& head)
{
    return route.method == "GET" || is_analysis(route, head);
}

/// The resources' tables, one function a file.
[[nodiscard]] std::vector<Route> ticket_routes();
[[nodiscard]] std::vector<Route> alert_routes();
[[nodiscard]] std::vector<Route> explanation_routes();
[[nodiscard]] std::vector<Route> rule_routes();
[[nodiscard]] std::vector<Route> backtest_routes();
[[nodiscard]] std::vector<Route> suggestion_routes();
[[nodiscard]] std::vector<Route> noise_routes();
[[nodiscard]] std::vector<Route> contact_routes();
[[nodiscard]] std::vector<Route> contact_group_routes();
[[nodiscard]] std::vector<Route> integration_routes();
[[nodiscard]] std::vector<Route> delivery_routes();
[[nodiscard]] std::vector<Route> settings_routes();
[[nodiscard]] std::vector<Route> silence_routes();
[[nodiscard]] std::vector<Route> inhibition_routes();
[[nodiscard]] std::vector<Route> maintenance_routes();
[[nodiscard]] std::vector<Route> user_routes();  // users, api-keys
[[nodiscard]] std::vector<Route> access_key_routes();
[[nodiscard]] std::vector<Route> user_life_routes();  // invitations, resets, ends
[[nodiscard]] std::vector<Route> me_routes();         // one's own profile, factors, sessions
[[nodiscard]] std::vector<Route> audit_routes();
[[nodiscard]] std::vector<Route> access_log_routes();
[[nodiscard]] std::vector<Route> networks_routes();  // source networks
[[nodiscard]] std::vector<Route> export_routes();
[[nodiscard]] std::vector<Route> provider_routes();  // of sign-ins
[[nodiscard]] std::vector<Route> announcement_routes();
[[nodiscard]] std::vector<Route> inquiry_routes();
[[nodiscard]] std::vector<Route> support_grant_routes();
[[nodiscard]] std::vector<Route> management_group_routes();
[[nodiscard]] std::vector<Route> scim_token_routes();
[[nodiscard]] std::vector<Route> scim_routes();  // what a tenant's directory asks
[[nodiscard]] std::vector<Route> uom_routes();   // what signed requests ask, besides sending alerts
[[nodiscard]] std::vector<Route> import_routes();

}  // namespace winnow::api

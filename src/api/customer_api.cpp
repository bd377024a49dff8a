#include "winnow/api/customer_api.hpp"

#include "api/audit/access_note.hpp"
#include "api/calls/credential.hpp"
#include "api/calls/entitlement.hpp"
#include "api/calls/rate_class.hpp"
#include "api/calls/router.hpp"
#include "api/calls/session_call.hpp"
#include "api/entrance.hpp"
#include "api/rates/ingest_bill.hpp"
#include "api/rates/rates.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/rest/refusal.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/scim_form.hpp"
#include "api/security/security_answers.hpp"
#include "api/senders/ingest.hpp"
#include "api/senders/large_bodies.hpp"
#include "api/senders/signed_request.hpp"
#include "api/session_options.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/session_door.hpp"
#include "api/support/support_reads.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace winnow::api {

namespace {

using http::Response;

Uuid fresh_id()
{
    return Uuid::v7(static_cast<std::uint64_t>(wall_clock().time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64());
}

/// Of a form that says who sends it: as long as a text that is signed.
constexpr BodyLimit kLongestForm{.bytes = identity::kMaxSignedBytes};

/// Whether who sends it stands in the body.
bool shows_in_form(const RouteEntry& entry, const http::RequestHead& head)
{
    const auto* sender = entry.route.sender;
    return sender != nullptr && sender->is_signed && entry.path != nullptr && entry.path->is_form && is_form(head);
}

}  // namespace

class CustomerApi::Impl {
public:
    explicit Impl(CustomerApiOptions options)
        : options_(std::move(options)),
          router_(std::make_shared<const Router>(customer_routes())),
          rates_(std::make_shared<Rates>(options_.tenant_limits.rates, options_.metrics)),
          door_{options_.journal, wall_clock, options_.limits, options_.resolve_timeout, rates_, options_.ids},
          sessions_(options_.database, services(), session_options(options_, rates_)),
          large_bodies_({.threads = options_.body_threads,
                         .max_bytes = options_.max_waiting_body_bytes,
                         .metrics = observe::QueueMetrics(options_.metrics, "bodies")})
    {
        here_->api = this;
    }

    /// Whoever was asked for comes back when he likes: not in here any more.
    ~Impl()
    {
        const std::unique_lock lock(here_->mutex);
        here_->api = nullptr;
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void admit(const http::RequestHead& head, http::AdmissionSink sink)
    {
        auto match = router_->match(head.method, head.path);
        if (match.entry == nullptr) return sink(refused(no_route(match, head)));
        auto admitted = std::make_shared<Admitted>();
        admitted->entry = {router_, match.entry};
        admitted->parameters = std::move(match.parameters);
        const auto longest = longest_body(*match.entry);
        const bool is_flow = match.entry->special == Special::auth && FlowGate::takes(match.entry->route, head);
        if (is_flow) {
            if (auto refusal = flows_.refusal(head)) return sink(refused(*std::move(refusal)));
        }
        if (is_flow || match.entry->route.permission == access::Permission::open) {
            return sink(accepted(std::move(admitted), longest));
        }

        // The head stays valid until the sink was called. Without `this`: the look-up may come back after the API is
        // gone.
        const auto asks = [this, &head, &now = *admitted] {
            now.asked = true;
            now.stopped = rates_->login_refusal(head.remote_address);
            return !now.stopped;
        };
        const std::function<bool()> may_ask = std::cref(asks);  // which takes no memory
        if (shows_in_form(*match.entry, head)) return sink(accepted(std::move(admitted), kLongestForm));
        if (auto bad = read_shown(head, *admitted)) return sink(refused(*std::move(bad)));
        authenticate(
            options_.authenticator, admitted->shown,
            [admitted, longest, entrance = entrance(), &head, &authenticator = options_.authenticator,
             sink = std::move(sink)](Result<access::Principal> who) mutable {
                if (auto refusal = enter(entrance, *admitted, std::move(who), head, longest.bytes)) {
                    return sink(refused(*std::move(refusal)));
                }
                auto admission = accepted(admitted, longest);
                const auto& route = admitted->entry->route;
                if (route.streams) {
                    admission.may_stream = true;
                    admission.recheck = recheck_of(authenticator, admitted->shown, admitted->who, route.permission,
                                                   head.remote_address);
                }
                sink(std::move(admission));
            },
            may_ask);
    }

    void handle(http::Request request, http::ResponseSink sink)
    {
        const auto attachment = request.attachment;
        const auto& admitted = static_cast<const Admitted&>(*attachment);
        if (admitted.who.tenant.is_nil() && shows_in_form(*admitted.entry, request.head)) {
            return enter_by_form(admitted, std::move(request), std::move(sink));
        }
        if (admitted.shown.request) {
            const auto digest = admitted.entry->special == Special::alerts ? BodyDigest::optional : BodyDigest::needed;
            if (const auto same = check_signed_body(request.head, request.body, digest); !same) {
                return sink(refusal(sender_of(*admitted.entry), same.error(), request.head.request_id));
            }
        }
        if (!admitted.who.tenant.is_nil()) {
            large_bodies_.came(admitted.who.tenant);
            sink = showing_rate(admitted, std::move(sink));
        }
        switch (admitted.entry->special) {
            case Special::alerts:
                if (large_bodies_.takes(request)) return read_in_turn(admitted, std::move(request), std::move(sink));
                return read(admitted, std::move(request), std::move(sink));
            case Special::sender_reply: return sink(response_of(admitted.entry->path->reply()));
            case Special::alive: return sink(json_response(200, {{"status", "alive"}}));
            case Special::ready: return sink(readiness(options_.checks));
            case Special::auth:
                return flows_.run(
                    *admitted.entry, admitted.parameters, {}, std::move(request), std::move(sink),
                    recorder_of(access_logs(), admitted.entry->route, admitted.parameters, wall_clock, fresh_id));
            case Special::security_features: return sink(Response(200, "application/json", security_features_));
            case Special::responsibility: return sink(Response(200, "application/json", responsibility_));
            case Special::waiting:
            case Special::none: break;
        }
        // From here on nothing is answered that does not stand in the tenant's access log.
        const auto note =
            note_of(admitted.who, admitted.entry->route, admitted.parameters, request.head, wall_clock(), fresh_id());
        sink = recording(note, access_logs(), std::move(sink));
        if (!request.body.empty() && !takes_json(request.head)) {
            return sink(refusal(admitted.entry->route.sender, 415, "unsupported_media_type",
                                "Content-Type must be application/json, in UTF-8", request.head.request_id));
        }
        if (const auto& entry = *admitted.entry; entry.special == Special::waiting) {
            return flows_.run(entry, admitted.parameters, admitted.who, std::move(request), std::move(sink), {});
        }
        sessions_.run({admitted.entry, &admitted.entry->route}, admitted.parameters, admitted.who, std::move(request),
                      std::move(sink), note);
    }

    [[nodiscard]] const SupportReads& support() const { return support_; }

    /// What the connection refuses. Where a sender gives up on 4xx, what will pass has the status at which it comes
    /// again.
    [[nodiscard]] Response protocol_error(std::string_view path, int status, std::string_view code,
                                          std::string_view detail) const
    {
        constexpr int kTimeout = 408;
        constexpr int kTooMany = 429;
        const bool is_large = code == "body_too_large";
        const bool passes = status == kTimeout || status == kTooMany;
        const auto match = passes ? router_->match("POST", path) : Router::Match{};
        const bool is_final =
            match.entry != nullptr && match.entry->path != nullptr && match.entry->path->too_much != kTooMany;
        return error_at(path, is_final ? match.entry->path->too_much : status, is_large ? "payload_too_large" : code,
                        detail, "");
    }

private:
    /// What the head shows of who it is: the answer where it is refused before anybody is asked.
    [[nodiscard]] std::optional<Response> read_shown(const http::RequestHead& head, Admitted& admitted) const
    {
        const auto* sender = admitted.entry->route.sender;
        if (sender == nullptr || !sender->is_signed) {
            return flows_.read_shown(head, token_of(admitted), sender, admitted.shown);
        }
        auto request = signed_request(head, wall_clock());
        if (!request) return refusal(sender, request.error(), head.request_id);
        admitted.shown.request = *std::move(request);
        return std::nullopt;
    }

    /// Of a form that says itself who sends it: he is asked for now, and what he sends is read when that is known.
    void enter_by_form(const Admitted& before, http::Request request, http::ResponseSink sink)
    {
        struct Form {
            std::shared_ptr<Admitted> admitted;
            http::Request request;
            http::ResponseSink sink;
        };
        const auto form = std::make_shared<Form>(
            Form{.admitted = std::make_shared<Admitted>(), .request = std::move(request), .sink = std::move(sink)});
        auto& admitted = *form->admitted;
        const auto& head = form->request.head;
        admitted.entry = before.entry;
        admitted.parameters = before.parameters;
        if (const auto taken = take_form(form->request); !taken) {
            return form->sink(refusal(sender_of(*admitted.entry), taken.error(), head.request_id));
        }
        if (auto bad = read_shown(head, admitted)) return form->sink(*std::move(bad));
        const auto asks = [this, &head, &admitted] {
            admitted.asked = true;
            admitted.stopped = rates_->login_refusal(head.remote_address);
            return !admitted.stopped;
        };
        const std::function<bool()> may_ask = std::cref(asks);
        authenticate(
            options_.authenticator, admitted.shown,
            [form, here = here_, entrance = entrance()](Result<access::Principal> who) {
                auto& [entered, taken, answer] = *form;
                if (auto refusal = enter(entrance, *entered, std::move(who), taken.head, kLongestForm.bytes)) {
                    return answer(*std::move(refusal));
                }
                taken.attachment = entered;
                const std::shared_lock lock(here->mutex);
                if (here->api != nullptr) return here->api->handle(std::move(taken), std::move(answer));
                answer(refusal(sender_of(*entered->entry), Error(ErrorCode::unavailable, "shutting down"),
                               taken.head.request_id));
            },
            may_ask);
    }

    /// Alerts, here and now.
    void read(const Admitted& admitted, http::Request request, http::ResponseSink sink) const
    {
        ingest(door_, sender_of(*admitted.entry), admitted.who, std::move(request), admitted.parameters,
               std::move(sink));
    }

    /// The same on a thread for large bodies, when it is the tenant's turn.
    void read_in_turn(const Admitted& admitted, http::Request request, http::ResponseSink sink)
    {
        struct Body {
            std::shared_ptr<const http::Attachment> keeps;  ///< `admitted`
            http::Request request;
            http::ResponseSink sink;
        };
        const auto bytes = request.body.size();
        const auto given_up = request.given_up;
        const auto keeps = request.attachment;
        const auto body = std::make_shared<Body>(keeps, std::move(request), std::move(sink));
        large_bodies_.submit(
            admitted.who.tenant, bytes,
            [this, &admitted, body] {
                std::string id;
                try {
                    id = body->request.head.request_id;
                    // Its head was paid; what others of the tenant turned out to hold meanwhile may have used up more.
                    if (const auto fast = rates_->refusal(admitted.who, admitted.kind, 0)) {
                        return body->sink(rate_refusal(*fast, rate_form(sender_of(*admitted.entry)), id));
                    }
                    read(admitted, std::move(body->request), std::move(body->sink));
                } catch (const std::exception& failure) {  // the sink says that there is no answer
                    observe::error("a large body could not be read", {{"request_id", id}, {"reason", failure.what()}});
                }
            },
            [&admitted, body](const Error& error) {
                body->sink(refusal(sender_of(*admitted.entry), error, body->request.head.request_id));
            },
            [given_up] { return given_up && given_up->load(std::memory_order_relaxed); });
    }

    /// Every answer tells how its account stands by then.
    [[nodiscard]] http::ResponseSink showing_rate(const Admitted& admitted, http::ResponseSink sink) const
    {
        return [rates = rates_, payer = payer_of(admitted.who), kind = admitted.kind,
                is_private = admitted.shown.is_session, sink = std::move(sink)](Response response) mutable {
            if (is_private) keep_private(response);
            show_standing(response, rates->standing(payer, kind));
            sink(std::move(response));
        };
    }

    [[nodiscard]] Services services()
    {
        Services services;
        services.clock = wall_clock;
        services.new_id = fresh_id;
        services.sealing = &options_.sealing;
        services.ids = options_.ids;
        services.outbox_changed = options_.outbox_changed;
        if (options_.sign_in) services.origin = origin_of(options_.sign_in->public_url);
        services.plain_http = options_.plain_http;
        services.webhook_host = options_.webhook_host;
        services.contact_types = options_.contact_types;
        services.alert_limits = options_.limits;
        services.tenant_limits = options_.tenant_limits;
        services.support_address = options_.support_address;
        return services;
    }

    [[nodiscard]] Entrance entrance() const { return {.rates = rates_, .logs = access_logs(), .uses = options_.uses}; }

    [[nodiscard]] AccessLogs access_logs() const
    {
        return {.records = options_.access_records, .refused = options_.refused, .denials = options_.denials};
    }

    [[nodiscard]] BodyLimit longest_body(const RouteEntry& entry) const
    {
        if (entry.special == Special::alerts) {
            return {.bytes = options_.limits.*entry.path->max_bytes, .setting = entry.path->max_bytes_setting()};
        }
        if (entry.flow != nullptr) return {.bytes = kMaxFlowBytes};
        if (entry.special != Special::none) {
            return {.bytes = options_.limits.max_body_bytes, .setting = "limits.max_body_bytes"};
        }
        const auto operation = entry.route.operation_id;
        if (operation == "replaceRuleset" || operation == "startBacktest") {
            return {.bytes = options_.tenant_limits.max_ruleset_bytes, .setting = "tenants.max_ruleset_bytes"};
        }
        return {.bytes = options_.max_rest_body_bytes};
    }

    [[nodiscard]] static bool takes_json(const http::RequestHead& head)
    {
        return has_media_type(head, {"application/json", "application/merge-patch+json", kScimType});
    }

    /// Where who comes back late finds the API, as long as it is there.
    struct Here {
        std::shared_mutex mutex;
        Impl* api = nullptr;  ///< Guarded by it.
    };

    const CustomerApiOptions options_;
    const std::shared_ptr<const Router> router_;
    const std::shared_ptr<Rates> rates_;
    const Door door_;
    const std::string security_features_ = security_features_json(options_.security);
    const std::string responsibility_ = responsibility_json();
    const FlowGate flows_{options_.sign_in, options_.database, options_.sealing, options_.tenant_limits,
                          rates_,           wall_clock,        fresh_id};
    SessionCalls sessions_;
    const SupportReads support_{router_, rates_, options_.database, sessions_, access_logs()};
    LargeBodies large_bodies_;
    const std::shared_ptr<Here> here_ = std::make_shared<Here>();
};

CustomerApi::CustomerApi(CustomerApiOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

CustomerApi::~CustomerApi() = default;

void CustomerApi::admit(const http::RequestHead& head, http::AdmissionSink sink)
{
    impl_->admit(head, std::move(sink));
}

void CustomerApi::handle(http::Request request, http::ResponseSink sink)
{
    impl_->handle(std::move(request), std::move(sink));
}

void CustomerApi::read_by_support(access::Principal who, http::Request request, http::ResponseSink sink)
{
    impl_->support().run(std::move(who), std::move(request), std::move(sink));
}

Response CustomerApi::protocol_error(std::string_view path, int status, std::string_view code, std::string_view detail)
{
    return impl_->protocol_error(path, status, code, detail);
}

}  // namespace winnow::api

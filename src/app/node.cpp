#include "app/node.hpp"

#include "app/background_jobs.hpp"
#include "app/bell.hpp"
#include "app/call_logs.hpp"
#include "app/callers.hpp"
#include "app/config/node_settings.hpp"
#include "app/config/password_settings.hpp"
#include "app/due_kinds.hpp"
#include "app/provider_stores.hpp"
#include "app/secrets.hpp"
#include "app/try_rows.hpp"
#include "winnow/api/customer_api.hpp"
#include "winnow/api/management_api.hpp"
#include "winnow/delivery/channel.hpp"
#include "winnow/delivery/fetcher.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/dispatch/server_mails.hpp"
#include "winnow/http/server.hpp"
#include "winnow/identity/breached_passwords.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/identity/provider_documents.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/alert_ids.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/outbox.hpp"
#include "winnow/pg/server_mail_queue.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/stream_keeper.hpp"
#include "winnow/pipeline/timekeeper.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace winnow::app {

namespace {

using std::chrono::milliseconds;

/// How often loops that the clock reminds of what is due look by themselves: in case it cannot. What no alert waits for
/// does so more seldom: a node that nobody wants anything of is to ask for two things a second at most.
constexpr milliseconds kAnyway{30'000};
constexpr milliseconds kSeldom{120'000};

}  // namespace

/// Parts in the order in which they are made: each refers only to those above it, and goes before them.
class Node::Impl {
public:
    explicit Impl(const Config& config)
        : config_(config),
          name_(node_name(config)),
          ids_(pg::stored_alert_ids(session(config.database.pipeline_url, "winnow ids", 1))),
          pipeline_sessions_(pooled(pipeline_session(config), database_sessions(config).pipeline)),
          secrets_(config, name_, pipeline_sessions_, metrics_),
          streams_(
              pg::make_journal_streams(session(config.database.pipeline_url, "winnow journal", 1), pipeline_sessions_)),
          trials_(pipeline::make_trial_bench(trial_program(config))),
          triage_store_(pg::make_triage_store(pipeline_sessions_, config.resolve_timeout)),
          due_board_(pg::make_due_board(session(config.database.pipeline_url, "winnow clock", 1),
                                        [this] { return policies_.compared(); })),
          chores_(pg::make_chores(
              pipeline_sessions_,
              {.max_retention = std::chrono::days(config.tenants.max_retention_days),
               .newest_rulesets = config.history.newest_rulesets,
               .audit = std::chrono::days(config.audit.keep_days),
               .rewrite_bytes = config.erasure.rewrite_bytes,
               .backups = std::chrono::days(config.erasure.backup_days)},
              [this](TenantId tenant, ContactId contact, std::string_view url) {
                  return secrets_.one_key().seal(url, domain::sealed_url_context(tenant, contact));
              },
              head_signer(config), secrets_.chores())),
          config_store_(pg::make_config_store(pipeline_sessions_)),
          outbox_(pg::make_outbox(pipeline_sessions_)),
          channel_(delivery::make_channel(config.delivery, secrets_.sealing(), metrics_)),
          fetcher_(delivery::make_fetcher(config.delivery)),
          dispatcher_(*outbox_, *channel_, dispatch_options(config, name_), metrics_),
          mail_queue_(pg::make_server_mail_queue(pipeline_sessions_)),
          server_mails_(*mail_queue_, *channel_, server_mail_options(kSeldom), metrics_),
          call_logs_(config, pipeline_sessions_, metrics_),
          callers_(config, pipeline_sessions_, secrets_.sealing(), metrics_),
          policies_(
              *config_store_, config.delivery.public_url,
              [this](const ports::TenantChange& change) {
                  if (change.credentials) callers_.authenticator().forget(change.tenant);
                  if (change.policy) bell_.ring();  // what was silenced may be due
              },
              ids_, kAnyway),
          database_(pg::make_tenant_database(
              api_session(config), pipeline_sessions_,
              {.waiting = config.rest.waiting_per_tenant, .metrics = observe::QueueMetrics(metrics_, "rest")},
              noted_here())),
          provider_(
              pooled(session(config.database.provider_url, "winnow provider", 0), database_sessions(config).provider),
              config.erasure.begins_after, noted_here()),
          breached_(breached_passwords(config)),
          hasher_(password_peppers(config), password_options(config), metrics_),
          triage_(
              *triage_store_, policies_, told_of_due(triage_options(config)), [this] { dispatcher_.poke(); }, metrics_),
          jobs_({.config = config_,
                 .node = name_,
                 .pipeline = pipeline_sessions_,
                 .policies = policies_,
                 .ids = ids_,
                 .busy = [this] { return triage_.behind(); },
                 .look = kSeldom,
                 .metrics = metrics_}),
          writer_(
              *streams_, name_, journal_options(), [this](auto rows) { triage_.submit(std::move(rows)); }, metrics_),
          stream_keeper_(
              *streams_, triage_, [this] { return own_stream(); },
              {.takeover = kAnyway,
               .on_takeover = [this](auto stream) { dispatcher_.take_over(stream); },
               .trials = trials_.get()},
              metrics_),
          upkeep_(*chores_, {}, metrics_),
          due_kinds_({.sessions = pipeline_sessions_,
                      .triage_store = *triage_store_,
                      .policies = policies_,
                      .dispatcher = dispatcher_,
                      .server_mails = server_mails_,
                      .backtests = jobs_.backtests(),
                      .exports = jobs_.exports(),
                      .imports = jobs_.imports(),
                      .stream_keeper = stream_keeper_,
                      .upkeep = upkeep_,
                      .uses = callers_.uses(),
                      .refused = call_logs_.refused(),
                      .denials = call_logs_.denials(),
                      .database = *database_,
                      .vault = secrets_.ring(),
                      .metrics = metrics_}),
          timekeeper_(*due_board_, due_kinds_.make(), {}, metrics_),
          customer_api_(customer_options()),
          management_api_(management_options()),
          threads_(io_threads(config)),
          management_threads_(1, "management"),
          customer_(threads_, customer_api_, metrics_, config.customer),
          management_(management_threads_, management_api_, metrics_, config.management)
    {
        if (const auto prepared = streams_->maintain_partitions(); !prepared) {
            throw std::runtime_error("the journal's partitions cannot be made: " + prepared.error().message());
        }
        if (const auto prepared = call_logs_.records().prepare(); !prepared) {
            throw std::runtime_error("the access log's partitions cannot be made: " + prepared.error().message());
        }
        writer_.start();
        stream_keeper_.start();
        timekeeper_.start();
        jobs_.start();
        dispatcher_.start();
        server_mails_.start();
        ready_ = true;
        management_.start();
        customer_.start();
        bell_.hang([this] { timekeeper_.poke(); });
        observe::info("serving", {{"customer_port", static_cast<int>(customer_.port())},
                                  {"management_port", static_cast<int>(management_.port())},
                                  {"node", name_}});
    }

    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] const http::Server& customer() const { return customer_; }
    [[nodiscard]] const http::Server& management() const { return management_; }

    Result<Done> reload_certificates()
    {
        const auto customer = customer_.reload_certificates();
        const auto management = management_.reload_certificates();
        return customer ? management : customer;
    }

    void stop()
    {
        if (std::exchange(stopped_, true)) return;
        bell_.hang({});
        ready_ = false;
        observe::info("stopping");
        // From the door inwards: what was answered 202 is in the journal before the writer ends.
        const bool drained = customer_.drain(config_.node.grace);
        writer_.stop();
        const bool applied = triage_.flush(config_.node.grace);
        dispatcher_.stop(std::min(config_.node.grace, milliseconds{5'000}));
        server_mails_.stop(std::min(config_.node.grace, milliseconds{2'000}));
        management_.drain(milliseconds{1'000});
        callers_.uses().store_rest();
        call_logs_.store_rest(*database_);
        observe::info("stopped", {{"requests_finished", drained}, {"alerts_applied", applied}});
    }

private:
    [[nodiscard]] std::optional<pipeline::StreamKeeper::OwnStream> own_stream() const
    {
        const auto stream = writer_.stream();
        if (!stream) return std::nullopt;
        return pipeline::StreamKeeper::OwnStream{
            .stream = *stream, .released_seq = writer_.released_seq(), .serves = writer_.healthy()};
    }

    /// What is changed by way of this node is in force on it when that is answered, for the very next alert.
    ports::TenantChanged noted_here()
    {
        return [this](const ports::TenantChange& change) {
            policies_.note(change);
        };
    }

    journal::WriterOptions journal_options()
    {
        auto options = config_.journal;
        options.max_unapplied_bytes = config_.triage.max_backlog_bytes;
        options.unapplied = [this](TenantId tenant) {
            return triage_.held(tenant);
        };
        return options;
    }

    /// What a fold stores may be due before the clock looks at the board.
    pipeline::TriageOptions told_of_due(pipeline::TriageOptions options)
    {
        options.due_soon = [this] {
            bell_.ring();
        };
        return options;
    }

    /// The parts of readiness, on both listeners.
    api::Checks checks()
    {
        api::Checks checks;
        const auto add = [&](const char* name, std::function<bool()> is_good) {
            checks.emplace_back(name, std::move(is_good));
        };
        add("serving", [this] { return ready_.load(); });
        add("journal", [this] { return writer_.healthy(); });
        add("triage", [this] { return triage_.goes_on(); });
        add("delivery", [this] { return dispatcher_.goes_on(); });
        add("chores", [this] { return upkeep_.goes_on() && timekeeper_.goes_on(); });
        add("housekeeping", [this] { return stream_keeper_.healthy() && timekeeper_.healthy(); });
        add("keys", [this] { return callers_.healthy(); });
        add("rest", [this] { return database_->healthy() && call_logs_.records().healthy(); });
        return checks;
    }

    api::CustomerApiOptions customer_options()
    {
        return {.database = *database_,
                .authenticator = callers_.authenticator(),
                .uses = callers_.uses(),
                .access_records = call_logs_.records(),
                .refused = call_logs_.refused(),
                .journal = writer_,
                .sealing = secrets_.sealing(),
                .metrics = metrics_,
                .ids = ids_,
                .checks = checks(),
                .outbox_changed = [this] { dispatcher_.poke(); },
                .plain_http = delivery::plain_http_hosts(config_.delivery.egress_allow),
                .webhook_host = delivery::webhook_hosts(config_.delivery.egress_allow),
                .contact_types = delivery::contact_types(),
                .limits = config_.limits,
                .tenant_limits = config_.tenants,
                .support_address = config_.provider.support_address,
                .resolve_timeout = config_.resolve_timeout,
                .read_timeout = config_.rest.statement_timeout,
                .analysis_threads = config_.analysis.threads,
                .analyses_waiting = config_.analysis.waiting_per_tenant,
                .body_threads = body_threads(config_),
                .max_waiting_body_bytes = config_.bodies.max_waiting_bytes,
                .security = security_facts(config_),
                .sign_in = api::SignInParts{.door = callers_.sign_in_door(),
                                            .hasher = hasher_,
                                            .breached = breached_,
                                            .documents = std::make_shared<identity::ProviderDocuments>(*fetcher_),
                                            .fetcher = *fetcher_,
                                            .reaches = delivery::webhook_hosts(config_.delivery.egress_allow),
                                            .key = sign_in_key(config_),
                                            .public_url = config_.delivery.public_url},
                .denials = &call_logs_.denials()};
    }

    api::ManagementApiOptions management_options()
    {
        return {.store = *provider_.tenants,
                .announcements = *provider_.announcements,
                .inquiries = *provider_.inquiries,
                .metrics = metrics_,
                .provider_key_sha256 = config_.provider.key_sha256,
                .client_subjects = config_.provider.client_subjects,
                .checks = checks(),
                .ids = ids_,
                .sealing = &secrets_.sealing(),
                .vault = secrets_.administration(),
                .ends = {.store = provider_.ends.get(), .signs = !config_.audit.signing_key_file.empty()},
                .staff = api::StaffParts{*provider_.staff, hasher_, breached_, secrets_.one_key()},
                .support = api::SupportParts{.store = *provider_.support,
                                             .most = config_.tenants.max_support_grants,
                                             .read =
                                                 [this](auto who, auto request, auto sink) {
                                                     customer_api_.read_by_support(std::move(who), std::move(request),
                                                                                   std::move(sink));
                                                 }},
                .tenant_limits = config_.tenants,
                .data_region = config_.node.data_region};
    }

    const Config config_;
    const std::string name_;
    std::atomic<bool> ready_ = false;
    bool stopped_ = false;
    observe::Metrics metrics_;
    const domain::AlertIds ids_;
    const pg::Sessions pipeline_sessions_;  ///< What all stores of that role share.
    Secrets secrets_;
    std::unique_ptr<ports::JournalStreams> streams_;
    std::unique_ptr<pipeline::TrialBench> trials_;
    std::unique_ptr<ports::TriageStore> triage_store_;
    std::unique_ptr<ports::DueBoard> due_board_;
    std::unique_ptr<ports::Chores> chores_;
    std::unique_ptr<ports::ConfigStore> config_store_;
    std::unique_ptr<ports::Outbox> outbox_;
    std::unique_ptr<delivery::Channels> channel_;
    std::unique_ptr<ports::Fetcher> fetcher_;  ///< Asked by threads of those below.
    Bell bell_;
    dispatch::Dispatcher dispatcher_;
    std::unique_ptr<ports::ServerMailQueue> mail_queue_;
    dispatch::ServerMails server_mails_;
    CallLogs call_logs_;
    // Their threads run what the APIs below gave them, until they are gone: queued calls bring along all of the API
    // that they need, and poke the dispatcher.
    Callers callers_;
    pipeline::ConfigCache policies_;
    std::unique_ptr<ports::TenantDatabase> database_;  ///< Tells `policies_` of changes.
    const ProviderStores provider_;                    ///< So does it.
    const identity::BreachedPasswords breached_;
    identity::PasswordHasher hasher_;  ///< What it calls goes on with a transaction.
    pipeline::TriageService triage_;
    BackgroundJobs jobs_;
    journal::Writer writer_;
    pipeline::StreamKeeper stream_keeper_;
    pipeline::Upkeep upkeep_;
    DueKinds due_kinds_;
    pipeline::Timekeeper timekeeper_;
    api::CustomerApi customer_api_;
    api::ManagementApi management_api_;
    http::IoThreads threads_;
    http::IoThreads management_threads_;  ///< Whatever customers do, operators and probes are answered.
    http::Server customer_;
    http::Server management_;
};

Node::Node(const Config& config) : impl_(std::make_unique<Impl>(config))
{
    time_matches();
}
Node::~Node() = default;

std::uint16_t Node::customer_port() const
{
    return impl_->customer().port();
}

std::uint16_t Node::management_port() const
{
    return impl_->management().port();
}

Result<Done> Node::reload_certificates()
{
    return impl_->reload_certificates();
}

void Node::stop()
{
    impl_->stop();
}

}  // namespace winnow::app

#include "app/config/node_settings.hpp"

#include "app/config/key_file.hpp"
#include "winnow/api/customer_api.hpp"
#include "winnow/api/management_api.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/documents/documents.hpp"
#include "winnow/expr/pattern.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/processor_time.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace winnow::app {

namespace {

double uniform()
{
    constexpr int kMantissaBits = 53;
    constexpr int kWordBits = 64;
    return static_cast<double>(crypto::random_u64() >> (kWordBits - kMantissaBits)) /
           static_cast<double>(1ULL << kMantissaBits);
}

}  // namespace

std::string node_name(const Config& config)
{
    auto name = config.node.name;
    if (name.empty()) {
        std::array<char, 256> host{};
        // The system takes any bytes as its name.
        const bool named =
            gethostname(host.data(), host.size() - 1) == 0 && documents::problem_of_text(host.data()).empty();
        name = named ? host.data() : "winnow";
    }
    constexpr std::size_t kDice = 4;
    return name + "-" + std::to_string(getpid()) + "-" + crypto::to_hex(crypto::random_bytes(kDice));
}

std::size_t io_threads(const Config& config)
{
    if (config.node.io_threads != 0) return config.node.io_threads;
    return std::max(1U, std::thread::hardware_concurrency());
}

std::size_t body_threads(const Config& config)
{
    return config.bodies.threads != 0 ? config.bodies.threads : 2 * io_threads(config);
}

dispatch::DispatcherOptions dispatch_options(const Config& config, const std::string& node)
{
    // The clock reminds it of what is due; it looks by itself in case that cannot, and so often that readiness knows.
    return {.node = node,
            .shares = config.dispatch.shares,
            .poll = std::chrono::milliseconds{15'000},
            .settle_anyway = std::chrono::milliseconds{60'000},
            .backoff = config.dispatch.backoff,
            .jitter = uniform};
}

dispatch::ServerMailOptions server_mail_options(std::chrono::milliseconds anyway)
{
    return {.poll = anyway, .jitter = uniform};
}

std::size_t triage_workers(const Config& config)
{
    return std::max<std::size_t>(2, config.triage.workers);
}

pipeline::TriageOptions triage_options(const Config& config)
{
    auto options = config.triage;
    options.workers = triage_workers(config);
    return options;
}

std::size_t DatabaseSessions::patient() const
{
    return pipeline.of(pg::Errand::patience).own;
}

std::size_t DatabaseSessions::most() const
{
    return pipeline.most() - patient() + pipeline_own + api + provider.most();
}

// A triage worker always finds a session, and so does the dispatcher. Of the rest each kind has one that nothing else
// takes, so that what hangs for one tenant holds up its own kind at most; of the two in common chores may have one, so
// that the other is there for what is due and for what the others wait for.
DatabaseSessions database_sessions(const Config& config)
{
    using pg::Errand;
    const auto workers = triage_workers(config);
    DatabaseSessions sessions;
    sessions.pipeline.common = 2;
    sessions.pipeline.of(Errand::triage) = {.own = workers, .of_common = 0, .name = "winnow triage"};
    sessions.pipeline.of(Errand::patience) = {
        .own = pipeline::kMostFoldsAside * workers, .of_common = 0, .name = "winnow patience"};
    sessions.pipeline.of(Errand::delivery) = {.own = 1, .of_common = 0, .name = "winnow delivery"};
    sessions.pipeline.of(Errand::takeover) = {.own = 1, .of_common = 0, .name = "winnow takeover"};
    sessions.pipeline.of(Errand::control) = {.own = 2, .of_common = 2, .name = "winnow control"};
    sessions.pipeline.of(Errand::timers) = {.own = 3, .of_common = 0, .name = "winnow timers"};
    sessions.pipeline.of(Errand::chores) = {.own = 1, .of_common = 1, .name = "winnow chores"};
    sessions.pipeline_own = config.journal.transactions_in_flight + 6;
    sessions.api = config.database.api_connections + 3;
    sessions.provider.of(Errand::control).own = api::kManagementThreads;
    return sessions;
}

pg::PgOptions session(const std::string& url, const char* name, std::size_t connections, std::size_t max_days)
{
    pg::PgOptions options;
    options.conninfo = url;
    options.application_name = name;
    options.connections = connections;
    options.max_retention = std::chrono::days(max_days);
    return options;
}

pg::Sessions pooled(pg::PgOptions options, const pg::SessionPlaces& places)
{
    options.connections = places.most();
    return {options, places};
}

pg::AccessRecordLimits access_record_limits(const Config& config, observe::Metrics& metrics)
{
    return {.waiting = config.access_log.max_waiting,
            .waiting_bytes = config.access_log.max_waiting_bytes,
            .metrics = observe::QueueMetrics(metrics, "access")};
}

pg::PgOptions api_session(const Config& config)
{
    auto options = session(config.database.api_url, "winnow api", config.database.api_connections,
                           config.tenants.max_retention_days);
    options.max_history_bytes = config.history.max_bytes;
    return options;
}

pg::PgOptions caller_session(const Config& config, const char* name)
{
    constexpr std::chrono::seconds kPatience{2};
    auto options = session(config.database.api_url, name, 1);
    options.connect_timeout = kPatience;
    options.deadline = kPatience;
    return options;
}

pg::PgOptions pipeline_session(const Config& config)
{
    auto options = session(config.database.pipeline_url, "winnow", 0, config.tenants.max_retention_days);
    options.max_contacts_told = static_cast<std::int64_t>(config.tenants.max_contacts_told);
    options.max_owed_deliveries = static_cast<std::int64_t>(config.tenants.max_owed_deliveries);
    options.max_mails_a_day = static_cast<std::int64_t>(config.tenants.max_mails_a_day);
    return options;
}

api::SecurityFacts security_facts(const Config& config)
{
    const auto& database = config.database;
    const auto& vault = config.vault.url;
    const auto& smtp = config.delivery.smtp;
    return {.client_certificates = !config.customer.tls.client_authorities.empty(),
            .provider_by_certificate = config.provider.key_sha256.empty() && !config.provider.client_subjects.empty(),
            .public_receivers_only = config.delivery.egress_allow.empty(),
            .sends_mail = !smtp.host.empty(),
            .mail_by_tls = smtp.security != delivery::SmtpOptions::Security::none,
            .database_verified = pg::is_verified(database.api_url) && pg::is_verified(database.pipeline_url) &&
                                 pg::is_verified(database.provider_url) && (vault.empty() || pg::is_verified(vault)),
            .durable_commits = !database.allow_unsafe_durability,
            .tenant_keys = !vault.empty(),
            .data_region = !config.node.data_region.empty()};
}

pg::HeadSigner head_signer(const Config& config)
{
    const auto& file = config.audit.signing_key_file;
    if (file.empty()) {
        observe::warn(
            "heads of audit logs are not signed, and nothing of them is forgotten: no audit.signing_key_file");
        return {};
    }
    const auto key = std::make_shared<const crypto::SigningKey>(read_signing_key(file));
    return {.key_id = key->id(), .sign = [key](std::string_view text) {
                return key->sign(text);
            }};
}

void time_matches()
{
    expr::time_matches_with(
        []() noexcept -> std::uint64_t { return static_cast<std::uint64_t>(observe::processor_time().count()); });
}

}  // namespace winnow::app

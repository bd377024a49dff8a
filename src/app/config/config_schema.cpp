#include "app/config/config_schema.hpp"

#include "app/config/config_key.hpp"
#include "app/config/erasure_keys.hpp"
#include "app/config/node_keys.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/position.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::app {

namespace {

using std::chrono::milliseconds;

void add_listener(std::vector<Key>& keys, const std::string& name, Member<http::ListenOptions> listener)
{
    const auto path = [&](const char* key) {
        return "listen." + name + "." + key;
    };
    keys.push_back(text(path("address"), [=](Config& c) -> auto& { return listener(c).address; }));
    keys.push_back(
        number<std::uint16_t>(path("port"), [=](Config& c) -> auto& { return listener(c).port; }, 0, 65'535));
    keys.push_back(
        text(path("certificate_file"), [=](Config& c) -> auto& { return listener(c).tls.certificate_chain; }));
    keys.push_back(text(path("key_file"), [=](Config& c) -> auto& { return listener(c).tls.private_key; }));
    keys.push_back(
        text(path("client_ca_file"), [=](Config& c) -> auto& { return listener(c).tls.client_authorities; }));
    keys.push_back(texts(path("trusted_proxies"), [=](Config& c) -> auto& { return listener(c).trusted_proxies; }));
}

void add_http_limits(std::vector<Key>& keys)
{
    using Limits = http::Limits;
    const auto limit = [&](const char* name, milliseconds Limits::* field) {
        // Both listeners share them: there is one kind of client that is too slow.
        keys.push_back({std::string("http.") + name, [=](Config& config, const std::vector<std::string>& values) {
                            auto one = duration(
                                "", [=](Config& c) -> auto& { return c.customer.limits.*field; }, milliseconds{100},
                                std::chrono::hours{1});
                            const auto wrong = one.set(config, values);
                            config.management.limits.*field = config.customer.limits.*field;
                            return wrong;
                        }});
    };
    limit("handshake_timeout", &Limits::handshake);
    limit("idle_timeout", &Limits::idle);
    limit("header_timeout", &Limits::header);
    limit("body_timeout", &Limits::body);
    limit("handler_timeout", &Limits::handler);
    limit("write_timeout", &Limits::write);
    limit("stream_timeout", &Limits::stream);
    const auto count = [&](const char* name, std::size_t Limits::* field, std::uint64_t min, std::uint64_t max) {
        keys.push_back({std::string("http.") + name, [=](Config& config, const std::vector<std::string>& values) {
                            auto one = number<std::size_t>(
                                "", [=](Config& c) -> auto& { return c.customer.limits.*field; }, min, max);
                            const auto wrong = one.set(config, values);
                            config.management.limits.*field = config.customer.limits.*field;
                            return wrong;
                        }});
    };
    count("max_header_bytes", &Limits::max_header_bytes, 1'024, 1'048'576);
    count("max_header_count", &Limits::max_header_count, 10, 1'000);
    count("max_url_bytes", &Limits::max_url_bytes, 256, 65'536);
    count("max_requests_per_connection", &Limits::max_requests_per_connection, 1, 1'000'000'000);
    count("max_connections", &Limits::max_connections, 1, 1'000'000);
    count("max_connections_per_address", &Limits::max_connections_per_address, 1, 1'000'000);
    count("max_new_connections_per_address", &Limits::max_new_connections_per_address, 1, 1'000'000);
    count("max_unsent_bytes_per_tenant", &Limits::max_unsent_bytes_per_tenant, 65'536, std::uint64_t{1} << 36U);
    count("max_streams_per_tenant", &Limits::max_streams_per_tenant, 1, 1'000'000);
    count("max_body_memory", &Limits::max_body_memory, 1U << 20U, std::uint64_t{1} << 36U);
    count("min_body_rate", &Limits::min_body_rate, 0, 1U << 20U);
}

void add_alert_limits(std::vector<Key>& keys)
{
    using Limits = domain::AlertLimits;
    const auto limit = [&](const char* name, std::size_t Limits::* field, std::uint64_t min, std::uint64_t max) {
        keys.push_back(number<std::size_t>(
            std::string("limits.") + name, [=](Config& c) -> auto& { return c.limits.*field; }, min, max));
    };
    limit("max_body_bytes", &Limits::max_body_bytes, 1'024, 64U << 20U);
    limit("max_alerts_per_body", &Limits::max_alerts_per_body, 1, 8'000);
    limit("max_push_bytes", &Limits::max_push_bytes, 1'024, 64U << 20U);
    limit("max_alerts_per_push", &Limits::max_alerts_per_push, 1, domain::ReceiptId::kMaxCount);
    limit("max_alert_bytes", &Limits::max_alert_bytes, 1'024, 1'048'576);
    limit("max_json_depth", &Limits::max_json_depth, 2, 64);
    limit("max_title_chars", &Limits::max_title_chars, 1, 1'024);
    limit("max_dedup_key_chars", &Limits::max_dedup_key_chars, 32, 512);
    limit("max_field_chars", &Limits::max_field_chars, 1, 4'096);
    limit("max_description_chars", &Limits::max_description_chars, 1, 65'536);
    limit("max_labels", &Limits::max_labels, 1, 512);
    limit("max_label_name_chars", &Limits::max_label_name_chars, 1, 1'024);
    limit("max_label_value_chars", &Limits::max_label_value_chars, 1, 16'384);
    limit("max_links", &Limits::max_links, 0, 64);
    limit("max_link_chars", &Limits::max_link_chars, 16, 8'192);
    keys.push_back(duration(
        "limits.alertmanager_resolve_timeout", [](Config& c) -> auto& { return c.resolve_timeout; },
        std::chrono::seconds{1}, std::chrono::hours{24}));
}

void add_passwords(std::vector<Key>& keys)
{
    using crypto::kLargestCost;
    using crypto::kSmallestCost;
    keys.push_back(number<std::uint32_t>(
        "passwords.hash_memory_kib", [](Config& c) -> auto& { return c.passwords.hash.memory_kib; },
        kSmallestCost.memory_kib, kLargestCost.memory_kib));
    keys.push_back(number<std::uint32_t>(
        "passwords.hash_passes", [](Config& c) -> auto& { return c.passwords.hash.passes; }, 1, kLargestCost.passes));
    keys.push_back(text("passwords.pepper_file", [](Config& c) -> auto& { return c.passwords.pepper_file; }));
    keys.push_back(
        texts("passwords.old_pepper_files", [](Config& c) -> auto& { return c.passwords.old_pepper_files; }));
    keys.push_back(text("passwords.breached_file", [](Config& c) -> auto& { return c.passwords.breached_file; }));
}

void add_tenant_limits(std::vector<Key>& keys)
{
    using Limits = domain::TenantLimits;
    const auto limit = [&](const char* name, std::size_t Limits::* field, std::uint64_t max) {
        keys.push_back(number<std::size_t>(
            std::string("tenants.") + name, [=](Config& c) -> auto& { return c.tenants.*field; }, 1, max));
    };
    limit("max_rules", &Limits::max_rules, 100'000);
    limit("max_rule_patterns", &Limits::max_rule_patterns, 100'000);
    limit("max_pattern_instructions", &Limits::max_pattern_instructions, 10'000'000);
    limit("max_open_patterns", &Limits::max_open_patterns, 100'000);
    limit("max_rule_memory", &Limits::max_rule_memory, std::uint64_t{1} << 34U);
    limit("max_ruleset_bytes", &Limits::max_ruleset_bytes, std::uint64_t{1} << 30U);
    limit("max_unfinished_backtests", &Limits::max_unfinished_backtests, 100);
    limit("max_silences", &Limits::max_silences, 10'000);
    limit("max_maintenance_windows", &Limits::max_maintenance_windows, 10'000);
    limit("max_inhibitions", &Limits::max_inhibitions, 10'000);
    limit("max_management_groups", &Limits::max_management_groups, 10'000);
    limit("max_integrations", &Limits::max_integrations, 100'000);
    limit("max_contacts", &Limits::max_contacts, 1'000'000);
    limit("max_contact_groups", &Limits::max_contact_groups, 100'000);
    limit("max_users", &Limits::max_users, 1'000'000);
    limit("max_keys", &Limits::max_keys, 10'000'000);
    limit("max_owed_deliveries", &Limits::max_owed_deliveries, 1'000'000'000);
    limit("max_mails_a_day", &Limits::max_mails_a_day, 1'000'000'000);
    limit("max_contacts_told", &Limits::max_contacts_told, 1'000'000);
    limit("max_exports_a_day", &Limits::max_exports_a_day, 1'000);
    limit("max_export_bytes", &Limits::max_export_bytes, std::uint64_t{1} << 40U);
    limit("max_support_grants", &Limits::max_support_grants, 100);
    limit("max_inquiries", &Limits::max_inquiries, 100'000);
    limit("max_import_bytes", &Limits::max_import_bytes, std::uint64_t{1} << 40U);
    limit("max_retention_days", &Limits::max_retention_days, 3'650);
    keys.push_back(number<std::int64_t>(
        std::string(domain::kHistoryLimit), [](Config& c) -> auto& { return c.history.max_bytes; },
        domain::kLeastHistoryBytes, domain::kMostHistoryBytes));
    keys.push_back(number<std::size_t>(
        "tenants.newest_ruleset_versions", [](Config& c) -> auto& { return c.history.newest_rulesets; }, 1, 10'000));
}

void add_rates(std::vector<Key>& keys)
{
    using Limit = domain::RateLimit;
    const auto numbers = [&](std::string_view word, const Member<Limit>& limit, std::uint64_t least) {
        const auto path = "tenants.rates." + std::string(word);
        keys.push_back(number<std::int64_t>(
            path + ".rate", [=](Config& c) -> auto& { return limit(c).rate; }, least, domain::kMostRate));
        keys.push_back(number<std::int64_t>(
            path + ".burst", [=](Config& c) -> auto& { return limit(c).burst; }, least, domain::kMostRate));
    };
    for (const auto& each : domain::kRateTable) {
        numbers(each.word, [kind = each.kind](Config& c) -> auto& { return c.tenants.rates.of(kind); }, 0);
    }
    numbers("failed_logins", [](Config& c) -> auto& { return c.tenants.rates.failed_logins; }, 1);
    numbers("sign_ins", [](Config& c) -> auto& { return c.tenants.rates.sign_ins; }, 1);
}

void add_sharing(std::vector<Key>& keys)
{
    keys.push_back(number<std::size_t>(
        "rest.waiting_per_tenant", [](Config& c) -> auto& { return c.rest.waiting_per_tenant; }, 1, 256));
    keys.push_back(duration(
        "rest.statement_timeout", [](Config& c) -> auto& { return c.rest.statement_timeout; }, milliseconds{100},
        std::chrono::seconds{10}));
    keys.push_back(
        number<std::size_t>("analysis.threads", [](Config& c) -> auto& { return c.analysis.threads; }, 1, 64));
    keys.push_back(number<std::size_t>(
        "analysis.waiting_per_tenant", [](Config& c) -> auto& { return c.analysis.waiting_per_tenant; }, 1, 64));
    keys.push_back(number<std::size_t>("bodies.threads", [](Config& c) -> auto& { return c.bodies.threads; }, 0, 128));
    keys.push_back(number<std::size_t>(
        "bodies.max_waiting_bytes", [](Config& c) -> auto& { return c.bodies.max_waiting_bytes; }, 1U << 20U,
        std::uint64_t{1} << 36U));
}

void add_work(std::vector<Key>& keys)
{
    keys.push_back(number<std::size_t>(
        "journal.transactions_in_flight", [](Config& c) -> auto& { return c.journal.transactions_in_flight; }, 1, 16));
    keys.push_back(number<std::size_t>(
        "journal.max_queued_alerts", [](Config& c) -> auto& { return c.journal.max_queued_alerts; }, 1'000,
        10'000'000));
    keys.push_back(number<std::size_t>(
        "journal.max_queued_bytes", [](Config& c) -> auto& { return c.journal.max_queued_bytes; }, 1U << 20U,
        1U << 30U));
    keys.push_back(number<std::size_t>("triage.workers", [](Config& c) -> auto& { return c.triage.workers; }, 1, 64));
    keys.push_back(number<std::size_t>(
        "triage.max_fold_alerts", [](Config& c) -> auto& { return c.triage.max_fold_alerts; }, 100, 1'000'000));
    keys.push_back(number<std::size_t>(
        "triage.max_backlog_bytes", [](Config& c) -> auto& { return c.triage.max_backlog_bytes; }, 1U << 20U,
        std::uint64_t{1} << 36U));
    keys.push_back(duration(
        "triage.coalesce", [](Config& c) -> auto& { return c.triage.coalesce; }, milliseconds{0},
        std::chrono::seconds{10}));
    const auto share = [&](const char* name, std::size_t dispatch::ShareOptions::* field, std::size_t most) {
        keys.push_back(number<std::size_t>(
            std::string("dispatch.") + name, [=](Config& c) -> auto& { return c.dispatch.shares.*field; }, 1, most));
    };
    share("max_in_flight", &dispatch::ShareOptions::max_in_flight, 1'000);
    share("max_retries", &dispatch::ShareOptions::max_retries, 1'000);
    share("per_tenant", &dispatch::ShareOptions::per_tenant, 1'000);
    share("retries_per_tenant", &dispatch::ShareOptions::retries_per_tenant, 1'000);
    share("per_receiver", &dispatch::ShareOptions::per_receiver, 64);
    share("per_contact", &dispatch::ShareOptions::per_contact, 64);
    keys.push_back(duration(
        "dispatch.first_retry", [](Config& c) -> auto& { return c.dispatch.backoff.initial; }, milliseconds{100},
        std::chrono::hours{1}));
    keys.push_back(duration(
        "dispatch.longest_retry", [](Config& c) -> auto& { return c.dispatch.backoff.maximum; },
        std::chrono::seconds{1}, std::chrono::hours{24}));
    keys.push_back(duration(
        "dispatch.give_up_after", [](Config& c) -> auto& { return c.dispatch.backoff.give_up_after; },
        std::chrono::seconds{1}, std::chrono::days{30}));
}

void add_delivery(std::vector<Key>& keys)
{
    using Security = delivery::SmtpOptions::Security;
    const auto smtp = [&](const char* name, std::string delivery::SmtpOptions::* field) {
        keys.push_back(
            text(std::string("delivery.smtp.") + name, [=](Config& c) -> auto& { return c.delivery.smtp.*field; }));
    };
    smtp("host", &delivery::SmtpOptions::host);
    keys.push_back(number<std::uint16_t>(
        "delivery.smtp.port", [](Config& c) -> auto& { return c.delivery.smtp.port; }, 1, 65'535));
    keys.push_back(
        word<Security>("delivery.smtp.security", [](Config& c) -> auto& { return c.delivery.smtp.security; },
                       {{"none", Security::none}, {"starttls", Security::starttls}, {"tls", Security::tls}}));
    smtp("username", &delivery::SmtpOptions::username);
    keys.push_back(
        secret_file("delivery.smtp.password_file", [](Config& c) -> auto& { return c.delivery.smtp.password; }));
    smtp("from", &delivery::SmtpOptions::from);
    smtp("ca_file", &delivery::SmtpOptions::ca_file);
    keys.push_back(text("delivery.webhook_ca_file", [](Config& c) -> auto& { return c.delivery.webhook_ca_file; }));
    keys.push_back(texts("delivery.egress_allow", [](Config& c) -> auto& { return c.delivery.egress_allow; }));
    keys.push_back(duration(
        "delivery.connect_timeout", [](Config& c) -> auto& { return c.delivery.connect_timeout; }, milliseconds{100},
        std::chrono::seconds{30}));
    keys.push_back(duration(
        "delivery.total_timeout", [](Config& c) -> auto& { return c.delivery.total_timeout; }, std::chrono::seconds{1},
        std::chrono::seconds{30}));
    keys.push_back(text("delivery.public_url", [](Config& c) -> auto& { return c.delivery.public_url; }));
}

void add_rest(std::vector<Key>& keys)
{
    keys.push_back({"provider.key_sha256", [](Config& config, const std::vector<std::string>& values) {
                        constexpr std::size_t kDigits = 64;
                        const auto& hex = values.front();
                        const bool read = crypto::from_hex(hex, config.provider.key_sha256);
                        return read && (hex.empty() || hex.size() == kDigits)
                                   ? std::string()
                                   : std::string("must be 64 hexadecimal digits: the SHA-256 of the key");
                    }});
    keys.push_back(text("provider.support_address", [](Config& c) -> auto& { return c.provider.support_address; }));
    keys.push_back(texts("provider.client_subjects", [](Config& c) -> auto& { return c.provider.client_subjects; }));
    keys.push_back(text("database.owner_url", [](Config& c) -> auto& { return c.database.owner_url; }));
    keys.push_back(text("database.api_url", [](Config& c) -> auto& { return c.database.api_url; }));
    keys.push_back(text("database.pipeline_url", [](Config& c) -> auto& { return c.database.pipeline_url; }));
    keys.push_back(text("database.provider_url", [](Config& c) -> auto& { return c.database.provider_url; }));
    keys.push_back(secret_file("database.owner_url_file", [](Config& c) -> auto& { return c.database.owner_url; }));
    keys.push_back(secret_file("database.api_url_file", [](Config& c) -> auto& { return c.database.api_url; }));
    keys.push_back(
        secret_file("database.pipeline_url_file", [](Config& c) -> auto& { return c.database.pipeline_url; }));
    keys.push_back(
        secret_file("database.provider_url_file", [](Config& c) -> auto& { return c.database.provider_url; }));
    keys.push_back(word<std::string>("database.sslmode", [](Config& c) -> auto& { return c.database.sslmode; },
                                     {{"disable", "disable"},
                                      {"allow", "allow"},
                                      {"prefer", "prefer"},
                                      {"require", "require"},
                                      {"verify-ca", "verify-ca"},
                                      {"verify-full", "verify-full"}}));
    keys.push_back(text("database.ca_file", [](Config& c) -> auto& { return c.database.ca_file; }));
    keys.push_back(number<std::size_t>(
        "database.api_connections", [](Config& c) -> auto& { return c.database.api_connections; }, 1, 200));
    keys.push_back(flag("database.allow_unsafe_durability",
                        [](Config& c) -> auto& { return c.database.allow_unsafe_durability; }));
    keys.push_back(text("encryption_key_file", [](Config& c) -> auto& { return c.encryption_key_file; }));
    keys.push_back(text("audit.signing_key_file", [](Config& c) -> auto& { return c.audit.signing_key_file; }));
    keys.push_back(
        number<std::size_t>("audit.keep_days", [](Config& c) -> auto& { return c.audit.keep_days; }, 30, 3'650));
    add_erasure(keys);
    add_passwords(keys);
    keys.push_back(number<std::size_t>(
        "access_log.max_waiting", [](Config& c) -> auto& { return c.access_log.max_waiting; }, 100, 100'000));
    keys.push_back(number<std::size_t>(
        "access_log.max_waiting_bytes", [](Config& c) -> auto& { return c.access_log.max_waiting_bytes; }, 1'048'576,
        1'073'741'824));
    add_node(keys);
    using observe::Level;
    using observe::LogFormat;
    keys.push_back(
        word<LogFormat>("log.format", [](Config& c) -> auto& { return c.log.format; },
                        {{"automatic", LogFormat::automatic}, {"json", LogFormat::json}, {"text", LogFormat::text}}));
    keys.push_back(word<Level>(
        "log.level", [](Config& c) -> auto& { return c.log.level; },
        {{"debug", Level::debug}, {"info", Level::info}, {"warning", Level::warning}, {"error", Level::error}}));
}

/// A variable of the environment is one text: there commas part them.
Key root_key_files()
{
    return {"vault.root_key_files",
            [](Config& config, const std::vector<std::string>& values) {
                auto& files = config.vault.root_key_files;
                files.clear();
                for (std::string_view rest : values) {
                    while (!rest.empty()) {
                        const auto end = std::min(rest.find(','), rest.size());
                        if (end > 0) files.emplace_back(rest.substr(0, end));
                        rest.remove_prefix(std::min(end + 1, rest.size()));
                    }
                }
                return std::string();
            },
            true};
}

void add_vault(std::vector<Key>& keys)
{
    keys.push_back(text("vault.owner_url", [](Config& c) -> auto& { return c.vault.owner_url; }));
    keys.push_back(text("vault.url", [](Config& c) -> auto& { return c.vault.url; }));
    keys.push_back(secret_file("vault.owner_url_file", [](Config& c) -> auto& { return c.vault.owner_url; }));
    keys.push_back(secret_file("vault.url_file", [](Config& c) -> auto& { return c.vault.url; }));
    keys.push_back(root_key_files());
    const auto count = [&](const char* path, std::size_t VaultConfig::* field, std::uint64_t min, std::uint64_t max) {
        keys.push_back(number<std::size_t>(path, [=](Config& c) -> auto& { return c.vault.*field; }, min, max));
    };
    count("vault.renew_days", &VaultConfig::renew_days, 1, 365);
    count("vault.keep_retired_days", &VaultConfig::keep_retired_days, 1, 3'650);
    count("vault.open_keys", &VaultConfig::open_keys, 100, 1'000'000);
}

std::vector<Key> all_keys()
{
    std::vector<Key> keys;
    add_listener(keys, "customer", [](Config& c) -> auto& { return c.customer; });
    add_listener(keys, "management", [](Config& c) -> auto& { return c.management; });
    add_rest(keys);
    add_vault(keys);
    add_http_limits(keys);
    add_alert_limits(keys);
    add_tenant_limits(keys);
    add_rates(keys);
    add_sharing(keys);
    add_work(keys);
    add_delivery(keys);
    return keys;
}

}  // namespace

const std::vector<Key>& config_schema()
{
    static const auto keys = all_keys();
    return keys;
}

}  // namespace winnow::app

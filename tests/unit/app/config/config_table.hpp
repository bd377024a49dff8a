#pragma once

/// @file
/// What each configuration key is expected to hold, said a second time and independently of
/// src/app/config/config_schema.cpp.

#include "app/config/config.hpp"
#include "winnow/base/time.hpp"
#include "winnow/crypto/digest.hpp"

#include <concepts>
#include <functional>
#include <string>
#include <vector>

namespace winnow::app {

struct ExpectedKey {
    std::string path;
    std::function<std::string(const Config&)> show;  ///< As config/winnow.yaml writes it; "" where it is not set.
    std::string other;  ///< A value that is not the default; "" for a key that names a file with the value.
};

inline std::string text_of(const std::string& value)
{
    return value;
}
inline std::string text_of(bool value)
{
    return value ? "true" : "false";
}
inline std::string text_of(std::chrono::milliseconds value)
{
    return format_iso8601_duration(value);
}
inline std::string text_of(std::integral auto value)
{
    return std::to_string(value);
}
inline std::string text_of(const std::vector<std::string>& values)
{
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : ",") + value;
    return text;
}

/// A limit that both listeners share.
inline std::string limit_of(const Config& config, auto http::Limits::* field)
{
    const auto customer = text_of(config.customer.limits.*field);
    const auto management = text_of(config.management.limits.*field);
    return customer == management ? customer : customer + " and " + management;
}

inline std::vector<ExpectedKey> expected_listener(const std::string& name, http::ListenOptions Config::* listener,
                                                  const std::string& port)
{
    const auto path = "listen." + name + ".";
    return {
        {path + "address", [=](const Config& c) { return (c.*listener).address; }, "0.0.0.0"},
        {path + "port", [=](const Config& c) { return text_of((c.*listener).port); }, port},
        {path + "certificate_file", [=](const Config& c) { return (c.*listener).tls.certificate_chain; }, "/a.pem"},
        {path + "key_file", [=](const Config& c) { return (c.*listener).tls.private_key; }, "/b.pem"},
        {path + "client_ca_file", [=](const Config& c) { return (c.*listener).tls.client_authorities; }, "/c.pem"},
        {path + "trusted_proxies", [=](const Config& c) { return text_of((c.*listener).trusted_proxies); }, "10.0.0.1"},
    };
}

inline std::string security_of(const Config& config)
{
    using Security = delivery::SmtpOptions::Security;
    const auto security = config.delivery.smtp.security;
    return security == Security::none ? "none" : security == Security::tls ? "tls" : "starttls";
}

inline std::string format_of(const Config& config)
{
    using observe::LogFormat;
    return config.log.format == LogFormat::json ? "json" : config.log.format == LogFormat::text ? "text" : "automatic";
}

inline std::string level_of(const Config& config)
{
    using observe::Level;
    const auto level = config.log.level;
    return level == Level::debug     ? "debug"
           : level == Level::info    ? "info"
           : level == Level::warning ? "warning"
                                     : "error";
}

inline std::vector<ExpectedKey> expected_keys()
{
    using C = const Config&;
    using L = http::Limits;
    auto keys = expected_listener("customer", &Config::customer, "9000");
    for (auto& key : expected_listener("management", &Config::management, "9001")) keys.push_back(std::move(key));
    const std::vector<ExpectedKey> rest = {
        {"provider.key_sha256", [](C c) { return crypto::to_hex(c.provider.key_sha256); }, std::string(64, 'a')},
        {"provider.support_address", [](C c) { return c.provider.support_address; }, "help@example.org"},
        {"provider.client_subjects", [](C c) { return text_of(c.provider.client_subjects); }, "CN=ops"},
        {"database.owner_url", [](C c) { return c.database.owner_url; }, "postgresql://owner"},
        {"database.api_url", [](C c) { return c.database.api_url; }, "postgresql://api"},
        {"database.pipeline_url", [](C c) { return c.database.pipeline_url; }, "postgresql://pipeline"},
        {"database.provider_url", [](C c) { return c.database.provider_url; }, "postgresql://provider"},
        {"database.owner_url_file", [](C c) { return c.database.owner_url; }, ""},
        {"database.api_url_file", [](C c) { return c.database.api_url; }, ""},
        {"database.pipeline_url_file", [](C c) { return c.database.pipeline_url; }, ""},
        {"database.provider_url_file", [](C c) { return c.database.provider_url; }, ""},
        {"database.sslmode", [](C c) { return c.database.sslmode; }, "require"},
        {"database.ca_file", [](C c) { return c.database.ca_file; }, "/d.pem"},
        {"database.api_connections", [](C c) { return text_of(c.database.api_connections); }, "5"},
        {"database.allow_unsafe_durability", [](C c) { return text_of(c.database.allow_unsafe_durability); }, "true"},
        {"encryption_key_file", [](C c) { return c.encryption_key_file; }, "/k"},
        {"vault.owner_url", [](C c) { return c.vault.owner_url; }, "postgresql://owner/vault"},
        {"vault.url", [](C c) { return c.vault.url; }, "postgresql://vault"},
        {"vault.owner_url_file", [](C c) { return c.vault.owner_url; }, ""},
        {"vault.url_file", [](C c) { return c.vault.url; }, ""},
        {"vault.root_key_files", [](C c) { return text_of(c.vault.root_key_files); }, "/root.key"},
        {"vault.renew_days", [](C c) { return text_of(c.vault.renew_days); }, "91"},
        {"vault.keep_retired_days", [](C c) { return text_of(c.vault.keep_retired_days); }, "36"},
        {"vault.open_keys", [](C c) { return text_of(c.vault.open_keys); }, "101"},
        {"audit.signing_key_file", [](C c) { return c.audit.signing_key_file; }, "/s.pem"},
        {"audit.keep_days", [](C c) { return text_of(c.audit.keep_days); }, "30"},
        {"erasure.begins_after", [](C c) { return text_of(c.erasure.begins_after); }, "PT6M"},
        {"erasure.rewrite_bytes", [](C c) { return text_of(c.erasure.rewrite_bytes); }, "67108865"},
        {"erasure.backup_days", [](C c) { return text_of(c.erasure.backup_days); }, "34"},
        {"passwords.hash_memory_kib", [](C c) { return text_of(c.passwords.hash.memory_kib); }, "65536"},
        {"passwords.hash_passes", [](C c) { return text_of(c.passwords.hash.passes); }, "2"},
        {"passwords.pepper_file", [](C c) { return c.passwords.pepper_file; }, "/p"},
        {"passwords.old_pepper_files", [](C c) { return text_of(c.passwords.old_pepper_files); }, "/o"},
        {"passwords.breached_file", [](C c) { return c.passwords.breached_file; }, "/h"},
        {"access_log.max_waiting", [](C c) { return text_of(c.access_log.max_waiting); }, "100"},
        {"access_log.max_waiting_bytes", [](C c) { return text_of(c.access_log.max_waiting_bytes); }, "1048577"},
        {"node.name", [](C c) { return c.node.name; }, "one"},
        {"node.data_region", [](C c) { return c.node.data_region; }, "jp-east"},
        {"node.io_threads", [](C c) { return text_of(c.node.io_threads); }, "3"},
        {"node.grace", [](C c) { return text_of(c.node.grace); }, "PT3S"},
        {"log.format", format_of, "json"},
        {"log.level", level_of, "warning"},
        {"http.handshake_timeout", [](C c) { return limit_of(c, &L::handshake); }, "PT1.500S"},
        {"http.idle_timeout", [](C c) { return limit_of(c, &L::idle); }, "PT2S"},
        {"http.header_timeout", [](C c) { return limit_of(c, &L::header); }, "PT3S"},
        {"http.body_timeout", [](C c) { return limit_of(c, &L::body); }, "PT4S"},
        {"http.handler_timeout", [](C c) { return limit_of(c, &L::handler); }, "PT5S"},
        {"http.write_timeout", [](C c) { return limit_of(c, &L::write); }, "PT6S"},
        {"http.stream_timeout", [](C c) { return limit_of(c, &L::stream); }, "PT7S"},
        {"http.max_header_bytes", [](C c) { return limit_of(c, &L::max_header_bytes); }, "2000"},
        {"http.max_header_count", [](C c) { return limit_of(c, &L::max_header_count); }, "20"},
        {"http.max_url_bytes", [](C c) { return limit_of(c, &L::max_url_bytes); }, "300"},
        {"http.max_requests_per_connection", [](C c) { return limit_of(c, &L::max_requests_per_connection); }, "7"},
        {"http.max_connections", [](C c) { return limit_of(c, &L::max_connections); }, "8"},
        {"http.max_connections_per_address", [](C c) { return limit_of(c, &L::max_connections_per_address); }, "9"},
        {"http.max_new_connections_per_address", [](C c) { return limit_of(c, &L::max_new_connections_per_address); },
         "7"},
        {"http.max_unsent_bytes_per_tenant", [](C c) { return limit_of(c, &L::max_unsent_bytes_per_tenant); }, "65537"},
        {"http.max_streams_per_tenant", [](C c) { return limit_of(c, &L::max_streams_per_tenant); }, "11"},
        {"http.max_body_memory", [](C c) { return limit_of(c, &L::max_body_memory); }, "1048577"},
        {"http.min_body_rate", [](C c) { return limit_of(c, &L::min_body_rate); }, "4097"},
        {"limits.max_body_bytes", [](C c) { return text_of(c.limits.max_body_bytes); }, "2000"},
        {"limits.max_alerts_per_body", [](C c) { return text_of(c.limits.max_alerts_per_body); }, "2"},
        {"limits.max_push_bytes", [](C c) { return text_of(c.limits.max_push_bytes); }, "2002"},
        {"limits.max_alerts_per_push", [](C c) { return text_of(c.limits.max_alerts_per_push); }, "3"},
        {"limits.max_alert_bytes", [](C c) { return text_of(c.limits.max_alert_bytes); }, "2001"},
        {"limits.max_json_depth", [](C c) { return text_of(c.limits.max_json_depth); }, "3"},
        {"limits.max_title_chars", [](C c) { return text_of(c.limits.max_title_chars); }, "4"},
        {"limits.max_dedup_key_chars", [](C c) { return text_of(c.limits.max_dedup_key_chars); }, "33"},
        {"limits.max_field_chars", [](C c) { return text_of(c.limits.max_field_chars); }, "5"},
        {"limits.max_description_chars", [](C c) { return text_of(c.limits.max_description_chars); }, "6"},
        {"limits.max_labels", [](C c) { return text_of(c.limits.max_labels); }, "7"},
        {"limits.max_label_name_chars", [](C c) { return text_of(c.limits.max_label_name_chars); }, "8"},
        {"limits.max_label_value_chars", [](C c) { return text_of(c.limits.max_label_value_chars); }, "9"},
        {"limits.max_links", [](C c) { return text_of(c.limits.max_links); }, "0"},
        {"limits.max_link_chars", [](C c) { return text_of(c.limits.max_link_chars); }, "17"},
        {"limits.alertmanager_resolve_timeout", [](C c) { return text_of(c.resolve_timeout); }, "PT1S"},
        {"tenants.max_rules", [](C c) { return text_of(c.tenants.max_rules); }, "20"},
        {"tenants.max_rule_patterns", [](C c) { return text_of(c.tenants.max_rule_patterns); }, "21"},
        {"tenants.max_pattern_instructions", [](C c) { return text_of(c.tenants.max_pattern_instructions); }, "211"},
        {"tenants.max_open_patterns", [](C c) { return text_of(c.tenants.max_open_patterns); }, "212"},
        {"tenants.max_rule_memory", [](C c) { return text_of(c.tenants.max_rule_memory); }, "22"},
        {"tenants.max_ruleset_bytes", [](C c) { return text_of(c.tenants.max_ruleset_bytes); }, "23"},
        {"tenants.max_unfinished_backtests", [](C c) { return text_of(c.tenants.max_unfinished_backtests); }, "24"},
        {"tenants.max_silences", [](C c) { return text_of(c.tenants.max_silences); }, "25"},
        {"tenants.max_maintenance_windows", [](C c) { return text_of(c.tenants.max_maintenance_windows); }, "26"},
        {"tenants.max_inhibitions", [](C c) { return text_of(c.tenants.max_inhibitions); }, "27"},
        {"tenants.max_management_groups", [](C c) { return text_of(c.tenants.max_management_groups); }, "281"},
        {"tenants.max_integrations", [](C c) { return text_of(c.tenants.max_integrations); }, "28"},
        {"tenants.max_contacts", [](C c) { return text_of(c.tenants.max_contacts); }, "29"},
        {"tenants.max_contact_groups", [](C c) { return text_of(c.tenants.max_contact_groups); }, "30"},
        {"tenants.max_users", [](C c) { return text_of(c.tenants.max_users); }, "31"},
        {"tenants.max_keys", [](C c) { return text_of(c.tenants.max_keys); }, "312"},
        {"tenants.max_owed_deliveries", [](C c) { return text_of(c.tenants.max_owed_deliveries); }, "313"},
        {"tenants.max_mails_a_day", [](C c) { return text_of(c.tenants.max_mails_a_day); }, "314"},
        {"tenants.max_contacts_told", [](C c) { return text_of(c.tenants.max_contacts_told); }, "311"},
        {"tenants.max_exports_a_day", [](C c) { return text_of(c.tenants.max_exports_a_day); }, "315"},
        {"tenants.max_export_bytes", [](C c) { return text_of(c.tenants.max_export_bytes); }, "316"},
        {"tenants.max_support_grants", [](C c) { return text_of(c.tenants.max_support_grants); }, "34"},
        {"tenants.max_inquiries", [](C c) { return text_of(c.tenants.max_inquiries); }, "33"},
        {"tenants.max_import_bytes", [](C c) { return text_of(c.tenants.max_import_bytes); }, "317"},
        {"tenants.max_retention_days", [](C c) { return text_of(c.tenants.max_retention_days); }, "32"},
        {"tenants.max_history_bytes", [](C c) { return text_of(c.history.max_bytes); }, "1048577"},
        {"tenants.newest_ruleset_versions", [](C c) { return text_of(c.history.newest_rulesets); }, "211"},
        {"tenants.rates.ingest.rate", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::ingest).rate); },
         "201"},
        {"tenants.rates.ingest.burst", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::ingest).burst); },
         "202"},
        {"tenants.rates.read.rate", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::read).rate); },
         "203"},
        {"tenants.rates.read.burst", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::read).burst); },
         "204"},
        {"tenants.rates.write.rate", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::write).rate); },
         "205"},
        {"tenants.rates.write.burst", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::write).burst); },
         "206"},
        {"tenants.rates.heavy.rate", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::heavy).rate); },
         "207"},
        {"tenants.rates.heavy.burst", [](C c) { return text_of(c.tenants.rates.of(domain::RateClass::heavy).burst); },
         "208"},
        {"tenants.rates.failed_logins.rate", [](C c) { return text_of(c.tenants.rates.failed_logins.rate); }, "209"},
        {"tenants.rates.failed_logins.burst", [](C c) { return text_of(c.tenants.rates.failed_logins.burst); }, "210"},
        {"tenants.rates.sign_ins.rate", [](C c) { return text_of(c.tenants.rates.sign_ins.rate); }, "211"},
        {"tenants.rates.sign_ins.burst", [](C c) { return text_of(c.tenants.rates.sign_ins.burst); }, "212"},
        {"rest.waiting_per_tenant", [](C c) { return text_of(c.rest.waiting_per_tenant); }, "33"},
        {"rest.statement_timeout", [](C c) { return text_of(c.rest.statement_timeout); }, "PT1S"},
        {"analysis.threads", [](C c) { return text_of(c.analysis.threads); }, "3"},
        {"analysis.waiting_per_tenant", [](C c) { return text_of(c.analysis.waiting_per_tenant); }, "5"},
        {"bodies.threads", [](C c) { return text_of(c.bodies.threads); }, "6"},
        {"bodies.max_waiting_bytes", [](C c) { return text_of(c.bodies.max_waiting_bytes); }, "1048577"},
        {"journal.transactions_in_flight", [](C c) { return text_of(c.journal.transactions_in_flight); }, "2"},
        {"journal.max_queued_alerts", [](C c) { return text_of(c.journal.max_queued_alerts); }, "1000"},
        {"journal.max_queued_bytes", [](C c) { return text_of(c.journal.max_queued_bytes); }, "1048576"},
        {"triage.workers", [](C c) { return text_of(c.triage.workers); }, "3"},
        {"triage.max_fold_alerts", [](C c) { return text_of(c.triage.max_fold_alerts); }, "100"},
        {"triage.max_backlog_bytes", [](C c) { return text_of(c.triage.max_backlog_bytes); }, "1048577"},
        {"triage.coalesce", [](C c) { return text_of(c.triage.coalesce); }, "PT0S"},
        {"dispatch.max_in_flight", [](C c) { return text_of(c.dispatch.shares.max_in_flight); }, "10"},
        {"dispatch.max_retries", [](C c) { return text_of(c.dispatch.shares.max_retries); }, "9"},
        {"dispatch.per_tenant", [](C c) { return text_of(c.dispatch.shares.per_tenant); }, "6"},
        {"dispatch.retries_per_tenant", [](C c) { return text_of(c.dispatch.shares.retries_per_tenant); }, "5"},
        {"dispatch.per_receiver", [](C c) { return text_of(c.dispatch.shares.per_receiver); }, "3"},
        {"dispatch.per_contact", [](C c) { return text_of(c.dispatch.shares.per_contact); }, "1"},
        {"dispatch.first_retry", [](C c) { return text_of(c.dispatch.backoff.initial); }, "PT0.100S"},
        {"dispatch.longest_retry", [](C c) { return text_of(c.dispatch.backoff.maximum); }, "PT1S"},
        {"dispatch.give_up_after", [](C c) { return text_of(c.dispatch.backoff.give_up_after); }, "PT2S"},
        {"delivery.smtp.host", [](C c) { return c.delivery.smtp.host; }, "mail.example"},
        {"delivery.smtp.port", [](C c) { return text_of(c.delivery.smtp.port); }, "25"},
        {"delivery.smtp.security", security_of, "tls"},
        {"delivery.smtp.username", [](C c) { return c.delivery.smtp.username; }, "me"},
        {"delivery.smtp.password_file", [](C c) { return c.delivery.smtp.password; }, ""},
        {"delivery.smtp.from", [](C c) { return c.delivery.smtp.from; }, "winnow@example"},
        {"delivery.smtp.ca_file", [](C c) { return c.delivery.smtp.ca_file; }, "/d.pem"},
        {"delivery.webhook_ca_file", [](C c) { return c.delivery.webhook_ca_file; }, "/e.pem"},
        {"delivery.egress_allow", [](C c) { return text_of(c.delivery.egress_allow); }, "10.1.0.0/16"},
        {"delivery.connect_timeout", [](C c) { return text_of(c.delivery.connect_timeout); }, "PT1S"},
        {"delivery.total_timeout", [](C c) { return text_of(c.delivery.total_timeout); }, "PT2S"},
        {"delivery.public_url", [](C c) { return c.delivery.public_url; }, "https://winnow.example"},
    };
    keys.insert(keys.end(), rest.begin(), rest.end());
    return keys;
}

}  // namespace winnow::app

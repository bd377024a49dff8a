#pragma once

/// @file
/// The limits of what Winnow takes in and of what a tenant may have. Configurable (config/winnow.yaml, `limits:` and
/// `tenants:`); these are the defaults.

#include "winnow/domain/rates.hpp"

#include <cstddef>
#include <cstdint>

namespace winnow::domain {

/// Bounds on one request's alerts. Lengths of strings are in Unicode code points where the API says characters.
struct AlertLimits {
    std::size_t max_body_bytes = 1'048'576;   ///< After Content-Encoding is undone.
    std::size_t max_alerts_per_body = 1'000;  ///< More than kRowAlerts take several rows.
    /// The same two at doors whose senders neither split nor repeat: Alertmanager's, and the webhooks'.
    std::size_t max_push_bytes = std::size_t{16} << 20U;
    std::size_t max_alerts_per_push = 50'000;  ///< At most ReceiptId::kMaxCount.
    std::size_t max_alert_bytes = 65'536;      ///< Of one alert as kept; what is longer is cut.
    std::size_t max_json_depth = 32;
    std::size_t max_title_chars = 1'024;
    std::size_t max_dedup_key_chars = 255;
    std::size_t max_field_chars = 1'024;  ///< source, service, component, group, class.
    std::size_t max_description_chars = 16'384;
    std::size_t max_labels = 64;
    std::size_t max_label_name_chars = 255;
    std::size_t max_label_value_chars = 4'096;
    std::size_t max_links = 16;
    std::size_t max_link_chars = 2'048;
};

/// What one tenant may have at most, so that no tenant's configuration crowds out another's.
struct TenantLimits {
    std::size_t max_rules = 10'000;
    std::size_t max_rule_patterns = 5'000;           ///< Regular expressions of all rules; equal ones count each time.
    std::size_t max_pattern_instructions = 200'000;  ///< That they become together.
    std::size_t max_open_patterns = 500;             ///< Those that have to be tried on every alert.
    std::size_t max_rule_memory = std::size_t{128} << 20U;   ///< Bytes, as rules::cost_of() estimates.
    std::size_t max_ruleset_bytes = std::size_t{16} << 20U;  ///< Of a request with a rule set.
    std::size_t max_unfinished_backtests = 4;
    std::size_t max_silences = 1'000;  ///< That are not over.
    std::size_t max_maintenance_windows = 200;
    std::size_t max_inhibitions = 200;
    std::size_t max_management_groups = 200;
    std::size_t max_integrations = 1'000;
    std::size_t max_contacts = 10'000;
    std::size_t max_contact_groups = 1'000;
    std::size_t max_users = 10'000;
    std::size_t max_keys = 20'000;                         ///< Of users and integrations, that are not revoked.
    std::size_t max_owed_deliveries = 100'000;             ///< Beyond them no further one comes to be owed.
    std::size_t max_mails_a_day = 50'000;                  ///< In UTC, as they come to be owed.
    std::size_t max_contacts_told = 1'000;                 ///< Of one event of a ticket, however many its route has.
    std::size_t max_exports_a_day = 4;                     ///< In UTC.
    std::size_t max_export_bytes = std::size_t{4} << 30U;  ///< Of an archive.
    std::size_t max_support_grants = 5;                    ///< That wait for approval or are active.
    std::size_t max_inquiries = 1'000;                     ///< That are kept, closed ones too.
    std::size_t max_import_bytes = std::size_t{4} << 30U;  ///< Of an archive that is imported.
    std::size_t max_retention_days = 3'650;  ///< Of each class that a tenant may choose (domain::Retention).
    RateLimits rates;                        ///< On each node.
};

}  // namespace winnow::domain

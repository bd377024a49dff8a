#include "pg/erasure/erased_tables.hpp"

#include <algorithm>
#include <array>

namespace winnow::pg {

namespace {

constexpr std::size_t kRows = 2'000;
constexpr std::size_t kJournalRows = 500;   // of up to 2,000 alerts each
constexpr std::size_t kIndexedTexts = 500;  // of some hundred tokens each
constexpr std::size_t kParts = 32;          // of up to 4 MiB each

constexpr std::array kErased{
    // What lets somebody in.
    ErasedTable{"credential_use", kRows},
    ErasedTable{"access_keys", kRows},
    ErasedTable{"api_keys", kRows},
    ErasedTable{"integration_keys", kRows},
    ErasedTable{"scim_tokens", kRows},
    ErasedTable{"scim_users", kRows},
    ErasedTable{"sessions", kRows},
    ErasedTable{"one_time_tokens", kRows},
    ErasedTable{"invitations", kRows},
    ErasedTable{"user_factors", kRows},
    ErasedTable{"user_passwords", kRows},
    ErasedTable{"oidc_logins", kRows},
    ErasedTable{"user_identities", kRows},
    ErasedTable{"oidc_providers", kRows},
    ErasedTable{"throttles", kRows},
    ErasedTable{"source_networks", kRows},
    // What leaves the service.
    ErasedTable{"export_parts", kParts},
    ErasedTable{"exports", kRows},
    ErasedTable{"import_parts", kParts},
    ErasedTable{"imports", kRows},
    ErasedTable{"server_mails", kRows},
    ErasedTable{"owed_events", kRows},
    ErasedTable{"notices", kRows},
    ErasedTable{"deliveries", kRows},
    // What it and its provider said to each other, and what the provider's staff asked to read.
    ErasedTable{"announcement_targets", kRows},
    ErasedTable{"announcement_reads", kRows},
    ErasedTable{"inquiry_messages", kRows},
    ErasedTable{"inquiries", kRows},
    ErasedTable{"support_grants", kRows},
    // Alerts, and what became of them.
    ErasedTable{"verdicts", kJournalRows},
    ErasedTable{"journal", kJournalRows},
    ErasedTable{"quarantined_rows", kRows},
    ErasedTable{"journal_progress", kRows},
    ErasedTable{"alerts_forgotten", kRows},
    ErasedTable{"idempotency_receipts", kRows},
    ErasedTable{"ticket_numbers", kRows},  // before what the index knows, or it would begin anew
    ErasedTable{"search_due", kRows},
    ErasedTable{"ticket_search", kIndexedTexts},
    ErasedTable{"search_progress", kRows},
    ErasedTable{"quiet_tickets", kRows},
    ErasedTable{"ticket_events", kRows},
    ErasedTable{"alert_instances", kRows},
    ErasedTable{"tickets", kRows},
    // What judges them, and what it counts.
    ErasedTable{"rule_machines", kRows},
    ErasedTable{"inhibition_sources", kRows},
    ErasedTable{"inhibitions", kRows},
    ErasedTable{"maintenance_windows", kRows},
    ErasedTable{"silences", kRows},
    ErasedTable{"suppression_stats", kRows},
    ErasedTable{"set_asides", kRows},
    ErasedTable{"rule_stats", kRows},
    ErasedTable{"rule_versions", kRows},
    ErasedTable{"ruleset_versions", kRows},
    ErasedTable{"rules", kRows},
    ErasedTable{"backtests", kRows},
    ErasedTable{"noise_deltas", kRows},
    ErasedTable{"noise_counts", kRows},
    ErasedTable{"chore_set_asides", kRows},
    // Who is told, who sends and who works.
    ErasedTable{"default_route", kRows},
    ErasedTable{"contact_group_members", kRows},
    ErasedTable{"contact_groups", kRows},
    ErasedTable{"contacts", kRows},
    ErasedTable{"integrations", kRows},
    ErasedTable{"management_groups", kRows},
    ErasedTable{"users", kRows},
    // Who did what.
    ErasedTable{"access_log", kRows},
    ErasedTable{"audit_anchors", kRows},
    ErasedTable{"audit", kRows},
    ErasedTable{"audit_heads", kRows},
    // What rows that go are counted in.
    ErasedTable{"history_deltas", kRows},
    ErasedTable{"history_uncounted", kRows},
    ErasedTable{"history_used", kRows},
    ErasedTable{"quotas", kRows},
    ErasedTable{"tenant_settings", kRows},
};

}  // namespace

std::span<const ErasedTable> erased_tables() noexcept
{
    return kErased;
}

std::vector<std::string_view> erased_table_names()
{
    std::vector<std::string_view> names;
    names.reserve(kErased.size());
    for (const auto& each : kErased) names.push_back(each.table);
    return names;
}

std::size_t erased_at_once(std::string_view table) noexcept
{
    const auto* const found = std::ranges::find(kErased, table, &ErasedTable::table);
    return found == kErased.end() ? kRows : found->at_once;
}

}  // namespace winnow::pg

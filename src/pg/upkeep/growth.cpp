#include "pg/upkeep/growth.hpp"

#include <array>

namespace winnow::pg {

namespace {

constexpr std::string_view kByPeople = "made by people, and within tenants.max_…";
constexpr std::string_view kOneATenant = "one row a tenant";
constexpr std::string_view kWithParent = "goes with the row it belongs to";

constexpr std::array kGrowth{
    Growth{"access_keys", "forget_keys", ""},
    Growth{"access_log", "forget_access", ""},
    Growth{"alert_id_root", "", "one row"},
    Growth{"alert_instances", "forget_instances", ""},
    Growth{"alerts_forgotten", "", kOneATenant},
    Growth{"announcement_reads", "forget_announcements", ""},
    Growth{"announcement_targets", "forget_announcements", ""},
    Growth{"announcements", "forget_announcements", ""},
    Growth{"api_keys", "forget_keys", ""},
    Growth{"audit", "forget_audit", ""},
    Growth{"audit_anchors", "forget_audit", ""},
    Growth{"audit_heads", "", "one row a tenant, and one of the provider's"},
    Growth{"backtests", "forget_backtests", ""},
    Growth{"chore_runs", "", "one row a chore"},
    Growth{"chore_set_asides", "forget_set_asides", ""},
    Growth{"contact_group_members", "", kWithParent},
    Growth{"contact_groups", "", kByPeople},
    Growth{"contacts", "", kByPeople},
    Growth{"credential_use", "", kWithParent},
    Growth{"default_route", "", kWithParent},
    Growth{"deliveries", "forget_deliveries", ""},
    Growth{"erasure_steps", "", "some a table of an erasure that is under way; they go with its end"},
    Growth{"erasures", "", "one row a tenant that is gone: its certificate"},
    Growth{"export_parts", "forget_exports", ""},
    Growth{"exports", "forget_exports", ""},
    Growth{"history_deltas", "gather_history", ""},
    Growth{"history_uncounted", "count_history", ""},
    Growth{"history_used", "", kOneATenant},
    Growth{"idempotency_receipts", "forget_receipts", ""},
    Growth{"import_parts", "forget_imports", ""},
    Growth{"imports", "forget_imports", ""},
    Growth{"inhibition_sources", "forget_inhibition_sources", ""},
    Growth{"inhibitions", "", kByPeople},
    Growth{"inquiries", "forget_announcements", ""},
    Growth{"inquiry_messages", "", kWithParent},
    Growth{"integration_keys", "forget_keys", ""},
    Growth{"integrations", "", kByPeople},
    Growth{"invitations", "forget_sign_ins", ""},
    Growth{"journal", "drop_partitions", ""},
    Growth{"journal_progress", "forget_streams", ""},
    Growth{"journal_streams", "forget_streams", ""},
    Growth{"maintenance_windows", "", kByPeople},
    Growth{"management_groups", "", kByPeople},
    Growth{"noise_counts", "forget_noise", ""},
    Growth{"noise_deltas", "gather_noise", ""},
    Growth{"notices", "forget_deliveries", ""},
    Growth{"oidc_logins", "forget_oidc_logins", ""},
    Growth{"oidc_providers", "", "made by people, and ten a tenant at most"},
    Growth{"one_time_tokens", "forget_sign_ins", ""},
    Growth{"outages", "forget_outages", ""},
    Growth{"owed_events", "", "written into their timelines by the dispatcher, within seconds once the ticket is free"},
    Growth{"provider_sessions", "forget_staff_sessions", ""},
    Growth{"provider_users", "", "made by the provider"},
    Growth{"quarantined_rows", "forget_quarantined_rows", ""},
    Growth{"quiet_tickets", "", "one a quiet ticket at most; goes when it is told of, or with it"},
    Growth{"quotas", "", "one row a tenant and thing"},
    Growth{"rule_machines", "forget_rule_machines", ""},
    Growth{"rule_stats", "forget_rule_statistics", ""},
    Growth{"rule_versions", "forget_rule_versions", ""},
    Growth{"rules", "", kByPeople},
    Growth{"ruleset_versions", "forget_rulesets", ""},
    Growth{"schema_migrations", "", "one row a migration"},
    Growth{"scim_tokens", "forget_keys", ""},
    Growth{"scim_users", "", kWithParent},
    Growth{"search_due", "", "taken in within seconds by the search index"},
    Growth{"search_progress", "", kOneATenant},
    Growth{"server_mails", "forget_server_mails", ""},
    Growth{"sessions", "forget_sign_ins", ""},
    Growth{"set_asides", "forget_judge_costs", ""},
    Growth{"silences", "forget_silences", ""},
    Growth{"source_networks", "", kOneATenant},
    Growth{"source_throttles", "forget_throttles", ""},
    Growth{"support_grants", "forget_support_grants", ""},
    Growth{"suppression_stats", "forget_suppression_statistics", ""},
    Growth{"tenant_key", "", "one row"},
    Growth{"tenant_settings", "", kOneATenant},
    Growth{"tenants", "", "made by the provider"},
    Growth{"throttles", "forget_throttles", ""},
    Growth{"ticket_events", "forget_tickets", ""},
    Growth{"ticket_numbers", "", kOneATenant},
    Growth{"ticket_search", "forget_tickets", ""},
    Growth{"tickets", "forget_tickets", ""},
    Growth{"user_factors", "forget_sign_ins", ""},
    Growth{"user_identities", "", kWithParent},
    Growth{"user_passwords", "", kWithParent},
    Growth{"users", "forget_users", ""},
    Growth{"verdicts", "drop_partitions", ""},
};

}  // namespace

std::span<const Growth> growth()
{
    return kGrowth;
}

}  // namespace winnow::pg

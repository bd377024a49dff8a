#include "pg/exports/exported_tables.hpp"

#include <array>

namespace winnow::pg {

namespace {

constexpr std::string_view kPlain = "to_jsonb(t) - 'tenant_id'";

// Of a contact's settings: what is sealed is null. A URL that no chore has sealed yet may hold a secret, too.
constexpr std::string_view kContact = R"sql(
to_jsonb(t) - '{tenant_id,url,sealed_url,sealed_secret,address}'::text[]
|| jsonb_build_object('settings', (
       select coalesce(jsonb_object_agg(s.key, case when jsonb_typeof(s.value) = 'object'
                                                    then s.value || jsonb_build_object('sealed', null)
                                                    when s.key = 'url' then 'null'::jsonb
                                                    else s.value end), '{}')
         from jsonb_each(coalesce(t.settings, '{}')) s))
)sql";

// An auditor is stored as a viewer who audits, because older programs know no such role: the role is what it says.
constexpr std::string_view kUser = R"sql(
to_jsonb(t) - '{tenant_id,audits}'::text[]
|| jsonb_build_object('role', case when t.audits then 'auditor' else t.role end)
)sql";

constexpr std::string_view kKey = "to_jsonb(t) - 'tenant_id' || jsonb_build_object('secret_hash', null)";

// Without the rules of one that is still to run, which may be as long as a rule set: a finished one has none either.
constexpr std::string_view kBacktest = "to_jsonb(t) - '{tenant_id,runner,attempt,touched_at,draft}'::text[]";
constexpr std::string_view kProvider = "to_jsonb(t) - 'tenant_id' || jsonb_build_object('sealed_secret', null)";

constexpr std::string_view kTenant =
    "jsonb_build_object('service_code', t.service_code, 'name', t.name, 'created_at', t.created_at)";

constexpr std::array kExported{
    ExportedTable{"tenants", kTenant, "t.tenant_id"},
    ExportedTable{"tenant_settings", kPlain, "t.tenant_id"},
    ExportedTable{"source_networks", kPlain, "t.tenant_id"},
    ExportedTable{"management_groups", kPlain, "t.management_group_id"},
    ExportedTable{"users", kUser, "t.user_id"},
    ExportedTable{"api_keys", kKey, "t.key_id", "secret_hash"},
    ExportedTable{"oidc_providers", kProvider, "t.provider_id", "sealed_secret"},
    ExportedTable{"user_identities", kPlain, "t.provider_id, t.subject"},
    ExportedTable{"integrations", kPlain, "t.integration_id"},
    ExportedTable{"integration_keys", kKey, "t.key_id", "secret_hash"},
    ExportedTable{"access_keys", "to_jsonb(t) - 'tenant_id' || jsonb_build_object('sealed_secret', null)",
                  "t.access_key_id", "sealed_secret"},
    ExportedTable{"scim_tokens", kKey, "t.token_id", "secret_hash"},
    ExportedTable{"scim_users", kPlain, "t.user_id"},
    ExportedTable{"credential_use", "to_jsonb(t) - '{tenant_id,api_key_id,integration_key_id,access_key_id}'::text[]",
                  "t.kind, t.credential_id"},
    ExportedTable{"contacts", kContact, "t.contact_id", "settings.*.sealed, settings.url"},
    ExportedTable{"contact_groups", kPlain, "t.contact_group_id"},
    ExportedTable{"contact_group_members", kPlain, "t.contact_group_id, t.contact_id"},
    ExportedTable{"default_route", kPlain, "t.contact_group_id"},
    ExportedTable{"rules", kPlain, "t.rule_id"},
    ExportedTable{"rule_versions", kPlain, "t.rule_id, t.version"},
    ExportedTable{"ruleset_versions", kPlain, "t.version", "", true},
    ExportedTable{"rule_stats", kPlain, "t.rule_id"},
    ExportedTable{"silences", kPlain, "t.silence_id"},
    ExportedTable{"maintenance_windows", kPlain, "t.maintenance_window_id"},
    ExportedTable{"inhibitions", kPlain, "t.inhibition_id"},
    ExportedTable{"suppression_stats", kPlain, "t.cause_id"},
    ExportedTable{"backtests", kBacktest, "t.backtest_id", "", true},
    ExportedTable{"tickets", kPlain, "t.ticket_id"},
    ExportedTable{"ticket_numbers", kPlain, "t.tenant_id"},
    ExportedTable{"ticket_events", kPlain, "t.ticket_id, t.seq"},
    ExportedTable{"owed_events", kPlain, "t.ticket_id, t.entry"},
    ExportedTable{"notices", kPlain, "t.ticket_id, t.event_seq"},
    ExportedTable{"deliveries", "to_jsonb(t) - '{tenant_id,lease_node,lease_token,lease_until}'::text[]",
                  "t.delivery_id"},
    ExportedTable{"noise_counts", kPlain, "t.hour, t.kind, t.key"},
    ExportedTable{"inquiries", kPlain, "t.inquiry_id"},
    ExportedTable{"inquiry_messages", kPlain, "t.inquiry_id, t.seq"},
    ExportedTable{"support_grants", kPlain, "t.grant_id"},
    ExportedTable{"announcement_reads", kPlain, "t.announcement_id, t.user_id"},
    ExportedTable{"access_log", kPlain, "t.at, t.entry_id"},
    ExportedTable{"audit", "to_jsonb(t) - '{tenant_id,act,actor,object}'::text[]", "t.seq"},
    ExportedTable{"audit_anchors", kPlain, "t.seq"},
};

constexpr std::string_view kWork = "what the service works with, made anew from what is here";
constexpr std::string_view kLinks = "links by mail, which lead here: whoever waits for one is sent another";
constexpr std::string_view kProofs = "what people prove themselves with: they choose and set up their own anew";
constexpr std::string_view kPlaces = "places in the service's own journal";

constexpr std::array kLeftOut{
    LeftOutTable{"alert_instances", "what senders said last of what fires, and say again"},
    LeftOutTable{"alerts_forgotten", kPlaces},
    LeftOutTable{"announcement_targets", "which announcements are for the tenant; what they say is the provider's"},
    LeftOutTable{"audit_heads", "the last line of audit"},
    LeftOutTable{"chore_set_asides", kWork},
    LeftOutTable{"export_parts", "exports themselves"},
    LeftOutTable{"exports", "exports themselves"},
    LeftOutTable{"history_deltas", kWork},
    LeftOutTable{"history_uncounted", kWork},
    LeftOutTable{"history_used", kWork},
    LeftOutTable{"idempotency_receipts", "answers that are kept for a week, should a request come again"},
    LeftOutTable{"import_parts", "imports, which left here what they brought"},
    LeftOutTable{"imports", "imports, which left here what they brought"},
    LeftOutTable{"inhibition_sources", "which alerts hold back others at this moment"},
    LeftOutTable{"invitations", kLinks},
    LeftOutTable{"journal_progress", kPlaces},
    LeftOutTable{"noise_deltas", "what noise_counts gets within seconds"},
    LeftOutTable{"oidc_logins", "who is on the way to a provider of sign-ins at this moment"},
    LeftOutTable{"one_time_tokens", kLinks},
    LeftOutTable{"quarantined_rows", kPlaces},
    LeftOutTable{"quiet_tickets", "which tickets nobody was told of at this moment"},
    LeftOutTable{"quotas", "the provider's"},
    LeftOutTable{"rule_machines", "what rules remember of the last alerts"},
    LeftOutTable{"search_due", kWork},
    LeftOutTable{"search_progress", kWork},
    LeftOutTable{"server_mails", kLinks},
    LeftOutTable{"sessions", "who is signed in at this moment; audit says who was"},
    LeftOutTable{"set_asides", kWork},
    LeftOutTable{"throttles", "how often somebody was wrong within a day"},
    LeftOutTable{"ticket_search", kWork},
    LeftOutTable{"user_factors", kProofs},
    LeftOutTable{"user_passwords", kProofs},
    LeftOutTable{"verdicts", "what rules made of each alert: tickets and their timelines have what came of it"},
};

}  // namespace

std::span<const ExportedTable> exported_tables()
{
    return kExported;
}

std::span<const LeftOutTable> left_out_tables()
{
    return kLeftOut;
}

}  // namespace winnow::pg

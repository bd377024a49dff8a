#include "pg/imports/imported_tables.hpp"

#include <algorithm>
#include <array>

namespace winnow::pg {

namespace {

// How people sign in here is said here: an archive loosens nothing of it.
constexpr std::string_view kSettings = "r - '{mfa_policy,session_idle_ms,session_idle_viewer_ms}'::text[]";

// Nobody brings a password: an active user is one who is invited. Who was disabled or deleted stays so. An auditor is
// stored as a viewer who audits (exported_tables.cpp), and is narrowed to no groups, as an admin is not (0064).
constexpr std::string_view kUser = R"sql(
r || jsonb_build_object('state', 'disabled',
                        'role', case when r->>'role' = 'auditor' then 'viewer' else r->>'role' end,
                        'audits', r->>'role' = 'auditor' or coalesce((r->>'audits')::boolean, false),
                        'management_group_ids',
                        case when r->>'role' in ('admin', 'auditor') or coalesce((r->>'audits')::boolean, false) then null
                             else r->'management_group_ids' end,
                        'invited', r->>'deleted_at' is null
                                   and (r->>'state' = 'active' or coalesce((r->>'invited')::boolean, false)))
)sql";

// A key whose secret nobody has opens nothing: its digest is a random one, and it says that it is over.
constexpr std::string_view kKey = R"sql(
r || jsonb_build_object('secret_hash', '\x' || encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex'),
                        'revoked_at', coalesce((r->>'revoked_at')::timestamptz, now()))
)sql";

// Neither does an access key. What stands for its secret is sealed under no key that there is or will be: it is never
// sealed anew, and goes when the key is forgotten. It is found by another name, for that of the archive may be one of
// another tenant's: 20 digits of a random hash, as letters of which names are.
constexpr std::string_view kAccessKey = R"sql(
r || jsonb_build_object('access_key', translate(left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 20),
                                                '0189abcdef', 'GHIJABCDEF'),
                        'sealed_secret', '\x02ffffffff', 'revoked_at', coalesce((r->>'revoked_at')::timestamptz, now()))
)sql";

// What was sealed is null. A contact that lacks a setting is told nothing until somebody has entered it, and enabled
// the contact. A URL or a secret in the clear was not written by an export.
#define WINNOW_SETTING_STAYS                                                                       \
    "(jsonb_typeof(s.value) = 'string' and s.key not in ('url', 'secret') and (s.value #>> '{}') " \
    "!~ '[[:cntrl:]]')"
constexpr std::string_view kContact =
    "r || jsonb_build_object('settings', (select coalesce(jsonb_object_agg(s.key, s.value) filter "
    "(where " WINNOW_SETTING_STAYS
    "), '{}') from jsonb_each(r->'settings') as s), 'enabled', (r->>'enabled')::boolean and not exists (select from "
    "jsonb_each(r->'settings') as s where not " WINNOW_SETTING_STAYS "))";
#undef WINNOW_SETTING_STAYS

// Lists that leave out who imports them would lock him out: they are on trial, as lists that he had just set, and go
// again where he does not keep them. 10 minutes, as of those (networks_routes.cpp). What then comes back: of a tenant
// that has had lists, those (import_rows()).
constexpr std::string_view kNetworks = R"sql(
r || case when r->'users' = '[]' and r->'admins' = '[]' and r->'keys' = '[]'
          then '{"old_users": null, "old_admins": null, "old_keys": null, "revert_at": null}'
          else jsonb_build_object('old_users', '[]'::jsonb, 'old_admins', '[]'::jsonb, 'old_keys', '[]'::jsonb,
                                  'revert_at', clock_timestamp() + interval '10 minutes') end
)sql";

// Nobody waits for it any more.
constexpr std::string_view kBacktest = R"sql(
r || '{"draft": ""}' || case when r->>'state' in ('queued', 'running')
                             then jsonb_build_object('state', 'cancelled', 'finished_at', now()) else '{}' end
)sql";

// What fires is what senders say again: none of them has said it here. A pause that was over long ago, or is over in an
// hour, would send messages of another time: who is held stays held until a person, or a new alert, decides.
constexpr std::string_view kTicket = "r || '{\"firing_instances\": 0, \"held_until\": null}'";

constexpr std::string_view kDelivery = R"sql(
r || case when r->>'state' in ('pending', 'sending')
          then jsonb_build_object('state', 'cancelled', 'finished_at', now(),
                                  'last_error', 'it was imported, and is not sent from here') else '{}' end
)sql";

using enum ImportedAs;

constexpr std::array kImported{
    ImportedTable{"tenants", nothing},  // the tenant is another one, and has its own name
    ImportedTable{"tenant_settings", merged, kSettings},
    ImportedTable{"source_networks", merged, kNetworks},
    ImportedTable{"management_groups", fresh},
    ImportedTable{"users", added, kUser},
    ImportedTable{"api_keys", added, kKey},
    ImportedTable{"oidc_providers", nothing},  // an id is one tenant's, and their secrets are elsewhere
    ImportedTable{"user_identities", nothing},
    ImportedTable{"integrations", fresh},
    ImportedTable{"integration_keys", fresh, kKey},
    ImportedTable{"access_keys", added, kAccessKey},
    ImportedTable{"scim_tokens", fresh, kKey},
    ImportedTable{"scim_users", fresh},
    ImportedTable{"credential_use", added, "r", "api_key_id integration_key_id access_key_id"},
    ImportedTable{"contacts", fresh, kContact, "url sealed_url sealed_secret address"},
    ImportedTable{"contact_groups", fresh},
    ImportedTable{"contact_group_members", fresh},
    ImportedTable{"default_route", fresh},
    ImportedTable{"rules", fresh},
    ImportedTable{"rule_versions", fresh},
    ImportedTable{"ruleset_versions", fresh},
    ImportedTable{"rule_stats", fresh},
    ImportedTable{"silences", fresh},
    ImportedTable{"maintenance_windows", fresh},
    ImportedTable{"inhibitions", fresh},
    ImportedTable{"suppression_stats", fresh},
    ImportedTable{"backtests", fresh, kBacktest, "runner attempt touched_at draft"},
    ImportedTable{"tickets", fresh, kTicket},
    ImportedTable{"ticket_numbers", merged},
    ImportedTable{"ticket_events", fresh},
    ImportedTable{"owed_events", fresh},
    ImportedTable{"notices", fresh},
    ImportedTable{"deliveries", fresh, kDelivery, "lease_node lease_token lease_until"},
    ImportedTable{"noise_counts", fresh},
    ImportedTable{"inquiries", nothing},  // what was said to, and allowed by, the provider there
    ImportedTable{"inquiry_messages", nothing},
    ImportedTable{"support_grants", nothing},
    ImportedTable{"announcement_reads", nothing},
    ImportedTable{"access_log", nothing},  // what was done elsewhere is no evidence of what was done here
    ImportedTable{"audit", nothing},
    ImportedTable{"audit_anchors", nothing},
};

}  // namespace

std::span<const ImportedTable> imported_tables()
{
    return kImported;
}

const ImportedTable* imported_table(std::string_view resource)
{
    const auto* const found = std::ranges::find(kImported, resource, &ImportedTable::resource);
    return found == kImported.end() || found->as == nothing ? nullptr : found;
}

std::string rows_of(const ImportedTable& table, std::string_view parameter)
{
    return std::string("(select jsonb_agg(")
        .append(table.row)
        .append(" order by e.n) from jsonb_array_elements(")
        .append(parameter)
        .append("::jsonb) with ordinality as e (r, n))");
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Rows of support grants, whoever reads them. Private to pg.

#include "pg/credentials/key_limits.hpp"
#include "pg/rows/values.hpp"
#include "winnow/access/support_grant.hpp"

#include <pqxx/result>

#include <stdexcept>

namespace winnow::pg {

/// Of `g.*` with `array_to_string(g.scopes, ' ')` as scope_words, and the moment at which it is looked at as `at`.
[[nodiscard]] inline access::SupportGrant read_support_grant(const pqxx::row& row)
{
    const auto stored = access::parse_support_state(row["state"].c_str());
    if (!stored) throw std::runtime_error("a row of support_grants cannot be read");
    access::SupportGrant grant{.id = id_of<SupportGrantId>(row["grant_id"]),
                               .asked_by = id_of<StaffId>(row["asked_by"]),
                               .reason = text_of(row["reason"]),
                               .scopes = scopes_of(row["scope_words"]).value_or(access::PermissionSet()),
                               .minutes = row["minutes"].as<std::int64_t>(),
                               .state = *stored,
                               .asked_at = time_of(row["asked_at"]),
                               .lapses_at = time_of(row["lapses_at"]),
                               .approved_by = optional_id_of<StaffId>(row["approved_by"]),
                               .approved_at = optional_time_of(row["approved_at"]),
                               .ends_at = optional_time_of(row["ends_at"]),
                               .ended_at = optional_time_of(row["ended_at"]),
                               .ended_by = text_of(row["ended_by"])};
    grant.state = access::state_at(*stored, grant.lapses_at, grant.ends_at, time_of(row["at"]));
    return grant;
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Rows of every age, and tenants that keep them for so many days.

#include "integration/pg/fixture.hpp"
#include "winnow/domain/retention.hpp"

#include <string>

namespace winnow::pg {

class RetentionTest : public PgTest {
protected:
    std::string t() const { return "'" + tenant_.str() + "'"; }
    std::string other() const { return "'" + other_.str() + "'"; }

    /// The tenant keeps a class for so many days.
    void keep(domain::Kept kept, int days)
    {
        sql("update tenant_settings set retention_days = retention_days || jsonb_build_object('" +
            std::string(domain::class_of(kept).word) + "', " + std::to_string(days) + ") where tenant_id = " + t());
    }
    /// SQL: so many days ago, and an hour.
    static std::string ago(int days) { return "now() - interval '" + std::to_string(days) + " days 1 hour'"; }
    [[nodiscard]] std::string names(const std::string& expression, const std::string& table)
    {
        return text("select coalesce(string_agg(" + expression + ", ' ' order by " + expression + "), '') from " +
                    table);
    }
    std::string rule(const std::string& name, int position)
    {
        const auto id = new_uuid().str();
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by, version) "
            "values (" +
            t() + ", '" + id + "', '" + name + "', " + std::to_string(position) + ", '', 'matchers', '[]', 'x', 9)");
        return id;
    }
    void version(const std::string& rule, int number, int days_ago)
    {
        sql("insert into rule_versions (tenant_id, rule_id, version, content, changed_at, changed_by) values (" + t() +
            ", '" + rule + "', " + std::to_string(number) + ", '{}', " + ago(days_ago) + ", 'x')");
    }
    std::string ticket(TenantId tenant, const std::string& name, const std::string& state, int ended_days_ago,
                       const std::string& parent = "")
    {
        const auto id = new_uuid().str();
        const bool ended = state == "closed" || state == "recovered";
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, closed_at, recovered_at, parent_id) values ('" +
            tenant.str() + "', '" + id + "', " + std::to_string(++tickets_) + ", '" + state + "', 1, '" + name +
            "', '" + name + "', 1, " + ago(5'000) + ", " + ago(5'000) + ", " + ago(5'000) + ", " +
            (state == "closed" ? ago(ended_days_ago) : "null") + ", " + (ended ? ago(ended_days_ago) : "null") + ", " +
            (parent.empty() ? "null" : "'" + parent + "'") + ")");
        sql("insert into ticket_events select '" + tenant.str() + "', '" + id +
            "', n, 'opened', now(), 'system' from generate_series(1, 3) n");
        return id;
    }
    void delivery(const std::string& ticket, const std::string& state, int days_ago)
    {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "state, created_at) values (" +
            t() + ", gen_random_uuid(), '" + ticket + "', 1, '" + state + "', gen_random_uuid(), '{}', '" + state +
            "', " + ago(days_ago) + ")");
    }

    TenantId tenant_ = new_tenant();
    TenantId other_ = new_tenant();
    int tickets_ = 0;
};

}  // namespace winnow::pg

#pragma once

/// @file
/// A tenant with a row of everything that is exported, and what it takes to import it into another one.

#include "integration/pg/fixture.hpp"
#include "winnow/domain/tenants/imported_ids.hpp"
#include "winnow/pg/export_jobs.hpp"
#include "winnow/pg/import_jobs.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

using Lines = std::vector<std::string>;
/// Resources in their order, each with its lines.
using Exported = std::vector<std::pair<std::string, Lines>>;

class ImportTest : public PgTest {
protected:
    [[nodiscard]] static std::string quoted(const TenantId& tenant) { return "'" + tenant.str() + "'"; }

    /// One row of every table that is imported, in states that do something where they are not imported.
    void fill(const TenantId& tenant)
    {
        const auto t = quoted(tenant);
        const std::string u = "'0199c0de-0000-7000-8000-0000000000aa'";
        const std::string other = "'0199c0de-0000-7000-8000-0000000000ab'";
        sql("insert into source_networks (tenant_id, admins) values (" + t + ", '{192.0.2.0/24}')");
        sql("update tenant_settings set reopen_window_ms = 60000, journal_retention_days = 30 where tenant_id = " + t);
        sql("insert into management_groups (tenant_id, management_group_id, name) values (" + t + ", " + u + ", 'm')");
        sql("insert into users (tenant_id, user_id, email, name, role, management_group_ids) values (" + t + ", " + u +
            ", 'op@example.org', 'Op', 'operator', array[" + u + "::uuid])");
        sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint) values (" + t + ", " + u +
            ", " + u + ", 'k', sha256('secret'), 'wnu_5678')");
        sql("insert into integrations (tenant_id, integration_id, name, management_group_id) values (" + t + ", " + u +
            ", 'i', " + u + ")");
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values (" + t + ", " +
            u + ", " + u + ", sha256('other'), 'h')");
        sql("insert into access_keys (tenant_id, access_key_id, access_key, user_id, sealed_secret, created_by, "
            "expires_at) values (" +
            t + ", " + u + ", repeat('A', 20), " + u + ", 'sealed', 'x', now() + interval '1 hour')");
        sql("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at) values (" +
            t + ", " + u + ", sha256('directory'), 'h', 'viewer', 'x', now() + interval '1 hour')");
        sql("insert into scim_users (tenant_id, user_id, user_name) values (" + t + ", " + u + ", 'op@example.org')");
        sql("insert into credential_use values (" + t + ", 'integration', " + u + ", now()), (" + t + ", 'access', " +
            u + ", now())");
        sql("insert into contacts (tenant_id, contact_id, name, type, settings) values (" + t + ", " + u +
            ", 'hook', 'webhook', '{\"url\": {\"shown\": \"https://x.example\", \"sealed\": \"c2VjcmV0\"}}'), (" + t +
            ", " + other + ", 'mail', 'email', '{\"address\": \"noc@example.org\"}')");
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t + ", " + u + ", 'g')");
        sql("insert into contact_group_members values (" + t + ", " + u + ", " + u + ", 1)");
        sql("insert into default_route values (" + t + ", " + u + ", 1)");
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
            t + ", " + u + ", 'r', 1, 'env=\"prod\"', 'matchers', '[{\"type\": \"suppress\"}]', 'x')");
        sql("insert into rule_versions (tenant_id, rule_id, version, content, changed_by) values (" + t + ", " + u +
            ", 1, '{}', 'x')");
        sql("insert into ruleset_versions (tenant_id, version, made_by, created, updated, deleted, moved, rule_ids, "
            "rule_versions) values (" +
            t + ", 1, 'x', 1, 0, 0, 0, array[" + u + "::uuid], '{1}')");
        sql("insert into rule_stats (tenant_id, rule_id, matched) values (" + t + ", " + u + ", 7)");
        sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
            "updated_by) values (" +
            t + ", " + u + ", 'a=\"b\"', 'matchers', now(), now() + interval '1 hour', 'c', 'x', 'x')");
        sql("insert into maintenance_windows (tenant_id, maintenance_window_id, name, condition, syntax, starts_at, "
            "duration_ms, updated_by) values (" +
            t + ", " + u + ", 'w', 'a=\"b\"', 'matchers', now(), 60000, 'x')");
        sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, "
            "target_condition, target_syntax, updated_by) values (" +
            t + ", " + u + ", 'i', 'a=\"b\"', 'matchers', 'a=\"c\"', 'matchers', 'x')");
        sql("insert into suppression_stats values (" + t + ", " + u + ")");
        sql("insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, "
            "draft_rules, live_rules, created_at, created_by) values (" +
            t + ", " + u + ", 'queued', now() - interval '1 day', now(), 1, '[]', 0, 0, now(), 'x')");
        // The second one belongs to a ticket that comes after it.
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq, assignee, firing_instances) values (" +
            t + ", " + other + ", 1, 'open', 1, 't', 'k', 1, now(), now(), now(), 1, " + u + ", 3)");
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq, parent_id, held_by, held_until) values (" +
            t + ", " + u + ", 2, 'held', 1, 't', 'l', 1, now(), now(), now(), 1, " + other +
            ", 'pause', now() - interval '1 hour')");
        sql("insert into ticket_numbers values (" + t + ", 3)");
        sql("insert into ticket_events values (" + t + ", " + u + ", 1, 'opened', now(), 'user:' || " + u + ")");
        sql("insert into owed_events (tenant_id, ticket_id, kind, at, data) values (" + t + ", " + u +
            ", 'notified', now(), '{}')");
        sql("insert into notices (tenant_id, ticket_id, event_seq, content, public_url) values (" + t + ", " + u +
            ", 1, '{}', '')");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id) values (" +
            t + ", " + u + ", " + u + ", 1, 'opened', " + u + ")");
        sql("insert into noise_counts (tenant_id, hour, kind, key) values (" + t + ", now(), 'total', '')");
    }

    /// As an export of the tenant's has them, but for alerts.
    [[nodiscard]] Exported exported(const TenantId& tenant)
    {
        const auto source = export_jobs_->open({.tenant = tenant, .id = ExportId(new_uuid()), .runner = "n"});
        if (!source) throw std::runtime_error(source.error().message());
        Exported found;
        while (true) {
            auto piece = (*source)->next({});
            if (!piece) throw std::runtime_error(piece.error().message());
            if (!*piece) return found;
            if ((*piece)->lines.empty()) continue;
            if (found.empty() || found.back().first != (*piece)->resource) found.push_back({(*piece)->resource, {}});
            std::istringstream lines((*piece)->lines);
            for (std::string line; std::getline(lines, line);) found.back().second.push_back(line);
        }
    }

    /// An import in the hands of a runner that writes.
    [[nodiscard]] ports::ImportJob begun(const TenantId& tenant)
    {
        const auto id = new_uuid().str();
        sql("insert into imports (tenant_id, import_id, state, created_at, created_by, parts) values (" +
            quoted(tenant) + ", '" + id + "', 'queued', now(), 'user:x', 1)");
        sql("insert into import_parts values (" + quoted(tenant) + ", '" + id + "', 0, 'bytes')");
        auto job = import_jobs_->claim("n");
        if (!job || !*job) throw std::runtime_error("nothing was claimed");
        EXPECT_EQ((*job)->id.str(), id);
        EXPECT_TRUE(import_jobs_->keep(**job, {.state = domain::ImportState::writing}).value());
        return **job;
    }

    [[nodiscard]] std::unique_ptr<ports::ImportTarget> opened(const ports::ImportJob& job)
    {
        auto target = import_jobs_->open(job);
        if (!target) throw std::runtime_error(target.error().message());
        return *std::move(target);
    }

    /// As a runner does it (src/pipeline/imports): who is here already stands for himself in what follows. Users of
    /// both.
    std::map<Uuid, Uuid> write(ports::ImportTarget& target, const Exported& exported)
    {
        std::map<Uuid, Uuid> users;
        domain::ImportedIds ids({}, {});
        for (auto [resource, lines] : exported) {
            if (resource == "users") {
                const auto added = target.add_users(lines);
                EXPECT_TRUE(added) << added.error().message();
                if (added) users = *added;
                ids.add_users(users);
                continue;
            }
            for (auto& line : lines) line = ids.rewritten(line);
            const auto added = target.add(resource, lines);
            EXPECT_TRUE(added) << resource << ": " << added.error().message();
        }
        return users;
    }

    [[nodiscard]] static ports::ImportSummary summary(const TenantId& from)
    {
        return {.rows = 5, .from = from, .service_code = "tenant1"};
    }

    const TenantId theirs_ = new_tenant();  // whose export it is
    const TenantId ours_ = new_tenant();
    std::unique_ptr<ports::ExportJobs> export_jobs_ = make_export_jobs(pipeline(), as(database_.api));
    domain::TenantLimits limits_;
    std::unique_ptr<ports::ImportJobs> import_jobs_ = make_import_jobs(pipeline(), as(database_.api), limits_);
};

}  // namespace winnow::pg

#include "pg/imports/import_target.hpp"

#include "pg/imports/import_rows.hpp"
#include "pg/imports/imported_configuration.hpp"
#include "pg/imports/imported_tables.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/domain/retention.hpp"
#include "winnow/domain/tenants/quota.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/tenants/quota_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using domain::Quota;

constexpr std::chrono::seconds kStatement{60};
constexpr std::chrono::seconds kPatience{90};

constexpr auto kTenant = "select config_version, state from tenants where tenant_id = $1";
// As SettingsStore::lock_configuration() has it: from here on nobody else changes what the tenant has.
constexpr auto kLock = "select config_version, state from tenants where tenant_id = $1 for no key update";
// Who holds the tenant's row may wait for one that was written here, and gives up after seconds: less than it takes the
// server to look for deadlocks, so that nobody is ended for one.
constexpr auto kLockSoon = "set local lock_timeout = '500ms'";
constexpr auto kLockUsual = "select set_config('lock_timeout', $1, true)";
constexpr int kLockAttempts = 40;
constexpr auto kParentsLater = "set constraints tickets_tenant_id_parent_id_fkey deferred";
constexpr auto kAllNow = "set constraints all immediate";
constexpr auto kGroupCount = "select count(*) from management_groups where tenant_id = $1";

// From the first group on nobody is at work who knows of none (migration 0059).
constexpr std::string_view kGroups = "management_groups";
constexpr auto kNetworks = "source_networks";
constexpr auto kMayBegin = "select begin_management_groups()";

// Addresses are one a tenant, in whatever case. The address goes before the id.
constexpr auto kKnownUsers = R"sql(
select distinct on (a.there) a.there, u.user_id as here
  from (select (e.r->>'user_id')::uuid as there, lower(e.r->>'email') as email
          from jsonb_array_elements($2::jsonb) as e (r)) as a
  join users u on u.tenant_id = $1 and (lower(u.email) = a.email or u.user_id = a.there)
 order by a.there, lower(u.email) = a.email desc
)sql";

constexpr auto kOtherUsers = R"sql(
select coalesce(jsonb_agg(e.r order by e.n), '[]')::text
  from jsonb_array_elements($1::jsonb) with ordinality as e (r, n)
 where (e.r->>'user_id')::uuid <> all ($2::uuid[])
)sql";

constexpr auto kKeptFrom = "select kept_from($1, 'journal', $2::int)";
// By the archive's own settings, which are written last.
constexpr auto kKeptFromChosen = R"sql(
select now() - interval '1 day' * least($1::int,
           coalesce(nullif(current_setting('winnow.max_retention_days', true), ''), '3650')::int)
)sql";

constexpr auto kAddAlerts = R"sql(
select import_alerts($1, $2, $3, $4, $5::timestamptz[], $6::bigint[], $7::integer[], $8::bytea[], $9::bytea[])
)sql";
// Whoever writes the next one counts on from these.
constexpr auto kNumbers = R"sql(
select coalesce((select next_number from ticket_numbers where tenant_id = $1), 1)
       > coalesce((select max(number) from tickets where tenant_id = $1), 0)
   and not exists (select from tickets where tenant_id = $1 and number < 1)
   and coalesce((select next_number from ticket_numbers where tenant_id = $1), 1) < 9007199254740992
)sql";
constexpr auto kTimelines = R"sql(
select not exists (select from tickets t
                    where t.tenant_id = $1
                      and t.event_seq < (select max(e.seq) from ticket_events e
                                          where e.tenant_id = t.tenant_id and e.ticket_id = t.ticket_id))
)sql";

constexpr auto kIsHis = R"sql(
select exists (select from imports where tenant_id = $1 and import_id = $2 and runner = $3 and attempt = $4
                                     and state = 'writing')
)sql";
constexpr auto kFinish = "select finish_import($1, $2, $3, $4)";

/// What is counted once and for all, and not by the day.
constexpr std::array kCounted{Quota::users,          Quota::keys,  Quota::integrations, Quota::contacts,
                              Quota::contact_groups, Quota::rules, Quota::silences,     Quota::maintenance_windows,
                              Quota::inhibitions};

Error refused(std::string message)
{
    return {ErrorCode::invalid_argument, std::move(message)};
}

Result<Done> may_be_written(std::string_view state)
{
    if (state == "active") return Done{};
    return refused("the tenant is " + std::string(state) + ": nothing is imported meanwhile");
}

/// PostgreSQL's first line names the constraint or the type, and no more of a value than people wrote themselves.
std::string first_line_of(const pqxx::sql_error& failure)
{
    constexpr std::size_t kMost = 200;
    const std::string what = failure.what();
    return what.substr(0, std::min(what.find('\n'), kMost));
}

}  // namespace

bool is_of_the_data(const pqxx::sql_error& failure)
{
    // libpqxx 6 leaves the SQLSTATE out where it has a class for it.
    const std::string_view state = failure.sqlstate();
    return state.starts_with("22") || state.starts_with("23") || state.starts_with("54") ||
           dynamic_cast<const pqxx::data_exception*>(&failure) != nullptr ||
           dynamic_cast<const pqxx::integrity_constraint_violation*>(&failure) != nullptr;
}

Result<std::unique_ptr<ports::ImportTarget>> PgImportTarget::open(const PgOptions& api, TenantProofs& proofs,
                                                                  const ports::ImportJob& job,
                                                                  const domain::TenantLimits& limits)
{
    std::unique_ptr<PgImportTarget> target(new PgImportTarget(api, job, limits));
    const Watchdog::Guard guard(*target->dog_, target->session_.socket(), kPatience);
    auto begun = proofs.begin(target->session_, job.tenant, {.statement_timeout = kStatement});
    if (!begun) return begun.error();
    target->transaction_ = *std::move(begun);
    if (auto ready = target->begin(); !ready) return ready.error();
    return target;
}

Result<Done> PgImportTarget::begin()
{
    auto& tx = transaction_->tx();
    const auto tenant = query(tx, kTenant, job_.tenant);
    if (tenant.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
    if (auto may = may_be_written(text_of(tenant[0][1])); !may) return may;
    version_ = tenant[0][0].as<std::int64_t>();
    if (const auto taken = first_in_the_way(tx, job_.tenant); !taken.empty())
        return refused(in_the_way_of_import(taken));
    tx.exec(kParentsLater);
    return Done{};
}

Result<std::map<Uuid, Uuid>> PgImportTarget::add_users(std::span<const std::string> lines)
{
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    return translated([&]() -> Result<std::map<Uuid, Uuid>> {
        auto& tx = transaction_->tx();
        const auto all = array_of_lines(lines);
        std::map<Uuid, Uuid> known;
        std::vector<Uuid> theirs;
        for (const auto& row : query(tx, kKnownUsers, job_.tenant, all)) {
            theirs.push_back(uuid_of(row[0]));
            known.emplace(theirs.back(), uuid_of(row[1]));
        }
        const auto others = text_of(query(tx, kOtherUsers, all, array_of(theirs))[0][0]);
        if (others == "[]") return known;
        if (auto written = write("users", others); !written) return written.error();
        return known;
    });
}

Result<Done> PgImportTarget::add(std::string_view resource, std::span<const std::string> lines)
{
    if (lines.empty()) return Done{};
    const auto* const table = imported_table(resource);
    if (table != nullptr && table->as == ImportedAs::merged) {
        if (lines.size() > 1 || merged_.contains(resource)) return refused("a tenant has one row of these");
        merged_.emplace(resource, array_of_lines(lines));
        return Done{};
    }
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    return translated([&] { return write(resource, array_of_lines(lines)); });
}

/// In a session of its own: what it changes is everybody's, and not to be held as long as an import takes.
Result<Done> PgImportTarget::may_have_groups()
{
    Session asking(api_);
    pqxx::nontransaction tx(asking.connection());
    if (query(tx, kMayBegin)[0][0].as<bool>()) return Done{};
    return refused(
        "the archive has management groups, of which a program of an earlier version, which was at work within the "
        "last five minutes, knows nothing: import it when all nodes are upgraded");
}

Result<Done> PgImportTarget::write(std::string_view resource, const std::string& lines)
{
    const auto* const table = imported_table(resource);
    if (table == nullptr) return Done{};
    if (resource != resource_) {
        if (auto may = within_quotas(); !may) return may;  // of what was written before it
        if (resource == kGroups) {
            if (auto may = may_have_groups(); !may) return may;
        }
        resource_ = resource;
    }
    const auto sql = "select import_rows($1, $2, $3, $4, " + rows_of(*table, "$5") + ")";
    try {
        query(transaction_->tx(), sql.c_str(), job_.id, job_.runner, job_.attempt, resource, lines);
    } catch (const pqxx::sql_error& failure) {
        if (!is_of_the_data(failure)) throw;
        return refused(first_line_of(failure));
    }
    return Done{};
}

std::optional<std::int64_t> PgImportTarget::chosen_days() const
{
    const auto settings = merged_.find("tenant_settings");
    if (settings == merged_.end()) return std::nullopt;
    const auto row = nlohmann::json::parse(settings->second).front();
    const auto days = row.find("journal_retention_days");
    if (days == row.end() || !days->is_number_integer()) return std::nullopt;
    return days->get<std::int64_t>();
}

Result<Timestamp> PgImportTarget::alerts_kept_from()
{
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    return translated([&]() -> Result<Timestamp> {
        if (const auto days = chosen_days(); days) {
            return time_of(query(transaction_->tx(), kKeptFromChosen, *days)[0][0]);
        }
        const auto usual = domain::class_of(domain::Kept::journal).usual.count();
        return time_of(query(transaction_->tx(), kKeptFrom, job_.tenant, usual)[0][0]);
    });
}

Result<Done> PgImportTarget::add_alerts(domain::StreamId stream, std::span<const ports::ImportedAlerts> rows)
{
    if (rows.empty()) return Done{};
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    return translated([&]() -> Result<Done> {
        ArrayLiteral ats;
        ArrayLiteral seqs;
        ArrayLiteral counts;
        ArrayLiteral payloads;
        ArrayLiteral judged;
        for (const auto& row : rows) {
            ats.add(row.position.received_at);
            seqs.add(row.position.seq);
            counts.add(row.alerts);
            payloads.add(hex_bytes(row.payload));
            judged.add(hex_bytes(row.verdicts));
        }
        try {
            query(transaction_->tx(), kAddAlerts, job_.id, job_.runner, job_.attempt, stream, ats.take(), seqs.take(),
                  counts.take(), payloads.take(), judged.take());
        } catch (const pqxx::sql_error& failure) {
            if (!is_of_the_data(failure)) throw;
            return refused(first_line_of(failure));
        }
        return Done{};
    });
}

Result<Done> PgImportTarget::within_quotas()
{
    auto& tx = transaction_->tx();
    const auto uses = make_quota_store(tx, job_.tenant)->all();
    if (!uses) return uses.error();
    for (const auto quota : kCounted) {
        const auto& use = (*uses)[static_cast<std::size_t>(quota)];
        const auto most = domain::most_of(use, limits_);
        if (!most || use.used <= *most) continue;
        const auto& known = domain::class_of(quota);
        return refused(std::string("with the archive the tenant would have ")
                           .append(std::to_string(use.used) + " " + std::string(known.things))
                           .append(", of which it may have " + std::to_string(*most) + " (the quota ")
                           .append(known.name) +
                       "): ask your provider for more");
    }
    const auto groups = query(tx, kGroupCount, job_.tenant)[0][0].as<std::size_t>();
    if (groups > limits_.max_management_groups) {
        return refused("with the archive the tenant would have " + std::to_string(groups) +
                       " management groups, of which it may have " + std::to_string(limits_.max_management_groups) +
                       " (tenants.max_management_groups): ask your provider for more");
    }
    return Done{};
}

/// Locks the tenant's configuration, as it was when this began.
Result<Done> PgImportTarget::lock_as_it_was()
{
    auto& tx = transaction_->tx();
    std::optional<pqxx::result> tenant;
    for (int attempt = 0; !tenant && attempt < kLockAttempts; ++attempt) {
        tx.exec("savepoint before_lock");
        tx.exec(kLockSoon);
        try {
            tenant = query(tx, kLock, job_.tenant);
        } catch (const pqxx::sql_error& failure) {
            if (failure.sqlstate() != "55P03") throw;
            tx.exec("rollback to savepoint before_lock");
        }
    }
    if (!tenant) return Error(ErrorCode::conflict, "somebody else changes the tenant all the time");
    tx.exec("release savepoint before_lock");
    query(tx, kLockUsual, std::to_string(api_.lock_timeout.count()));
    if (tenant->empty()) return Error(ErrorCode::not_found, "there is no such tenant");
    if (auto may = may_be_written(text_of((*tenant)[0][1])); !may) return may;
    const auto other = first_of_others(tx, job_.tenant);
    if ((*tenant)[0][0].as<std::int64_t>() == version_ && other.empty()) return Done{};
    return refused("what the tenant has was changed while the archive was written" +
                   (other.empty() ? std::string() : " (" + other + ")") + ": import it into a tenant that rests");
}

Result<Done> PgImportTarget::record(const ports::ImportSummary& summary)
{
    audit::Act act;
    act.actor.id = job_.created_by;
    act.name = audit::kImportDone;
    act.object = "import:" + job_.id.str();
    nlohmann::json detail{{"rows", summary.rows},
                          {"from", {{"id", summary.from.str()}, {"service_code", summary.service_code}}}};
    if (const auto lists = merged_.find(kNetworks); lists != merged_.end()) {
        const auto row = nlohmann::json::parse(lists->second).front();
        for (const auto* const list : {"users", "admins", "keys"})
            detail[kNetworks][list] = row.value(list, nlohmann::json::array());
    }
    act.detail = detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const auto recorded = make_audit_store(transaction_->tx(), job_.tenant)->append(act);
    return recorded ? Result<Done>(Done{}) : Result<Done>(recorded.error());
}

Result<bool> PgImportTarget::finish(const ports::ImportSummary& summary)
{
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    return translated([&]() -> Result<bool> {
        auto& tx = transaction_->tx();
        try {
            tx.exec(kAllNow);
        } catch (const pqxx::sql_error& failure) {
            if (!is_of_the_data(failure)) throw;
            return refused(first_line_of(failure));
        }
        if (!query(tx, kTimelines, job_.tenant)[0][0].as<bool>()) {
            return refused("a ticket has more in its timeline (ticket_events) than its event_seq says: export again");
        }
        // From here on it takes moments, in which others wait.
        if (auto locked = lock_as_it_was(); !locked) return locked.error();
        if (!query(tx, kIsHis, job_.tenant, job_.id, job_.runner, job_.attempt)[0][0].as<bool>()) return false;
        for (const auto& [resource, lines] : merged_) {
            if (auto written = write(resource, lines); !written) return written.error();
        }
        if (!query(tx, kNumbers, job_.tenant)[0][0].as<bool>()) {
            return refused("ticket_numbers does not go on from the tickets' numbers: export again");
        }
        if (auto may = within_quotas(); !may) return may.error();
        if (auto readable = can_be_read(tx, job_.tenant, limits_); !readable) return readable.error();
        const auto done = query(tx, kFinish, job_.id, job_.runner, job_.attempt, summary.rows);
        if (!done[0][0].as<bool>()) return false;
        // Last: until the end nobody else appends to the tenant's chain.
        if (auto recorded = record(summary); !recorded) return recorded.error();
        transaction_->commit();
        return true;
    });
}

}  // namespace winnow::pg

#include "integration/api/world.hpp"

#include "pg/rows/values.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace winnow::test {
namespace {

/// The API's sessions.
constexpr auto kSessions = " from pg_stat_activity where datname = current_database() and usename = 'winnow_api'";

long occurrences(std::string_view text, std::string_view word)
{
    long found = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++found;
    return found;
}

}  // namespace

AnswerOf::AnswerOf(Answered answered)
    : Answered(std::move(answered)), etag(header("ETag")), link(header("Link")), retry_after(header("Retry-After"))
{
}

void LossyDatabase::begin(bool loses)
{
    loses_ = loses;
    jobs_ = 0;
}

void LossyDatabase::submit(TenantId tenant, Job job, Finished finished, Terms terms)
{
    constexpr int kBeforePages = 2;  // the call's own job, and the one that records it
    const int number = jobs_++;
    const bool is_first_try = number >= kBeforePages && number % 2 == 0;
    if (loses_ && is_first_try) {
        job = [this, job = std::move(job)](ports::TenantSession& session) mutable -> Result<Done> {
            if (auto done = job(session); !done) return done;
            ++lost_;
            return Error(ErrorCode::unavailable, "lost on its way");
        };
    }
    database_.submit(tenant, std::move(job), std::move(finished), std::move(terms));
}

World::World()
{
    sql("insert into tenants (tenant_id, service_code, name) values ('" + ours_.str() + "', 'ours', 'Ours'), ('" +
        theirs_.str() + "', 'theirs', 'Theirs')");
    sql("insert into users (tenant_id, user_id, email, name, role) values ('" + ours_.str() + "', '" + user_ +
        "', 'ann@example.org', 'Ann', 'operator'), ('" + ours_.str() + "', '" + second_user_ +
        "', 'ben@example.org', 'Ben', 'operator')");
    // kNow is a day of its own: what came in on it is kept however late it is by the database's clock.
    sql("insert into tenant_settings (tenant_id, journal_retention_days) values ('" + ours_.str() + "', 3650), ('" +
        theirs_.str() + "', 3650)");
    sql("select make_day_partitions('2026-11-20', 6)");
    who_.kind = access::CredentialKind::user_key;
    who_.tenant = ours_;
    who_.user = *UserId::parse(user_);
    who_.user_name = "Ann";
    who_.role = access::Role::operator_;
}

pqxx::result World::sql(const std::string& statement)
{
    return pqxx::nontransaction(admin_).exec(statement);
}

api::Services World::services()
{
    api::Services services;
    services.clock = [this] {
        return now_;
    };
    services.ids = names_;
    services.outbox_changed = [this] {
        ++outbox_wakes_;
    };
    return services;
}

AnswerOf World::call(std::string_view method, const std::string& target, const nlohmann::json& body,
                     const std::string& if_match)
{
    Asked asked{.method = method, .target = target, .body = body};
    if (!if_match.empty()) asked.headers.push_back({"If-Match", if_match});
    lossy_.begin(loses_pages_);
    return AnswerOf(calls_.call(who_, asked, [this](std::string_view page) {
        longest_page_ = std::max(longest_page_, page.size());
        ++pages_;
        if (between_pages_) between_pages_();
    }));
}

std::vector<std::string> World::ids(const std::string& target)
{
    const auto answered = get(target);
    EXPECT_EQ(answered.status, 200) << target << ": " << answered.text;
    std::vector<std::string> found;
    if (answered.status != 200) return found;
    for (const auto& item : answered.body["items"]) found.push_back(item["id"]);
    return found;
}

std::vector<std::string> World::all_ids(const std::string& path, const std::string& query, int limit)
{
    std::vector<std::string> found;
    std::string cursor;
    for (int page = 0; page < 1'000; ++page) {
        const auto answered =
            get(path + "?limit=" + std::to_string(limit) + query + (cursor.empty() ? "" : "&cursor=" + cursor));
        EXPECT_EQ(answered.status, 200) << answered.text;
        if (answered.status != 200) return found;
        EXPECT_LE(answered.body["items"].size(), static_cast<std::size_t>(limit));
        for (const auto& item : answered.body["items"]) found.push_back(item["id"]);
        if (answered.body["next_cursor"].is_null()) return found;
        cursor = answered.body["next_cursor"];
        EXPECT_NE(answered.link.find("cursor=" + cursor), std::string::npos) << answered.link;
    }
    ADD_FAILURE() << "the pages never end";
    return found;
}

/// The next call opens another one. By then PostgreSQL has their statistics.
void World::end_sessions()
{
    sql(std::string("select pg_terminate_backend(pid)") + kSessions);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (sql(std::string("select count(*)") + kSessions)[0][0].as<int>() > 0) {  // polls, with a deadline
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("a session of the API does not end");
    }
}

long World::statements_of(const std::function<void()>& work)
{
    const auto has_log = "alter role winnow_api in database " + database_.name;
    sql(has_log + " set log_statement = 'all'");
    end_sessions();
    in_session([](ports::TenantSession&) {});  // what opens a session is before the mark
    std::ifstream log(PostgresCluster::instance().log());
    if (!log.seekg(0, std::ios::end)) throw std::runtime_error("the server's log cannot be read");
    work();
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    sql(has_log + " reset log_statement");
    end_sessions();
    const auto sent = occurrences(text, "LOG:  statement: ") + occurrences(text, "LOG:  execute ");
    EXPECT_GT(sent, 0) << "the server's log tells of no statement: " << text;
    return sent;
}

long World::difference_by(const std::string& target, const std::string& statistics)
{
    return difference_by([&] { EXPECT_EQ(get(target).status, 200) << target; }, statistics);
}

long World::difference_by(const std::function<void()>& work, const std::string& statistics)
{
    const auto counted = [&] {
        end_sessions();
        sql("select pg_stat_force_next_flush()");  // what the test itself has read is not the API's
        return sql(statistics)[0][0].as<long>();
    };
    const auto before = counted();
    work();
    return counted() - before;
}

long World::rows_read_by(const std::string& target)
{
    return difference_by(target,
                         "select (select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('tickets',"
                         " 'ticket_search'))::bigint + (select sum(seq_tup_read) from pg_stat_user_tables where relname"
                         " in ('tickets', 'ticket_search'))::bigint");
}

long World::events_read_by(const std::function<void()>& work)
{
    return difference_by(work,
                         "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = "
                         "'ticket_events'");
}

long World::pages_read_by(const std::string& target)
{
    return difference_by(target,
                         "select heap_blks_hit + heap_blks_read from pg_statio_user_tables where relname = 'tickets'");
}

std::string World::add_ticket(const TicketSeed& seed, std::optional<TenantId> tenant)
{
    const auto number = ++made_;
    const auto id = seed.id.is_nil() ? TicketId(Uuid::v7(static_cast<std::uint64_t>(kNow.time_since_epoch().count()), 0,
                                                         static_cast<std::uint64_t>(number)))
                                     : seed.id;
    pqxx::nontransaction tx(admin_);
    pg::query(tx,
              "insert into tickets (tenant_id, ticket_id, number, state, severity, title, description, dedup_key,"
              " service, labels, assignee, occurrences, first_seen_at, last_seen_at, opened_at, event_seq, suppressed)"
              " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nullif($11, '')::uuid, 1, $12, $12, $12, 0, $13)",
              tenant.value_or(ours_), id, number, seed.state, seed.severity, seed.title, seed.description,
              seed.dedup_key.empty() ? "key-" + std::to_string(number) : seed.dedup_key, seed.service, seed.labels,
              seed.assignee, seed.opened_at, seed.suppressed);
    return id.str();
}

domain::RowPosition World::journal(std::uint64_t seq, Timestamp at, const std::vector<domain::Alert>& alerts,
                                   const std::vector<std::optional<domain::Verdict>>& verdicts)
{
    std::string lines;
    int stored = 0;
    for (auto alert : alerts) {
        if (!alert.title.empty()) {  // no title: a gap
            ++stored;
            alert.received_at = at;
            intake::append_canonical(alert, lines);
        }
        lines += '\n';
    }
    pqxx::nontransaction tx(admin_);
    pg::query(tx, "insert into journal values ($1, $2, $3, $4, $5, $6)", who_.tenant, at, stream_, seq, stored,
              pg::Bytes{journal::encode_rows(lines)});
    if (!verdicts.empty()) {
        pg::query(tx, "insert into verdicts values ($1, $2, $3, $4, $5)", who_.tenant, at, stream_, seq,
                  pg::Bytes{journal::encode_verdicts(verdicts)});
    }
    return {.received_at = at, .stream = stream_, .seq = seq};
}

std::string World::add_delivery(const std::string& ticket, int event_seq, const std::string& state,
                                Timestamp created_at, const std::string& contact)
{
    const DeliveryId id(Uuid::v7(1, 0, static_cast<std::uint64_t>(++made_)));
    pqxx::nontransaction tx(admin_);
    pg::query(tx,
              "insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, state,"
              " created_at, last_error, last_status, payload)"
              " values ($1, $2, $3, $4, 'opened', $5, $6, $7, 'refused', 503, '{\"type\":\"ticket.opened\"}')",
              who_.tenant, id, ticket, event_seq, contact.empty() ? "0199c0de-0000-7000-8000-0000000000c1" : contact,
              state, created_at);
    return id.str();
}

void World::add_event(const std::string& ticket, int seq, const std::string& kind, Timestamp at,
                      const std::string& alert_id)
{
    pqxx::nontransaction tx(admin_);
    pg::query(
        tx, "insert into ticket_events values ($1, $2, $3, $4, $5, 'system', jsonb_build_object('alert_id', $6::text))",
        who_.tenant, ticket, seq, kind, at, alert_id);
    pg::query(tx, "update tickets set event_seq = greatest(event_seq, $3) where tenant_id = $1 and ticket_id = $2",
              who_.tenant, ticket, seq);
}

domain::Alert an_alert(std::string title)
{
    domain::Alert alert;
    alert.title = std::move(title);
    alert.dedup_key = "key of " + alert.title;
    alert.integration = "monitoring";
    alert.integration_id = *IntegrationId::parse("0199c0de-0000-7000-8000-0000000000f1");
    return alert;
}

}  // namespace winnow::test

#include "integration/tickets/world.hpp"

#include "api/rest/problem.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/tenant_session.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>

namespace winnow::test {
namespace {

std::vector<std::string> segments(std::string_view path)
{
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        parts.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

/// The pattern's parameters, or nullopt where the path is not of the pattern.
std::optional<std::vector<std::pair<std::string, std::string>>> match(std::string_view pattern, std::string_view path)
{
    const auto wanted = segments(pattern);
    const auto given = segments(path);
    if (wanted.size() != given.size()) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> parameters;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].starts_with('{')) {
            parameters.emplace_back(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
        } else if (wanted[i] != given[i]) {
            return std::nullopt;
        }
    }
    return parameters;
}

const std::vector<api::Route>& routes()
{
    static const auto kRoutes = [] {
        auto all = api::ticket_routes();
        for (auto& route : api::alert_routes()) all.push_back(std::move(route));
        for (auto& route : api::delivery_routes()) all.push_back(std::move(route));
        return all;
    }();
    return kRoutes;
}

std::string header_of(const http::Response& response, std::string_view name)
{
    for (const auto& header : response.headers) {
        if (header.name == name) return header.value;
    }
    return "";
}

AnswerOf answer(const http::Response& response)
{
    AnswerOf out;
    out.status = response.status;
    out.text = response.body.text();
    out.etag = header_of(response, "ETag");
    out.link = header_of(response, "Link");
    out.retry_after = header_of(response, "Retry-After");
    if (header_of(response, "Content-Type").find("json") != std::string::npos) {
        out.body = nlohmann::json::parse(response.body.text());
    }
    return out;
}

}  // namespace

World::World() : session_(pg::PgOptions{.conninfo = database_.api})
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

AnswerOf World::call(std::string_view method, const std::string& target, const nlohmann::json& body,
                     const std::string& if_match)
{
    http::Request request;
    request.head.method = std::string(method);
    const auto mark = target.find('?');
    request.head.path = "/api/v1" + target.substr(0, mark);
    if (mark != std::string::npos) request.head.query = target.substr(mark + 1);
    if (!body.is_null()) {
        request.body = body.dump();
        request.head.headers.push_back({"Content-Type", "application/json"});
    }
    if (!if_match.empty()) request.head.headers.push_back({"If-Match", if_match});

    api::Services services;
    services.ids = names_;
    services.outbox_changed = [this] {
        ++outbox_wakes_;
    };
    for (const auto& route : routes()) {
        auto parameters = match(route.pattern, request.head.path);
        if (route.method != method || !parameters) continue;
        const api::Call call{request, who_, std::move(*parameters), now_, services};
        auto result = [&] {
            const auto transaction =
                proofs_.begin(session_, who_.tenant, {.reads_only = api::only_reads(route, request.head)}).value();
            pg::PgTenantSession nouns(transaction->tx(), who_.tenant);
            auto answered = route.handler(call, nouns);
            if (answered) transaction->commit();
            return answered;
        }();
        const auto pages = result ? std::move(result->pages()) : nullptr;
        auto response = api::made_of(std::move(result), call);
        if (pages) response->body = all_of(*pages, call);
        return response ? answer(*response) : answer(api::problem(response.error()));
    }
    throw std::runtime_error("no route for " + target);
}

std::string World::all_of(api::Pages& pages, const api::Call& call)
{
    std::string text;
    for (bool is_last = false; !is_last;) {
        const auto transaction = proofs_.begin(session_, who_.tenant, {.reads_only = true}).value();
        pg::PgTenantSession nouns(transaction->tx(), who_.tenant);
        auto read = pages.read(call, nouns).value();
        if (loses_pages_) read = pages.read(call, nouns).value();
        transaction->commit();
        const auto page = read().value();
        text += page.text;
        is_last = page.is_last;
        longest_page_ = std::max(longest_page_, page.text.size());
        ++pages_;
        if (between_pages_) between_pages_();
    }
    return text;
}

void World::in_moment(const std::function<void(ports::TenantSession&)>& work)
{
    const auto transaction = proofs_.begin(session_, who_.tenant, {.reads_only = true}).value();
    pg::PgTenantSession nouns(transaction->tx(), who_.tenant);
    work(nouns);
}

void World::in_session(const std::function<void(ports::TenantSession&)>& work)
{
    const auto transaction = proofs_.begin(session_, who_.tenant).value();
    pg::PgTenantSession nouns(transaction->tx(), who_.tenant);
    work(nouns);
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

long World::statements_of(const std::function<void()>& work)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> trace(std::tmpfile(), &std::fclose);
    if (!trace) throw std::runtime_error("no temporary file");
    session_.connection().trace(trace.get());
    work();
    session_.connection().trace(nullptr);
    std::rewind(trace.get());
    std::string text;
    std::array<char, 4096> part{};
    while (const auto read = std::fread(part.data(), 1, part.size(), trace.get())) text.append(part.data(), read);
    long sent = 0;
    for (const std::string_view message : {"\tParse\t", "\tQuery\t"}) {
        for (auto at = text.find(message); at != std::string::npos; at = text.find(message, at + 1)) ++sent;
    }
    return sent;
}

long World::difference_by(const std::string& target, const std::string& statistics)
{
    return difference_by([&] { EXPECT_EQ(get(target).status, 200) << target; }, statistics);
}

long World::difference_by(const std::function<void()>& work, const std::string& statistics)
{
    const auto flush_and_count = [&] {
        pg::Transaction transaction(session_);
        pg::query(transaction.tx(), "select pg_stat_force_next_flush()");
        transaction.commit();
        return sql(statistics)[0][0].as<long>();
    };
    const auto before = flush_and_count();
    work();
    return flush_and_count() - before;
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

/// @file
/// ./dev bench export: how long an export of a tenant with a million alerts takes, and how flat its memory is.

#include "support/postgres.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/export_jobs.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pipeline/export_runner.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kAlertsARow = 1'000;
constexpr std::int64_t kAlertsATicket = 50;
constexpr std::chrono::minutes kLongest{30};

struct Measured {
    double seconds = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::int64_t grown_kib = 0;  ///< Of this process's peak of memory, while it was made.
};

std::int64_t peak_kib()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// Some 400 bytes each, of which some differ.
std::string row_of_alerts(std::int64_t first)
{
    std::string lines;
    for (std::int64_t i = first; i < first + kAlertsARow; ++i) {
        const auto number = std::to_string(i);
        lines += R"({"title":"Disk of host-)" + std::to_string(i % 997) + R"( is full","dedup_key":")" +
                 std::to_string(i % 20'011) + R"(","labels":{"env":"prod","host":"host-)" + std::to_string(i % 997) +
                 R"(","region":"tokyo-1","trace":")" + crypto::to_hex(crypto::sha256(number)).substr(0, 16) +
                 R"("},"description":")" + std::string(160, 'd') + number + "\"}\n";
    }
    return journal::encode_rows(lines);
}

void fill(pqxx::connection& superuser, const TenantId& tenant, std::int64_t alerts)
{
    const auto t = "'" + tenant.str() + "'";
    pqxx::nontransaction tx(superuser);
    tx.exec("select make_day_partitions((now() at time zone 'UTC')::date, 1)");
    for (std::int64_t row = 0; row < alerts / kAlertsARow; ++row) {
        tx.exec("insert into journal values (" + t + ", now(), 1, " + std::to_string(row + 1) + ", " +
                std::to_string(kAlertsARow) + ", decode('" + crypto::to_hex(row_of_alerts(row * kAlertsARow)) +
                "', 'hex'))");
    }
    tx.exec(
        "insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
        "first_seen_at, last_seen_at, opened_at) select " +
        t +
        ", gen_random_uuid(), n, 'closed', 1, 'Disk of host ' || n, 'k' || n, 1, now(), now(), now() "
        "from generate_series(1, " +
        std::to_string(alerts / kAlertsATicket) + ") n");
    tx.exec(
        "insert into ticket_events select tenant_id, ticket_id, s, 'opened', now(), 'system', "
        "jsonb_build_object('text', repeat('x', 200)) from tickets, generate_series(1, 3) s");
}

void wait_until_ready(pqxx::connection& superuser)
{
    for (const auto end = Clock::now() + kLongest; Clock::now() < end;) {
        const auto state = pqxx::nontransaction(superuser).exec1("select state || ' ' || error from exports");
        const std::string said = state[0].c_str();
        if (said.starts_with("ready")) return;
        if (said.starts_with("failed")) {
            std::cerr << said << '\n';
            std::exit(1);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});  // polls for the end
    }
    std::cerr << "the export is not ready after " << kLongest.count() << " minutes\n";
    std::exit(1);
}

Measured measure(std::int64_t alerts)
{
    const auto database = test::PostgresCluster::instance().fresh_database();
    const TenantId tenant(Uuid::from_words(1, 1));
    const auto made = pg::make_provider_store(pg::PgOptions{.conninfo = database.provider})
                          ->create_tenant({.id = tenant,
                                           .service_code = "bench",
                                           .name = "Bench",
                                           .admin_id = UserId(Uuid::from_words(1, 2)),
                                           .admin_email = "admin@example.org",
                                           .admin_name = "Admin",
                                           .admin_key_id = ApiKeyId(Uuid::from_words(1, 3)),
                                           .admin_key_hash = crypto::sha256("key"),
                                           .admin_key_hint = "wnu_1234"});
    if (!made) std::exit(1);
    pqxx::connection superuser(database.superuser);
    fill(superuser, tenant, alerts);
    pqxx::nontransaction(superuser).exec(
        "insert into exports (tenant_id, export_id, state, created_at, created_by) values ('" + tenant.str() +
        "', gen_random_uuid(), 'queued', now(), 'user:x')");
    observe::Metrics metrics;
    const auto jobs =
        pg::make_export_jobs(pg::PgOptions{.conninfo = database.pipeline}, pg::PgOptions{.conninfo = database.api});
    const auto before = peak_kib();
    const auto begun = Clock::now();
    {
        pipeline::ExportRunner runner(*jobs, domain::AlertIds(), {.node = "bench", .max_bytes = std::int64_t{1} << 40U},
                                      metrics);
        runner.start();
        wait_until_ready(superuser);
    }
    const auto row = pqxx::nontransaction(superuser).exec1("select rows, bytes from exports");
    return {.seconds = std::chrono::duration<double>(Clock::now() - begun).count(),
            .rows = row[0].as<std::int64_t>(),
            .bytes = row[1].as<std::int64_t>(),
            .grown_kib = peak_kib() - before};
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench export [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    setenv("WINNOW_TEST_FSYNC", "on", 1);
    const std::int64_t alerts = quick ? 100'000 : 1'000'000;
    const auto measured = winnow::measure(alerts);
    if (json) {
        std::cout << R"({"alerts": )" << alerts << R"(, "rows": )" << measured.rows << R"(, "bytes": )"
                  << measured.bytes << R"(, "seconds": )" << measured.seconds << R"(, "grown_kib": )"
                  << measured.grown_kib << "}\n";
    } else {
        std::cout << alerts << " alerts, " << measured.rows << " rows in all: " << measured.bytes << " bytes in "
                  << measured.seconds << " s; memory grew by " << measured.grown_kib << " KiB\n";
    }
    return 0;
}

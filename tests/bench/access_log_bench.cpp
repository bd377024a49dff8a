/// @file
/// ./dev bench access-log: what a REST call's entry in the access log costs, as the ratio to the same call without.
///
/// Calls with and without take turns in one run, on one database whose commits reach the disk: what the machine does
/// meanwhile falls on both.

#include "support/postgres.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/access_records.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/access/access_log.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun)
{
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

ports::AccessEntry entry()
{
    static std::atomic<std::uint64_t> count = 0;
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return {.at = now,
            .id = Uuid::v7(static_cast<std::uint64_t>(now.time_since_epoch().count()), 1, ++count),
            .actor = "user:0199c0de-0000-7000-8000-000000000002",
            .means = "user_key",
            .key = Uuid::from_words(1, 3),
            .role = "operator",
            .address = "192.0.2.7",
            .method = "GET",
            .route = "/api/v1/tickets/{id}",
            .object = "0199c0de-0000-7000-8000-000000000004",
            .status = 200,
            .bytes = 1'200,
            .request_id = "0199c0de-0000-7000-8000-000000000003"};
}

audit::Act act()
{
    audit::Act act;
    act.name = "rule.change";
    act.object = "rule:0199c0de-0000-7000-8000-000000000004";
    return act;
}

/// A node's stores, and one tenant.
class Bench {
public:
    Bench()
    {
        const auto made = pg::make_provider_store(pg::PgOptions{.conninfo = database_.provider})
                              ->create_tenant({.id = tenant_,
                                               .service_code = "bench",
                                               .name = "Bench",
                                               .admin_id = UserId(Uuid::from_words(1, 2)),
                                               .admin_email = "admin@example.org",
                                               .admin_name = "Admin",
                                               .admin_key_id = ApiKeyId(Uuid::from_words(1, 3)),
                                               .admin_key_hash = crypto::sha256("key"),
                                               .admin_key_hint = "wnu_1234"});
        if (!made || !records_->prepare()) std::exit(1);
    }

    /// What only reads: its entry goes beside it.
    void read(bool logged)
    {
        run(true, [](ports::TenantSession& session) -> Result<Done> {
            const auto read = session.settings().load();
            if (!read) return read.error();
            return Done{};
        });
        if (!logged) return;
        std::promise<Result<Done>> stored;
        records_->store({.tenant = tenant_, .entry = entry()}, 0,
                        [&](Result<Done> done) { stored.set_value(std::move(done)); });
        if (!stored.get_future().get()) std::exit(1);
    }

    /// What changes something: its entry is in its transaction.
    void change(bool logged)
    {
        run(false, [&](ports::TenantSession& session) -> Result<Done> {
            const auto appended = session.audit().append(act());
            if (!appended) return appended.error();
            return logged ? session.access_log().add(entry()) : Result<Done>(Done{});
        });
    }

private:
    template <typename Work>
    void run(bool reads, Work work)
    {
        std::promise<Result<Done>> finished;
        tenants_->submit(
            tenant_, [&](ports::TenantSession& session) { return work(session); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); },
            {.given_up = {}, .statement_timeout = std::chrono::milliseconds{0}, .reads_only = reads});
        if (!finished.get_future().get()) std::exit(1);
    }

    const test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();
    const TenantId tenant_{Uuid::from_words(1, 1)};
    const std::unique_ptr<ports::AccessRecords> records_ =
        pg::make_access_records(pg::PgOptions{.conninfo = database_.pipeline});
    const std::unique_ptr<ports::TenantDatabase> tenants_ =
        pg::make_tenant_database({.conninfo = database_.api, .connections = 8}, database_.pipeline);
};

using What = void (Bench::*)(bool);

/// Calls a second from so many askers at once.
double rate(Bench& bench, What what, bool logged, int askers, double seconds)
{
    std::atomic<std::int64_t> calls = 0;
    const auto begun = Clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < askers; ++i) {
        threads.emplace_back([&] {
            while (seconds_since(begun) < seconds) {
                (bench.*what)(logged);
                ++calls;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    return static_cast<double>(calls) / seconds_since(begun);
}

struct Row {
    std::string_view what;
    int askers;
    double without;  ///< Calls a second.
    double logged;
};

Row measure(Bench& bench, std::string_view name, What what, int askers, bool quick)
{
    const double seconds = quick ? 0.2 : 1.0;
    const int rounds = quick ? 3 : 9;
    std::vector<double> without;
    std::vector<double> logged;
    for (int round = 0; round < rounds; ++round) {
        const bool first = round % 2 == 0;
        (first ? without : logged).push_back(rate(bench, what, !first, askers, seconds));
        (first ? logged : without).push_back(rate(bench, what, first, askers, seconds));
    }
    return {.what = name, .askers = askers, .without = median(without), .logged = median(logged)};
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench access-log [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    setenv("WINNOW_TEST_FSYNC", "on", 1);
    winnow::Bench bench;
    constexpr std::array kAskers{1, 4, 16};
    std::vector<winnow::Row> rows;
    for (const int askers : kAskers) {
        rows.push_back(winnow::measure(bench, "read", &winnow::Bench::read, askers, quick));
        rows.push_back(winnow::measure(bench, "change", &winnow::Bench::change, askers, quick));
    }
    if (json) std::cout << "[";
    for (const auto& row : rows) {
        const auto ratio = row.without / row.logged;
        if (json) {
            std::cout << (&row == rows.data() ? "" : ", ") << R"({"what": ")" << row.what << R"(", "askers": )"
                      << row.askers << R"(, "without_per_second": )" << row.without << R"(, "logged_per_second": )"
                      << row.logged << R"(, "ratio": )" << ratio << "}";
        } else {
            std::cout << row.what << ", " << row.askers << " at once: " << row.logged << "/s with an entry, "
                      << row.without << "/s without; a call costs " << ratio << " times as much\n";
        }
    }
    if (json) std::cout << "]\n";
    return 0;
}

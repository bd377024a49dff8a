/// @file
/// ./dev bench audit: how fast one tenant's audit log grows, and how fast a long one is verified.

#include "support/postgres.hpp"
#include "winnow/audit/export_lines.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun)
{
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

audit::Act act()
{
    audit::Act act;
    act.actor = {.id = "user:0199c0de-0000-7000-8000-000000000002",
                 .means = "user_key",
                 .request_id = "0199c0de-0000-7000-8000-000000000003"};
    act.name = "rule.change";
    act.object = "rule:0199c0de-0000-7000-8000-000000000004";
    act.detail = R"({"address":"192.0.2.7","changes":{"name":{"from":"development","to":"development is not urgent"}},)"
                 R"("email":"operator@example.org","name":"An Operator","user_agent":"curl/7.88.1"})";
    return act;
}

/// Lines of an export, as a server would send them.
std::string log_of(std::int64_t records)
{
    const Uuid tenant = Uuid::from_words(1, 1);
    const auto one = act();
    auto text = audit::first_line(tenant, records);
    auto previous = audit::first_previous();
    for (std::int64_t seq = 1; seq <= records; ++seq) {
        const auto salt = crypto::sha256(std::to_string(seq)).substr(0, 16);
        const auto record = audit::record_text(one, Timestamp(std::chrono::milliseconds{1'795'000'000'000 + seq}), "id",
                                               crypto::to_hex(crypto::sha256(salt + one.detail)));
        const auto hash = audit::link_hash(crypto::sha256, tenant, seq, previous, record);
        text += audit::link_line({.seq = seq, .hash = hash, .record = record, .detail = one.detail, .salt = salt});
        previous = hash;
    }
    return text;
}

/// Seconds to verify it; what is not good ends the program.
double verify(std::string_view text, std::int64_t records)
{
    const auto begun = Clock::now();
    audit::ExportReader reader(crypto::sha256, {});
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (!reader.read(text.substr(0, end))) std::exit(1);
        text.remove_prefix(end + 1);
    }
    const auto verdict = reader.finish();
    if (!verdict || verdict->finding || verdict->last != records) std::exit(1);
    return seconds_since(begun);
}

/// Acts a second of one tenant, each its own transaction with a commit that reaches the disk, from `askers` at once.
double append(int askers, double seconds)
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
    const auto tenants = pg::make_tenant_database({.conninfo = database.api, .connections = 4}, database.pipeline);
    const auto one = act();
    std::atomic<std::int64_t> appended = 0;
    const auto begun = Clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < askers; ++i) {
        threads.emplace_back([&] {
            while (seconds_since(begun) < seconds) {
                std::promise<Result<Done>> finished;
                tenants->submit(
                    tenant,
                    [&](ports::TenantSession& session) -> Result<Done> {
                        const auto seq = session.audit().append(one);
                        if (!seq) return seq.error();
                        return Done{};
                    },
                    [&](Result<Done> done) { finished.set_value(std::move(done)); });
                if (!finished.get_future().get()) std::exit(1);
                ++appended;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    return static_cast<double>(appended) / seconds_since(begun);
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench audit [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    setenv("WINNOW_TEST_FSYNC", "on", 1);
    const std::int64_t records = quick ? 100'000 : 1'000'000;
    const auto text = winnow::log_of(records);
    const auto verified = winnow::verify(text, records);
    const auto appended = winnow::append(4, quick ? 1.0 : 10.0);
    if (json) {
        std::cout << R"({"records": )" << records << R"(, "verify_seconds": )" << verified
                  << R"(, "appends_per_second": )" << appended << "}\n";
    } else {
        std::cout << records << " records verified in " << verified << " s; " << appended
                  << " appends/s of one tenant\n";
    }
    return 0;
}

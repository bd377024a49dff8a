/// @file
/// ./dev bench vault: what sealing costs, and whether anything fails to open while keys are rotated under load.

#include "support/postgres.hpp"
#include "support/vault_database.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/tenant_key.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/key_store.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/tenant_keys.hpp"
#include "winnow/vault/key_ring.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace winnow {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kSecret = "https://hooks.example.org/services/T0123456/B0123456/abcdefghijklmnopqrstuvwx";

[[noreturn]] void fail(const std::string& what)
{
    std::cerr << "bench vault: " << what << '\n';
    std::exit(1);
}

template <typename T>
T good(Result<T> result)
{
    if (!result) fail(result.error().message());
    return *std::move(result);
}

double seconds_since(Clock::time_point begun)
{
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

TenantId tenant(std::size_t number)
{
    return TenantId(Uuid::from_words(1, number));
}

ContactId contact(std::size_t number)
{
    return ContactId(Uuid::from_words(2, number));
}

/// As far as a node has to do with secrets.
struct Node {
    Node(const std::string& main, const std::string& vault, const std::string& name)
        : sessions(pg::PgOptions{.conninfo = main}),
          keys(pg::make_key_store(vault, 4)),
          ring(*keys, roots(), before, pg::begins_tenant_keys(sessions), {.node = name}, metrics),
          chores(pg::make_chores(sessions, {}, {}, {},
                                 pg::VaultChores{.sealing = &ring,
                                                 .keys = keys.get(),
                                                 .is_there = [this] { return ring.is_there(); },
                                                 .rewrap = [this](std::size_t limit) { return ring.rewrap(limit); },
                                                 .renew =
                                                     [this](std::size_t limit) {
                                                         return ring.renew(limit, 24h, 1U << 28U);
                                                     }}))
    {
    }

    static std::vector<crypto::RootKey> roots()
    {
        std::vector<crypto::RootKey> keys;
        for (const char byte : {'a', 'b'}) keys.emplace_back(std::string(32, byte));
        return keys;
    }

    void do_all(const std::string& chore)
    {
        const auto found = std::ranges::find(chores->list(), chore, &ports::Chore::name);
        const auto at = static_cast<std::size_t>(found - chores->list().begin());
        while (true) {
            const auto step = chores->step(at);
            if (!step && step.error().code() == ErrorCode::conflict) continue;
            if (!good(step).more) return;
        }
    }

    const crypto::Sealer before{std::string(32, 'k')};
    observe::Metrics metrics;
    pg::Sessions sessions;
    std::unique_ptr<ports::KeyStore> keys;
    vault::KeyRing ring;
    std::unique_ptr<ports::Chores> chores;
};

struct Figures {
    std::size_t secrets = 0;
    double seal_ns = 0;
    double open_ns = 0;
    double rewrap_seconds = 0;
    double reseal_seconds = 0;
    std::size_t opened = 0;
    std::size_t errors = 0;
    std::size_t nonces = 0;
    bool nonces_differ = false;
};

void make_tenants(const std::string& provider, std::size_t count)
{
    const auto store = pg::make_provider_store(pg::PgOptions{.conninfo = provider});
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = std::to_string(i);
        good(store->create_tenant({.id = tenant(i),
                                   .service_code = "bench" + number,
                                   .name = "Bench",
                                   .admin_id = UserId(Uuid::from_words(3, i)),
                                   .admin_email = "admin@example.org",
                                   .admin_name = "Admin",
                                   .admin_key_id = ApiKeyId(Uuid::from_words(4, i)),
                                   .admin_key_hash = crypto::sha256(number),
                                   .admin_key_hint = "wnu_1234"}));
    }
}

void make_secrets(Node& node, const std::string& superuser, std::size_t tenants, std::size_t each)
{
    pqxx::connection connection(superuser);
    pqxx::nontransaction tx(connection);
    for (std::size_t t = 0; t < tenants; ++t) {
        std::string rows;
        for (std::size_t i = 0; i < each; ++i) {
            const auto id = contact(t * each + i);
            const auto sealed = good(node.ring.seal(domain::sealed_setting_place(tenant(t), id, "url"), kSecret));
            rows += (rows.empty() ? "('" : ", ('") + tenant(t).str() + "', '" + id.str() + "', 'c" + std::to_string(i) +
                    R"(', 'webhook', '{"url": {"shown": "https://hooks.example.org", "sealed": ")" +
                    crypto::to_base64(sealed) + R"("}}'))";
        }
        tx.exec("insert into contacts (tenant_id, contact_id, name, type, settings) values " + rows);
    }
}

/// Reads secrets as they are stored, and opens them, until it is told to end.
void read_on(Node& node, const std::string& superuser, std::size_t secrets, std::size_t each, std::size_t seed,
             const std::atomic<bool>& over, std::atomic<std::size_t>& opened, std::atomic<std::size_t>& errors)
{
    pqxx::connection connection(superuser);
    pqxx::nontransaction tx(connection);
    for (auto at = seed; !over; at = (at * 48'271 + 1) % secrets) {
        const auto id = contact(at);
        const auto rows =
            tx.exec_params("select settings->'url'->>'sealed' from contacts where contact_id = $1 and tenant_id = $2",
                           id.str(), tenant(at / each).str());
        std::string sealed;
        if (!crypto::from_base64(rows[0][0].c_str(), sealed)) fail("a secret that is no base64");
        const auto secret = node.ring.open(domain::sealed_setting_place(tenant(at / each), id, "url"), sealed);
        if (secret && *secret == kSecret) {
            ++opened;
        } else {
            ++errors;
        }
    }
}

void rotate(Figures& figures, std::size_t tenants, std::size_t each)
{
    const auto database = test::PostgresCluster::instance().fresh_database();
    const test::VaultDatabase vault;
    Node one(database.pipeline, vault.url(), "one");
    Node two(database.pipeline, vault.url(), "two");
    make_tenants(database.provider, tenants);
    figures.secrets = tenants * each;
    make_secrets(one, database.superuser, tenants, each);

    std::atomic<bool> over = false;
    std::atomic<std::size_t> opened = 0;
    std::atomic<std::size_t> errors = 0;
    std::vector<std::thread> load;
    for (std::size_t i = 0; i < 2; ++i) {
        load.emplace_back([&, i] {
            read_on(i == 0 ? one : two, database.superuser, figures.secrets, each, i, over, opened, errors);
        });
    }
    const auto both = [&](const std::string& chore) {
        std::thread beside([&] { two.do_all(chore); });
        one.do_all(chore);
        beside.join();
    };

    auto begun = Clock::now();
    good(one.keys->rotate_root(Node::roots()[1].id()));
    for (auto* node : {&one, &two}) good(node->ring.refresh());
    both("rewrap_keys");
    if (good(one.keys->facts()).to_rewrap != 0) fail("keys are left to be wrapped anew");
    figures.rewrap_seconds = seconds_since(begun);

    vault.sql("update tenant_keys set created_at = created_at - interval '2 days'");
    begun = Clock::now();
    both("renew_keys");
    // Whoever is skipped by one, because the other is at it, is found by the next round.
    const auto older = "select count(*) from contacts where oldest_key_version(settings) < 2";
    pqxx::connection connection(database.superuser);
    pqxx::nontransaction tx(connection);
    while (tx.exec(older)[0][0].as<std::int64_t>() > 0) both("reseal_secrets");
    figures.reseal_seconds = seconds_since(begun);
    over = true;
    for (auto& thread : load) thread.join();
    figures.opened = opened;
    figures.errors = errors;
}

void measure(Figures& figures, std::size_t times)
{
    const auto key = crypto::TenantKey::make(1);
    const auto binding = domain::sealed_binding(domain::sealed_setting_place(tenant(1), contact(1), "url"), 1);
    std::string sealed;
    auto begun = Clock::now();
    for (std::size_t i = 0; i < times; ++i) sealed = key.seal(kSecret, "webhook", binding);
    figures.seal_ns = seconds_since(begun) * 1e9 / static_cast<double>(times);
    begun = Clock::now();
    for (std::size_t i = 0; i < times; ++i) good(key.open(sealed, "webhook", binding));
    figures.open_ns = seconds_since(begun) * 1e9 / static_cast<double>(times);
}

void draw_nonces(Figures& figures, std::size_t count)
{
    using Nonce = std::array<char, 12>;
    constexpr std::size_t kHead = 5;
    const auto key = crypto::TenantKey::make(1);
    std::vector<Nonce> nonces(count);
    for (auto& nonce : nonces) {
        const auto sealed = key.seal("", "webhook", "");
        std::copy_n(sealed.begin() + kHead, nonce.size(), nonce.begin());
    }
    std::ranges::sort(nonces);
    figures.nonces = count;
    figures.nonces_differ = std::ranges::adjacent_find(nonces) == nonces.end();
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench vault [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    winnow::Figures figures;
    winnow::measure(figures, quick ? 10'000 : 200'000);
    winnow::draw_nonces(figures, quick ? 100'000 : 10'000'000);
    winnow::rotate(figures, quick ? 20 : 1'000, 100);
    if (json) {
        std::cout << R"({"secrets": )" << figures.secrets << R"(, "seal_ns": )" << figures.seal_ns << R"(, "open_ns": )"
                  << figures.open_ns << R"(, "rewrap_seconds": )" << figures.rewrap_seconds << R"(, "reseal_seconds": )"
                  << figures.reseal_seconds << R"(, "opened": )" << figures.opened << R"(, "errors": )"
                  << figures.errors << R"(, "nonces": )" << figures.nonces << R"(, "nonces_differ": )"
                  << (figures.nonces_differ ? "true" : "false") << "}\n";
    } else {
        std::cout << "a secret is sealed in " << figures.seal_ns << " ns, opened in " << figures.open_ns << " ns; "
                  << figures.nonces << " nonces " << (figures.nonces_differ ? "differ" : "DO NOT DIFFER") << '\n'
                  << figures.secrets << " secrets: another root key in " << figures.rewrap_seconds
                  << " s, another key for each tenant in " << figures.reseal_seconds << " s; meanwhile "
                  << figures.opened << " opened, " << figures.errors << " failed\n";
    }
    return figures.errors == 0 && figures.nonces_differ ? 0 : 1;
}

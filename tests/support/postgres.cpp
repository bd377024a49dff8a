#include "support/postgres.hpp"

#include "support/child_process.hpp"
#include "winnow/pg/migrator.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::test {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kInitdb = {WINNOW_PG_BINDIR "/initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                          "--locale=C.UTF-8",         "-N"};

constexpr auto kCreateTemplate =
    "create database template_winnow template template0 locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'";

/// Cannot be told from one that was made anew.
Template migrated_cluster()
{
    Template wanted{.name = "integration", .made_of = kInitdb};
    wanted.made_of.emplace_back(kCreateTemplate);
    wanted.made_of.emplace_back(WINNOW_MIGRATOR_SHA256);
    for (const auto& [name, sql] : pg::embedded_migrations()) {
        wanted.made_of.emplace_back(name);
        wanted.made_of.emplace_back(sql);
    }
    return wanted;
}

bool fsync_wanted()
{
    const char* wanted = std::getenv("WINNOW_TEST_FSYNC");
    return wanted != nullptr && std::string_view(wanted) == "on";
}

}  // namespace

void put_cluster(Template wanted, const fs::path& to, const std::function<void()>& make)
{
    std::vector<fs::path> servers = {WINNOW_PG_BINDIR};
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none))
        servers.push_back(entry.path() / "bin");
    std::ranges::sort(servers);
    for (const auto& programs : servers) wanted.made_of.push_back(identity_of(programs / "postgres"));
    // initdb writes down in which zone it ran.
    const char* zone = std::getenv("TZ");
    wanted.made_of.emplace_back(zone == nullptr ? "" : zone);
    wanted.made_of.push_back(identity_of("/etc/localtime"));
    put_copy(WINNOW_CLUSTER_TEMPLATES, wanted, to, make);
}

PostgresCluster& PostgresCluster::instance()
{
    static PostgresCluster cluster;
    return cluster;
}

// As the schema describes the proof, without the program's own code.
void begin_as(pqxx::transaction_base& tx, const TestDatabase& database, const std::string& tenant,
              const std::string& groups)
{
    const std::string moment =
        tx.exec("begin; select encode(int4send(pg_backend_pid()) || timestamptz_send(now()), 'hex')")[0][0].c_str();
    pqxx::connection connection(database.superuser);
    pqxx::nontransaction admin(connection);
    const auto about = "uuid_send('" + tenant + "') || decode('" + moment + "', 'hex')";
    const auto proof_of = [](const std::string& what) {
        return "encode(sha256(outer_pad || sha256(inner_pad || " + what + ")), 'hex')";
    };
    const auto proofs = admin.exec1(
        "select " + proof_of(about) + ", " +
        proof_of("'groups'::bytea || " + about + " || convert_to('" + groups + "', 'UTF8')") + " from tenant_key");
    tx.exec("select set_config('winnow.tenant_id', '" + tenant + "', true), set_config('winnow.tenant_proof', '" +
            proofs[0].c_str() + "', true), set_config('winnow.groups', '" + groups +
            "', true), set_config('winnow.groups_proof', '" + proofs[1].c_str() + "', true)");
}

PostgresCluster::PostgresCluster()
{
    std::string name = (fs::temp_directory_path() / "winnow-pg-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    if (const passwd* user = postgres_user(); user != nullptr && chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("chown failed");
    }
    put_cluster(migrated_cluster(), data(), [this] { make(); });
    start();
}

void PostgresCluster::make()
{
    auto initdb = kInitdb;
    initdb.insert(initdb.end(), {"-D", data().string()});
    run(initdb, folder_ / "log", As::postgres);
    start();
    {
        pqxx::connection admin(described("postgres").superuser);
        pqxx::nontransaction(admin).exec(kCreateTemplate);
    }
    const auto migrated = pg::migrate(described("template_winnow").superuser);
    if (!migrated) throw std::runtime_error("migration failed: " + migrated.error().message());
    // "fast": with a checkpoint, so that copies have nothing to recover.
    if (stop(SIGINT) != 0) throw std::runtime_error("PostgreSQL did not stop cleanly");
}

PostgresCluster::~PostgresCluster()
{
    stop(SIGQUIT);
    // Nobody waits for it: the files of two hundred databases took minutes on a disk that was busy.
    spawn({"/bin/rm", "-rf", folder_.string()}, "/dev/null", As::postgres, Ends::by_itself);
}

void PostgresCluster::start()
{
    std::vector<std::string> words = {WINNOW_PG_BINDIR "/postgres",
                                      "-D",
                                      data().string(),
                                      "-c",
                                      "listen_addresses=",
                                      "-c",
                                      "unix_socket_directories=" + folder_.string(),
                                      "-c",
                                      "max_connections=64",
                                      "-c",
                                      "max_wal_size=4GB"};
    if (!fsync_wanted()) {
        words.insert(words.end(), {"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"});
    }
    postmaster_ = spawn(words, log(), As::postgres);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (true) {
        try {
            const pqxx::connection ready(described("postgres").superuser);
            return;
        } catch (const pqxx::broken_connection&) {
            if (std::chrono::steady_clock::now() > deadline || waitpid(postmaster_, nullptr, WNOHANG) != 0) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds{20});  // polls for the condition, with a deadline
        }
    }
}

int PostgresCluster::stop(int how)
{
    if (postmaster_ <= 0) return 0;
    kill(postmaster_, how);
    return wait_for(std::exchange(postmaster_, -1));
}

void PostgresCluster::crash()
{
    stop(SIGQUIT);
    start();
}

TestDatabase PostgresCluster::described(const std::string& database) const
{
    const auto as = [&](const char* role) {
        return "host=" + folder_.string() + " dbname=" + database + " user=" + role;
    };
    return {.name = database,
            .superuser = as("postgres"),
            .owner = as("winnow_owner"),
            .api = as("winnow_api"),
            .pipeline = as("winnow_pipeline"),
            .provider = as("winnow_provider")};
}

TestDatabase PostgresCluster::create(const std::string& clause)
{
    const auto name = "t" + std::to_string(++made_);
    pqxx::connection admin(described("postgres").superuser);
    pqxx::nontransaction(admin).exec("create database " + name + " " + clause);
    return described(name);
}

TestDatabase PostgresCluster::fresh_database()
{
    return create("template template_winnow");
}

TestDatabase PostgresCluster::empty_database()
{
    return create("template template0");
}

}  // namespace winnow::test

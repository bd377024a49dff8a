#include "support/postgres.hpp"

#include "winnow/pg/migrator.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

namespace winnow::test {

namespace fs = std::filesystem;

namespace {

// PostgreSQL refuses to run as root, which CI often is.
const passwd* other_user()
{
    if (geteuid() != 0) return nullptr;
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) throw std::runtime_error("running as root, and there is no user postgres");
    return user;
}

/// What does not outlive the test ends with it, however it ends.
enum class Ends : std::uint8_t { with_the_test, by_itself };

pid_t spawn(const std::vector<std::string>& words, const fs::path& log, Ends ends = Ends::with_the_test)
{
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const passwd* user = other_user();
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;

    const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
        _exit(127);
    }
    if (ends == Ends::with_the_test) prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a killed test leaves no server behind
    if (chdir("/") != 0) _exit(127);
    execv(argv[0], argv.data());
    _exit(127);
}

int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

bool fsync_wanted()
{
    const char* wanted = std::getenv("WINNOW_TEST_FSYNC");
    return wanted != nullptr && std::string_view(wanted) == "on";
}

}  // namespace

PostgresCluster& PostgresCluster::instance()
{
    static PostgresCluster cluster;
    return cluster;
}

// As the schema describes the proof, without the program's own code.
void begin_as(pqxx::transaction_base& tx, const TestDatabase& database, const std::string& tenant)
{
    const std::string moment =
        tx.exec("begin; select encode(int4send(pg_backend_pid()) || timestamptz_send(now()), 'hex')")[0][0].c_str();
    pqxx::connection connection(database.superuser);
    pqxx::nontransaction admin(connection);
    const std::string proof = admin
                                  .exec1("select encode(sha256(outer_pad || sha256(inner_pad || uuid_send('" + tenant +
                                         "') || decode('" + moment + "', 'hex'))), 'hex') from tenant_key")[0]
                                  .c_str();
    tx.exec("select set_config('winnow.tenant_id', '" + tenant + "', true), set_config('winnow.tenant_proof', '" +
            proof + "', true)");
}

PostgresCluster::PostgresCluster()
{
    std::string name = (fs::temp_directory_path() / "winnow-pg-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    if (const passwd* user = other_user(); user != nullptr && chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("chown failed");
    }
    const pid_t initdb = spawn({WINNOW_PG_BINDIR "/initdb", "-D", name + "/data", "-U", "postgres", "-A", "trust", "-E",
                                "UTF8", "--locale=C.UTF-8", "-N"},
                               "/dev/null");
    if (wait_for(initdb) != 0) throw std::runtime_error("initdb failed");
    start();

    pqxx::connection admin(described("postgres").superuser);
    pqxx::nontransaction(admin).exec(
        "create database template_winnow template template0 locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'");
    const auto migrated = pg::migrate(described("template_winnow").superuser);
    if (!migrated) throw std::runtime_error("migration failed: " + migrated.error().message());
}

PostgresCluster::~PostgresCluster()
{
    stop();
    // Nobody waits for it: the files of two hundred databases took minutes on a disk that was busy.
    spawn({"/bin/rm", "-rf", folder_.string()}, "/dev/null", Ends::by_itself);
}

void PostgresCluster::start()
{
    std::vector<std::string> words = {WINNOW_PG_BINDIR "/postgres",
                                      "-D",
                                      (folder_ / "data").string(),
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
    postmaster_ = spawn(words, log());
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

void PostgresCluster::stop()
{
    if (postmaster_ <= 0) return;
    kill(postmaster_, SIGQUIT);
    wait_for(postmaster_);
    postmaster_ = -1;
}

void PostgresCluster::crash()
{
    stop();
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

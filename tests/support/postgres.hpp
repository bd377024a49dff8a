#pragma once

/// @file
/// A private PostgreSQL for one test binary.

#include "support/templates.hpp"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace winnow::test {

/// One migrated, empty database, and how each role reaches it.
struct TestDatabase {
    std::string name;
    std::string superuser;
    std::string owner;
    std::string api;
    std::string pipeline;
    std::string provider;
};

/// A transaction on a session of winnow_api, of the tenant, narrowed to these groups: what only a holder of the
/// database's key can begin. `groups`: an array as PostgreSQL reads one, or "*".
void begin_as(pqxx::transaction_base& tx, const TestDatabase& database, const std::string& tenant,
              const std::string& groups = "*");

/// As put_copy(), with the shelf of this build folder; of another PostgreSQL another template is made. `make` leaves
/// the cluster stopped.
void put_cluster(Template wanted, const std::filesystem::path& to, const std::function<void()>& make);

/// A cluster in a temporary folder, on a unix socket only, ended with the process and removed: a copy of the one that
/// the first test of this build made. fsync is off unless the environment says WINNOW_TEST_FSYNC=on. Databases sort by
/// ICU's en-US, so that a statement that silently counts on byte order fails here.
class PostgresCluster {
public:
    /// Starts it when first called.
    static PostgresCluster& instance();

    /// A clone of the migrated template, so that tests never share rows.
    [[nodiscard]] TestDatabase fresh_database();

    /// A database that nobody has migrated yet, owned by the superuser.
    [[nodiscard]] TestDatabase empty_database();

    /// Crashes the server (SIGQUIT, no checkpoint) and starts it again.
    void crash();

    [[nodiscard]] pid_t postmaster() const noexcept { return postmaster_; }

    /// The server's, of all databases.
    [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }

    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;
    ~PostgresCluster();

private:
    PostgresCluster();
    void make();  ///< initdb, and the migrated template; leaves it stopped.
    void start();
    int stop(int how);  ///< By this signal. The server's status.
    [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
    [[nodiscard]] TestDatabase described(const std::string& database) const;
    [[nodiscard]] TestDatabase create(const std::string& clause);

    std::filesystem::path folder_;
    pid_t postmaster_ = -1;
    int made_ = 0;
};

}  // namespace winnow::test

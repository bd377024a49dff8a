#pragma once

/// @file
/// A PostgreSQL of our own: made by initdb, on a unix socket only, supervised, gone when we are.

#include "app/dev/child_process.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace winnow::app::dev {

/// Where a state folder's cluster lives. As root that may be outside of it: PostgreSQL's account must get there.
struct ClusterPlace {
    std::filesystem::path state;     ///< The state folder that it belongs to.
    std::filesystem::path folder;    ///< Holds data/ and the log.
    std::filesystem::path socket;    ///< Folder of the socket; entered by its owner and root only.
    std::optional<Account> account;  ///< Whom the server runs as.
};
[[nodiscard]] ClusterPlace place_of_cluster(const std::filesystem::path& state_folder);

/// The same for the same state folder, short, and unlike any other's.
[[nodiscard]] std::string tag_of(const std::filesystem::path& state_folder);

/// The folder of those that are outside of their state folder.
inline constexpr auto kOutsideClusters = "/var/lib/winnow-dev";

/// Whether a server works on the cluster in that folder.
[[nodiscard]] bool is_running(const std::filesystem::path& folder);

/// Stops what an instance that was killed may have left running, and removes the cluster.
void remove_cluster(const ClusterPlace& place);

/// One thread of its own, which starts the server again should it end unasked.
class EmbeddedPostgres {
public:
    using Progress = std::function<void(const std::string& step)>;
    /// Waits so long. True: give up.
    using Pause = std::function<bool(std::chrono::milliseconds time)>;
    struct GivenUp {};

    /// Makes the cluster and the databases `winnow` and `winnow_vault` where they are missing; returns once connections
    /// are accepted, which after a crash may take minutes. Throws std::runtime_error that names the server's log, or
    /// GivenUp.
    EmbeddedPostgres(ClusterPlace place, const Progress& progress, const Pause& pause);

    /// As stop().
    ~EmbeddedPostgres();
    EmbeddedPostgres(const EmbeddedPostgres&) = delete;
    EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

    /// A URL for the role `user` on the database winnow.
    [[nodiscard]] std::string url(const std::string& user) const;
    /// The same on the vault's database.
    [[nodiscard]] std::string vault_url(const std::string& user) const;

    /// A clean shutdown, at once where it takes longer than 20 seconds.
    void stop();

private:
    [[nodiscard]] std::string url(const std::string& user, const std::string& database) const;
    void make_cluster(const Progress& progress);
    void supervise();
    void wait_until_ready(const Progress& progress, const Pause& pause);

    const ClusterPlace place_;
    const std::filesystem::path programs_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    bool gone_ = false;  ///< The supervisor has ended.
    pid_t postmaster_ = -1;
    std::thread supervisor_;
};

}  // namespace winnow::app::dev

#include "app/dev/embedded_postgres.hpp"

#include "app/dev/left_clusters.hpp"
#include "app/dev/state_folder.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"
#include "winnow/pg/cluster.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace winnow::app::dev {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto kSuperuser = "postgres";
constexpr auto kDatabase = "winnow";
constexpr auto kVault = "winnow_vault";
constexpr std::string_view kUnfinished = "data.new.";
constexpr auto kStartWithin = 60s;
constexpr auto kRecoverWithin = 15min;  // a crash may leave max_wal_size to be read again
constexpr auto kStopWithin = 20s;
constexpr auto kQuitWithin = 5s;
constexpr std::size_t kLongestSocketFolder = 90;  // a socket's whole path takes 107 bytes

void hand_over(const fs::path& folder, const std::optional<Account>& account)
{
    if (account && chown(folder.c_str(), account->user, account->group) != 0) {
        throw std::runtime_error("cannot give " + folder.string() + " to PostgreSQL's user");
    }
    fs::permissions(folder, fs::perms::owner_all);
}

/// A folder that nobody else can have put there for us: in /tmp everybody may.
void make_private_folder(const fs::path& folder, const std::optional<Account>& account)
{
    fs::create_directories(folder.parent_path());
    if (mkdir(folder.c_str(), S_IRWXU) == 0) hand_over(folder, account);
    struct stat found{};
    const auto owner = account ? account->user : geteuid();
    if (lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) || found.st_uid != owner ||
        (found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        throw std::runtime_error(folder.string() + " must be a folder of PostgreSQL's user alone; remove it");
    }
}

/// The server that runs on this cluster, if one does; -1 if none. A process id may have been given to somebody else
/// since: PostgreSQL works in its data folder.
pid_t running_on(const fs::path& data)
{
    const auto text = read_file(data / "postmaster.pid");
    pid_t pid = -1;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    if (pid <= 1) return -1;
    std::error_code unreadable;
    const auto folder = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", unreadable);
    return !unreadable && fs::equivalent(folder, data, unreadable) ? pid : -1;
}

/// Ends a server that a killed instance has left behind. What it committed is recovered by the next one.
void stop_left_behind(const fs::path& data)
{
    const auto pid = running_on(data);
    if (pid < 0) return;
    observe::info("stopping the PostgreSQL that was left behind", {{"pid", static_cast<int>(pid)}});
    kill(pid, SIGQUIT);
    const auto patience = std::chrono::steady_clock::now() + kStopWithin;
    while (running_on(data) == pid) {
        if (std::chrono::steady_clock::now() > patience) kill(pid, SIGKILL);
        std::this_thread::sleep_for(10ms);
    }
}

/// The programs of the version that made the cluster, else the newest.
fs::path find_programs(const fs::path& data)
{
    auto version = read_file(data / "PG_VERSION");
    while (!version.empty() && version.back() == '\n') version.pop_back();
    if (const char* given = std::getenv("WINNOW_POSTGRES_BIN"); given != nullptr) {
        if (fs::exists(fs::path(given) / "initdb")) return given;
        throw std::runtime_error("WINNOW_POSTGRES_BIN names " + std::string(given) + ", which holds no initdb");
    }
    int newest = 0;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", missing)) {
        if (!fs::exists(entry.path() / "bin/initdb")) continue;
        const auto name = entry.path().filename().string();
        if (name == version) return entry.path() / "bin";
        int number = 0;
        std::from_chars(name.data(), name.data() + name.size(), number);
        newest = std::max(newest, number);
    }
    constexpr int kOldest = 15;
    if (!version.empty() || newest < kOldest) {
        throw std::runtime_error("PostgreSQL " + (version.empty() ? "15" : version) +
                                 " is not installed: apt-get install postgresql-" + (version.empty() ? "15" : version) +
                                 ", or name its programs' folder in WINNOW_POSTGRES_BIN");
    }
    return fs::path("/usr/lib/postgresql") / std::to_string(newest) / "bin";
}

std::string percent_encoded(const std::string& text)
{
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.';
        encoded += plain ? std::string(1, c) : "%" + crypto::to_hex(std::string_view(&c, 1));
    }
    return encoded;
}

}  // namespace

std::string tag_of(const fs::path& state_folder)
{
    constexpr std::size_t kDigits = 16;
    return crypto::to_hex(crypto::sha256(state_folder.string())).substr(0, kDigits);
}

ClusterPlace place_of_cluster(const fs::path& state_folder)
{
    ClusterPlace place;
    place.state = state_folder;
    place.account = unprivileged_account();
    place.folder = state_folder / "postgres";
    if (place.account && !can_enter(state_folder, *place.account)) {
        place.folder = fs::path(kOutsideClusters) / tag_of(state_folder);
    }
    place.socket = place.folder;
    if (place.socket.string().size() > kLongestSocketFolder) {
        place.socket = fs::temp_directory_path() / ("winnow-" + tag_of(state_folder));
    }
    return place;
}

bool is_running(const fs::path& folder)
{
    return running_on(folder / "data") > 0;
}

void remove_cluster(const ClusterPlace& place)
{
    stop_left_behind(place.folder / "data");
    fs::remove_all(place.folder);
    if (place.socket != place.folder) fs::remove_all(place.socket);
}

EmbeddedPostgres::EmbeddedPostgres(ClusterPlace place, const Progress& progress, const Pause& pause)
    : place_(std::move(place)), programs_(find_programs(place_.folder / "data"))
{
    claim_cluster(place_, [&] { make_private_folder(place_.folder, place_.account); });
    if (place_.socket != place_.folder) make_private_folder(place_.socket, place_.account);
    stop_left_behind(place_.folder / "data");
    if (!fs::exists(place_.folder / "data")) make_cluster(progress);
    progress("starting PostgreSQL");
    supervisor_ = std::thread([this] { supervise(); });
    try {
        wait_until_ready(progress, pause);
        for (const auto* database : {kDatabase, kVault}) {
            const auto made = pg::ensure_database(url(kSuperuser, kSuperuser), database);
            if (!made) throw std::runtime_error("cannot make the database: " + made.error().message());
        }
    } catch (...) {
        stop();
        throw;
    }
}

EmbeddedPostgres::~EmbeddedPostgres()
{
    stop();
}

void EmbeddedPostgres::make_cluster(const Progress& progress)
{
    progress("making a PostgreSQL cluster in " + place_.folder.string());
    // Under another name until it is whole: an initdb that was killed must not look like a cluster. A name of our own,
    // since what a killed one has started may still be at work in its folder for a moment.
    for (const auto& entry : fs::directory_iterator(place_.folder)) {
        std::error_code still_written_to;
        if (entry.path().filename().string().starts_with(kUnfinished)) fs::remove_all(entry.path(), still_written_to);
    }
    const auto unfinished = place_.folder / (std::string(kUnfinished) + std::to_string(getpid()));
    const auto initdb = spawn({(programs_ / "initdb").string(), "-D", unfinished.string(), "-U", kSuperuser, "-A",
                               "trust", "-E", "UTF8", "--locale=C.UTF-8"},
                              place_.folder / "initdb.log", place_.account, SIGKILL);
    if (wait_for(initdb) != 0) {
        throw std::runtime_error("initdb failed; it says why in " + (place_.folder / "initdb.log").string());
    }
    fs::rename(unfinished, place_.folder / "data");
}

void EmbeddedPostgres::supervise()
{
    observe::name_thread("supervisor");
    const std::vector<std::string> words = {
        (programs_ / "postgres").string(),
        "-D",
        (place_.folder / "data").string(),
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_directories=" + place_.socket.string(),
        "-c",
        "unix_socket_permissions=0700",
        "-c",
        "max_connections=200",
        "-c",
        "shared_buffers=256MB",
        "-c",
        "max_wal_size=4GB",
        "-c",
        "checkpoint_timeout=15min",
        "-c",
        "jit=off",  // our statements are short
    };
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        try {
            // SIGQUIT at our death: it ends at once, and the next start recovers, as after any crash.
            postmaster_ = spawn(words, place_.folder / "postgres.log", place_.account, SIGQUIT);
        } catch (const std::runtime_error& failure) {
            observe::error("PostgreSQL cannot be started", {{"reason", failure.what()}});
        }
        const auto child = postmaster_;
        lock.unlock();
        if (child > 0) wait_for(child);
        lock.lock();
        postmaster_ = -1;
        if (stopping_) break;
        observe::error("PostgreSQL ended unasked; starting it again",
                       {{"log", place_.folder.string() + "/postgres.log"}});
        changed_.wait_for(lock, 1s, [this] { return stopping_; });
    }
    gone_ = true;
    changed_.notify_all();
}

void EmbeddedPostgres::wait_until_ready(const Progress& progress, const Pause& pause)
{
    const auto begun = std::chrono::steady_clock::now();
    const auto postmaster = [this] {
        const std::lock_guard lock(mutex_);
        return postmaster_;
    };
    pid_t first = -1;
    bool said = false;
    while (!pg::accepts_connections(url(kSuperuser, kSuperuser))) {
        if (first < 0) first = postmaster();
        const auto waited = std::chrono::steady_clock::now() - begun;
        // One that ends is started again, and has another number; one that goes on has a log to read.
        const bool recovers = first > 0 && postmaster() == first;
        if (waited > kStartWithin && recovers && !said) {
            progress("PostgreSQL recovers from a crash, which may take minutes; Ctrl-C gives up");
            said = true;
        }
        if (waited > (recovers ? kRecoverWithin : kStartWithin)) {
            throw std::runtime_error("PostgreSQL does not start; it says why in " +
                                     (place_.folder / "postgres.log").string());
        }
        if (pause(10ms)) throw GivenUp();  // polls for the condition, with a deadline
    }
}

std::string EmbeddedPostgres::url(const std::string& user) const
{
    return url(user, kDatabase);
}

std::string EmbeddedPostgres::vault_url(const std::string& user) const
{
    return url(user, kVault);
}

std::string EmbeddedPostgres::url(const std::string& user, const std::string& database) const
{
    return "postgresql://" + user + "@/" + database + "?host=" + percent_encoded(place_.socket.string());
}

void EmbeddedPostgres::stop()
{
    if (!supervisor_.joinable()) return;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (postmaster_ > 0) kill(postmaster_, SIGINT);  // "fast": ends sessions, writes a checkpoint
    if (!changed_.wait_for(lock, kStopWithin, [this] { return gone_; }) && postmaster_ > 0) {
        observe::warn("PostgreSQL takes long to stop; it recovers at the next start");
        kill(postmaster_, SIGQUIT);
        // One that is stopped or hangs hears neither.
        if (!changed_.wait_for(lock, kQuitWithin, [this] { return gone_; }) && postmaster_ > 0)
            kill(postmaster_, SIGKILL);
    }
    lock.unlock();
    supervisor_.join();
    std::error_code not_empty;
    if (place_.socket != place_.folder) fs::remove(place_.socket, not_empty);  // nobody would find it there
}

}  // namespace winnow::app::dev

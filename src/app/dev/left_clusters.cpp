#include "app/dev/left_clusters.hpp"

#include "app/dev/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace winnow::app::dev {

namespace fs = std::filesystem;

namespace {

/// What says whose the cluster TAG is, beside it: what is in it belongs to PostgreSQL's account, which root does not
/// trust.
constexpr std::string_view kOwner = ".state-folder";

/// A state folder that is missing may come back: its volume is mounted again, or it is another container's. One that
/// stays away so long is gone.
constexpr std::chrono::seconds kGoneAfter = std::chrono::hours(24);

/// Where its file system is not the one that it was on, only a person can know whether that is merely unmounted or has
/// another number now (overlay and btrfs, after a reboot): after so long the cluster is told, and never removed.
constexpr std::chrono::seconds kToldAfter = std::chrono::days(30);

/// What the file beside a cluster says.
struct Owner {
    std::string folder;
    std::optional<std::int64_t> device;         ///< The file system that the folder was on.
    std::optional<std::int64_t> missing_since;  ///< Seconds since 1970; of the first start that found it missing.
    std::optional<std::int64_t> away_since;     ///< The same, of the first that did not find its file system either.
};

std::optional<std::int64_t> number_after(std::string_view line, std::string_view word)
{
    if (!line.starts_with(word)) return std::nullopt;
    line.remove_prefix(word.size());
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (wrong != std::errc() || end != line.data() + line.size()) return std::nullopt;
    return value;
}

Owner read_owner(const fs::path& file)
{
    const auto text = read_file(file);
    Owner owner;
    std::size_t at = 0;
    for (int number = 0; at < text.size(); ++number) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = std::string_view(text).substr(at, end - at);
        if (number == 0) owner.folder = line;
        if (const auto device = number_after(line, "device ")) owner.device = device;
        if (const auto since = number_after(line, "missing since ")) owner.missing_since = since;
        if (const auto since = number_after(line, "away since ")) owner.away_since = since;
        at = end + 1;
    }
    return owner;
}

void write_owner(const fs::path& file, const Owner& owner)
{
    auto text = owner.folder + "\n";
    if (owner.device) text += "device " + std::to_string(*owner.device) + "\n";
    if (owner.missing_since) text += "missing since " + std::to_string(*owner.missing_since) + "\n";
    if (owner.away_since) text += "away since " + std::to_string(*owner.away_since) + "\n";
    write_private_file(file, text);
}

/// Of the file system that the folder is on, or would be on.
std::optional<std::int64_t> device_of(fs::path folder)
{
    for (;; folder = folder.parent_path()) {
        struct stat found{};
        if (stat(folder.c_str(), &found) == 0) return static_cast<std::int64_t>(found.st_dev);
        if (errno != ENOENT || folder == folder.parent_path()) return std::nullopt;
    }
}

std::chrono::seconds now()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
}

/// Whether the file system that the owner was on is here.
bool is_within_reach(const Owner& owner)
{
    return owner.device && device_of(owner.folder) == owner.device;
}

/// Whether the owner, which is missing, has been so for long. Where its file system is away it is not missing at all.
bool is_gone(const fs::path& file, Owner owner)
{
    if (!is_within_reach(owner)) return false;
    if (owner.missing_since) return now() - std::chrono::seconds(*owner.missing_since) >= kGoneAfter;
    owner.missing_since = now().count();
    owner.away_since = {};
    write_owner(file, owner);
    return false;
}

/// Whether nobody has seen the owner or its file system for so long that a person should look.
bool is_long_away(const fs::path& file, Owner owner)
{
    if (is_within_reach(owner)) return false;
    if (owner.away_since) return now() - std::chrono::seconds(*owner.away_since) >= kToldAfter;
    owner.away_since = now().count();
    write_owner(file, owner);
    return false;
}

/// Held by whoever removes clusters and by whoever makes one: what is removed cannot have come into use meanwhile.
class OutsideLock {
public:
    OutsideLock() : folder_(open(kOutsideClusters, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        if (folder_ >= 0) flock(folder_, LOCK_EX);
    }
    ~OutsideLock()
    {
        if (folder_ >= 0) close(folder_);
    }
    OutsideLock(const OutsideLock&) = delete;
    OutsideLock& operator=(const OutsideLock&) = delete;

private:
    int folder_;
};

bool is_outside(const ClusterPlace& place)
{
    return place.folder.parent_path() == kOutsideClusters;
}

/// A folder of PostgreSQL's account alone, as we make them.
bool is_private_folder(const fs::path& folder, const Account& account)
{
    struct stat found{};
    return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == account.user &&
           (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

}  // namespace

void claim_cluster(const ClusterPlace& place, const std::function<void()>& make)
{
    if (!is_outside(place)) return make();
    fs::create_directories(kOutsideClusters);
    const OutsideLock lock;
    write_owner(
        place.folder.string() + std::string(kOwner),
        {.folder = place.state.string(), .device = device_of(place.state), .missing_since = {}, .away_since = {}});
    make();
}

void remove_left_clusters(const ClusterPlace& place, const std::function<void(const std::string&)>& say)
{
    if (!place.account) return;
    const OutsideLock lock;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(kOutsideClusters, failure)) {
        if (entry.path().extension() != kOwner) continue;
        const auto owner = read_owner(entry.path());
        const auto tag = entry.path().stem().string();
        const auto cluster = fs::path(kOutsideClusters) / tag;
        // Its name is made of the state folder's path: what does not fit is not ours.
        if (tag != tag_of(owner.folder) || cluster == place.folder) continue;
        if (StateFolder::is_one(owner.folder)) {
            // Seen: what it is on may have another number since a reboot, or an earlier version did not note it.
            const auto device = device_of(owner.folder);
            if (owner.missing_since || owner.away_since || device != owner.device) {
                write_owner(entry.path(),
                            {.folder = owner.folder, .device = device, .missing_since = {}, .away_since = {}});
            }
            continue;
        }
        if (is_running(cluster)) continue;
        if (is_long_away(entry.path(), owner)) {
            say("the state folder " + owner.folder + " and its file system have been away for over 30 days; if they " +
                "are gone for good, remove its database: rm -r " + cluster.string() + " " + entry.path().string());
        }
        if (!is_gone(entry.path(), owner)) continue;
        if (is_private_folder(cluster, *place.account)) {
            say("removing the database of " + owner.folder + ", which is gone");
            fs::remove_all(cluster, failure);
            if (failure) {
                say("cannot remove " + cluster.string() + ": " + failure.message());
                continue;
            }
        }
        fs::remove(entry.path(), failure);
        const auto socket = fs::temp_directory_path() / ("winnow-" + tag);
        if (is_private_folder(socket, *place.account)) fs::remove_all(socket, failure);
    }
}

}  // namespace winnow::app::dev

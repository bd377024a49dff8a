#include "app/dev/left_clusters.hpp"

#include "app/dev/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <system_error>

namespace winnow::app::dev {

namespace fs = std::filesystem;

namespace {

/// What says whose the cluster TAG is, beside it: what is in it belongs to PostgreSQL's account, which root does not
/// trust.
constexpr std::string_view kOwner = ".state-folder";

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
    write_private_file(place.folder.string() + std::string(kOwner), place.state.string() + "\n");
    make();
}

void remove_left_clusters(const ClusterPlace& place, const std::function<void(const std::string&)>& say)
{
    if (!place.account) return;
    const OutsideLock lock;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(kOutsideClusters, failure)) {
        if (entry.path().extension() != kOwner) continue;
        auto owner = read_file(entry.path());
        while (owner.ends_with('\n')) owner.pop_back();
        const auto tag = entry.path().stem().string();
        const auto cluster = fs::path(kOutsideClusters) / tag;
        // Its name is made of the state folder's path: what does not fit is not ours.
        if (tag != tag_of(owner) || cluster == place.folder || StateFolder::is_one(owner) || is_running(cluster))
            continue;
        if (is_private_folder(cluster, *place.account)) {
            say("removing the database of " + owner + ", which is gone");
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

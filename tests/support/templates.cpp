#include "support/templates.hpp"

#include "support/child_process.hpp"
#include "winnow/crypto/digest.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <system_error>

namespace winnow::test {

namespace fs = std::filesystem;

namespace {

/// Ends with us, however we end.
class FileLock {
public:
    explicit FileLock(const fs::path& file) : file_(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR))
    {
        if (file_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
    }
    ~FileLock() { close(file_); }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    /// LOCK_SH or LOCK_EX. The one that is held is given back first.
    void take(int kind) const
    {
        while (flock(file_, kind) != 0) {
            if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "flock");
        }
    }

private:
    int file_;
};

/// nullptr, and a word about it, where we cannot write there.
std::unique_ptr<FileLock> lock_of(const fs::path& shelf, const std::string& name)
{
    try {
        fs::create_directories(shelf);
        return std::make_unique<FileLock>(shelf / (name + ".lock"));
    } catch (const std::system_error& failure) {
        std::cerr << "nothing is kept for other tests: " << failure.what() << std::endl;
        return nullptr;
    }
}

std::string this_boot()
{
    std::string id;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
    return id;
}

std::string key_of(std::vector<std::string> parts)
{
    parts.push_back(this_boot());
    parts.push_back(std::to_string(geteuid()));  // whose the files are
    std::string all;
    for (const auto& part : parts) all += std::to_string(part.size()) + ' ' + part;
    constexpr std::size_t kDigits = 16;
    return crypto::to_hex(crypto::sha256(all)).substr(0, kDigits);
}

void copy_folder(const fs::path& from, const fs::path& to)
{
    run({"/bin/cp", "-a", "--reflink=auto", "-T", from.string(), to.string()}, {}, As::ourselves);
}

/// Under a name of our own until it is whole: what we have started may outlive us for a moment.
void keep(const fs::path& made, const fs::path& kept, const std::string& of_this_name)
{
    const fs::path unfinished = kept.string() + ".new." + std::to_string(getpid());
    std::error_code failure;
    try {
        copy_folder(made, unfinished);
        fs::rename(unfinished, kept);
    } catch (const std::exception& failed) {
        std::cerr << "nothing is kept for other tests: " << failed.what() << std::endl;
        fs::remove_all(unfinished, failure);
        return;
    }
    for (const auto& entry : fs::directory_iterator(kept.parent_path())) {
        const bool ours = entry.path().filename().string().starts_with(of_this_name);
        if (ours && entry.path() != kept) fs::remove_all(entry.path(), failure);
    }
}

}  // namespace

void put_copy(const fs::path& shelf, const Template& wanted, const fs::path& to, const std::function<void()>& make)
{
    const auto lock = lock_of(shelf, wanted.name);
    if (!lock) return make();
    const auto of_this_name = wanted.name + '-';
    const auto kept = shelf / (of_this_name + key_of(wanted.made_of));
    lock->take(LOCK_SH);  // nobody removes it under us
    if (!fs::exists(kept)) lock->take(LOCK_EX);
    if (fs::exists(kept)) return copy_folder(kept, to);
    make();
    keep(to, kept, of_this_name);
}

std::string identity_of(const fs::path& file)
{
    struct stat found{};
    if (stat(file.c_str(), &found) != 0) return file.string() + " is not there";
    // The time of the last change of anything about it, which no program can set.
    return file.string() + ' ' + std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size) + ' ' +
           std::to_string(found.st_ctim.tv_sec) + ' ' + std::to_string(found.st_ctim.tv_nsec);
}

}  // namespace winnow::test

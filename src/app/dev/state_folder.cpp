#include "app/dev/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace winnow::app::dev {

namespace fs = std::filesystem;

namespace {

/// Its presence says that the folder is ours to fill and to clear.
constexpr auto kLockName = "winnow-state.lock";

[[noreturn]] void fail(const std::string& what, const fs::path& path)
{
    throw std::runtime_error(what + " " + path.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

StateFolder::StateFolder(const fs::path& path) : path_(fs::absolute(path).lexically_normal())
{
    if (!path_.has_filename()) path_ = path_.parent_path();  // "state/" is "state"
    std::error_code failure;
    fs::create_directories(path_, failure);
    if (failure) throw std::runtime_error("cannot make the state folder " + path_.string() + ": " + failure.message());
    const auto lock = path_ / kLockName;
    if (!fs::exists(lock) && !fs::is_empty(path_)) {
        throw std::runtime_error(
            path_.string() + " is not empty and no state folder of winnow dev; choose another one with --state-dir");
    }
    lock_ = open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (lock_ < 0) fail("cannot open", lock);
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        close(lock_);
        throw std::runtime_error("another winnow dev works on " + path_.string() +
                                 "; stop it, or choose another folder with --state-dir");
    }
}

StateFolder::~StateFolder()
{
    close(lock_);
}

bool StateFolder::is_one(const fs::path& path)
{
    std::error_code unknown;
    return fs::exists(path / kLockName, unknown) || unknown;
}

void StateFolder::clear()
{
    for (const auto& entry : fs::directory_iterator(path_)) {
        if (entry.path().filename() != kLockName) fs::remove_all(entry.path());
    }
}

void write_private_file(const fs::path& path, const std::string& content)
{
    auto next = path.string() + ".XXXXXX";              // not a name that may be somebody else's file
    const int file = mkostemp(next.data(), O_CLOEXEC);  // mode 0600
    if (file < 0) fail("cannot write", path);
    std::size_t written = 0;
    while (written < content.size()) {
        const auto more = write(file, content.data() + written, content.size() - written);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) {
            const int why = errno;
            close(file);
            unlink(next.c_str());
            errno = why;
            fail("cannot write", path);
        }
        written += static_cast<std::size_t>(more);
    }
    const bool synced = fsync(file) == 0;
    close(file);
    if (!synced || rename(next.c_str(), path.c_str()) != 0) fail("cannot write", path);
}

std::string read_file(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace winnow::app::dev

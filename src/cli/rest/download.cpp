#include "cli/rest/download.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace winnow::cli {

namespace {

constexpr mode_t kOwnersAlone = S_IRUSR | S_IWUSR;

/// A file that is not whole yet. Removed unless it is kept.
class PartFile {
public:
    explicit PartFile(std::string name) : name_(std::move(name)), part_(name_ + ".part")
    {
        unlink(part_.c_str());  // of a download that was cut short
        descriptor_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnersAlone);
        if (descriptor_ < 0) fail(part_);
    }
    ~PartFile()
    {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!kept_) unlink(part_.c_str());
    }
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    void write(std::string_view piece)
    {
        while (!piece.empty()) {
            const auto written = ::write(descriptor_, piece.data(), piece.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(part_);
            piece.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    /// Under its name, once it is on the disk.
    void keep()
    {
        if (fsync(descriptor_) != 0) fail(part_);
        if (::close(std::exchange(descriptor_, -1)) != 0) fail(part_);
        if (std::rename(part_.c_str(), name_.c_str()) != 0) fail(name_);
        kept_ = true;
    }

private:
    [[noreturn]] static void fail(const std::string& file)
    {
        throw std::runtime_error(file + " cannot be written: " + std::strerror(errno));
    }

    const std::string name_;
    const std::string part_;
    int descriptor_ = -1;
    bool kept_ = false;
};

}  // namespace

std::int64_t download(const Connection& connection, Call what, const std::string& file)
{
    PartFile part(file);
    std::int64_t bytes = 0;
    what.to = [&](std::string_view piece) {
        part.write(piece);
        bytes += static_cast<std::int64_t>(piece.size());
        return true;
    };
    static_cast<void>(call_or_fail(connection, what));
    part.keep();
    return bytes;
}

void print_answer(const Connection& connection, Call what)
{
    what.to = [](std::string_view piece) {
        std::cout.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush();
        return std::cout.good();
    };
    static_cast<void>(call_or_fail(connection, what));
}

}  // namespace winnow::cli

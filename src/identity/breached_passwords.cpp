#include "winnow/identity/breached_passwords.hpp"

#include "winnow/crypto/digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace winnow::identity {

namespace {

constexpr std::size_t kDigestBytes = 20;
constexpr std::uint64_t kLooks = 1'000;  // at how many places order is looked for

}  // namespace

BreachedPasswords::BreachedPasswords(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC))
{
    if (file_ < 0) throw std::runtime_error("the list of breached passwords cannot be read: " + path);
    try {
        struct stat status{};
        const bool known = ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
        if (!known || status.st_size == 0 || static_cast<std::uint64_t>(status.st_size) % kDigestBytes != 0) {
            throw std::runtime_error("the list of breached passwords must be a file of SHA-1 digests, 20 bytes each: " +
                                     path);
        }
        count_ = static_cast<std::uint64_t>(status.st_size) / kDigestBytes;
        std::string before;
        for (std::uint64_t look = 0; look < kLooks && look < count_; ++look) {
            // Evenly over the whole; in parts, as the product may be too large.
            const auto index = count_ <= kLooks ? look : count_ / kLooks * look;
            auto digest = at(index);
            if (digest <= before) {
                throw std::runtime_error("the digests in the list of breached passwords must ascend: " + path);
            }
            before = std::move(digest);
        }
    } catch (...) {
        ::close(file_);
        throw;
    }
}

BreachedPasswords::~BreachedPasswords()
{
    if (file_ >= 0) ::close(file_);
}

BreachedPasswords::BreachedPasswords(BreachedPasswords&& other) noexcept
    : file_(std::exchange(other.file_, -1)), count_(std::exchange(other.count_, 0))
{
}

BreachedPasswords& BreachedPasswords::operator=(BreachedPasswords&& other) noexcept
{
    std::swap(file_, other.file_);
    std::swap(count_, other.count_);
    return *this;
}

bool BreachedPasswords::contains(std::string_view password) const
{
    const auto wanted = crypto::sha1(password);
    std::uint64_t begin = 0;
    std::uint64_t end = count_;
    while (begin < end) {
        const auto middle = begin + (end - begin) / 2;
        const auto digest = at(middle);
        if (digest == wanted) return true;
        if (digest < wanted) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return false;
}

std::string BreachedPasswords::at(std::uint64_t index) const
{
    std::string digest(kDigestBytes, '\0');
    std::size_t have = 0;
    while (have < kDigestBytes) {
        const auto got =
            ::pread(file_, digest.data() + have, kDigestBytes - have, static_cast<off_t>(index * kDigestBytes + have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw std::runtime_error("the list of breached passwords cannot be read any more");
        have += static_cast<std::size_t>(got);
    }
    return digest;
}

}  // namespace winnow::identity

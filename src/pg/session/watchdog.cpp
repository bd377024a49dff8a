#include "pg/session/watchdog.hpp"

#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace winnow::pg {

SocketHandle::SocketHandle(int socket) : fd_(::fcntl(socket, F_DUPFD_CLOEXEC, 0))
{
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "duplicating a database socket");
}

SocketHandle::~SocketHandle()
{
    if (fd_ >= 0) ::close(fd_);
}

void SocketHandle::shut_down() const noexcept
{
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

std::shared_ptr<Watchdog> Watchdog::shared()
{
    static std::mutex mutex;
    static std::weak_ptr<Watchdog> current;
    const std::lock_guard lock(mutex);
    auto dog = current.lock();
    if (!dog) current = dog = std::make_shared<Watchdog>();
    return dog;
}

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Watchdog::run()
{
    observe::name_thread("watchdog");
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (watched_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const auto first = watched_.begin();
        if (const auto due = first->first.first; due > Clock::now()) {
            changed_.wait_until(lock, due);
            continue;
        }
        first->second->shut_down();
        watched_.erase(first);
        observe::warn("a database session did not answer in time and was closed");
    }
}

Watchdog::Guard::Guard(Watchdog& dog, const SocketHandle& socket, std::chrono::milliseconds limit) : dog_(dog)
{
    bool first = false;
    {
        const std::lock_guard lock(dog_.mutex_);
        key_ = {Clock::now() + limit, dog_.next_++};
        first = dog_.watched_.emplace(key_, &socket).first == dog_.watched_.begin();
    }
    if (first) dog_.changed_.notify_one();  // else the thread wakes early enough as it is
}

Watchdog::Guard::~Guard()
{
    const std::lock_guard lock(dog_.mutex_);
    dog_.watched_.erase(key_);
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Ends waits that PostgreSQL's and TCP's own timeouts do not end: a stopped backend behind a living socket.
/// Private to pg.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace winnow::pg {

/// A second descriptor of a connection's socket, so that shutting it down can never hit another file that was given
/// the same number meanwhile.
class SocketHandle {
public:
    SocketHandle() = default;
    explicit SocketHandle(int socket);  ///< Duplicates; throws std::system_error.
    ~SocketHandle();
    SocketHandle(SocketHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    SocketHandle& operator=(SocketHandle&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    SocketHandle(const SocketHandle&) = delete;
    SocketHandle& operator=(const SocketHandle&) = delete;

    /// Wakes whoever waits on the connection, which is broken from then on.
    void shut_down() const noexcept;

private:
    int fd_ = -1;
};

/// One thread that shuts sockets whose time is up. Thread-safe.
class Watchdog {
public:
    using Clock = std::chrono::steady_clock;

    /// The process's one; lives as long as somebody holds it.
    [[nodiscard]] static std::shared_ptr<Watchdog> shared();

    Watchdog();
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// While it lives, the socket is shut down once `limit` has passed.
    class Guard {
    public:
        Guard(Watchdog& dog, const SocketHandle& socket, std::chrono::milliseconds limit);
        ~Guard();
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

    private:
        Watchdog& dog_;
        std::pair<Clock::time_point, std::uint64_t> key_;
    };

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::pair<Clock::time_point, std::uint64_t>, const SocketHandle*> watched_;  // by time of expiry
    std::uint64_t next_ = 0;
    bool stopping_ = false;
    std::thread thread_;  // last: it uses the members above
};

}  // namespace winnow::pg

#include "http/server/reader_pace.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace winnow::http {

namespace {

/// The kernel's tcp_info up to what is asked for; the C library's ends before, and the kernel's own header does not go
/// with it.
struct TcpInfo {
    tcp_info begin;
    std::uint64_t pacing_rate;
    std::uint64_t max_pacing_rate;
    std::uint64_t bytes_acked;
};
static_assert(offsetof(TcpInfo, bytes_acked) == 120);

/// Bytes that the peer's kernel has acknowledged since the connection began; 0 where they are not to be had.
std::uint64_t acknowledged_on(int socket) noexcept
{
    TcpInfo info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < sizeof info) return 0;
    return info.bytes_acked;
}

}  // namespace

ReaderPace::ReaderPace(int socket, std::chrono::milliseconds period, std::size_t rate) noexcept
    : socket_(socket), pace_(period, rate), acknowledged_(acknowledged_on(socket))
{
}

ReaderPace::Clock::time_point ReaderPace::deadline(Clock::time_point now) noexcept
{
    const auto before = acknowledged_;
    acknowledged_ = std::max(before, acknowledged_on(socket_));
    pace_.took(static_cast<std::size_t>(acknowledged_ - before));
    return pace_.deadline(now);
}

}  // namespace winnow::http

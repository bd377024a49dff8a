#include "http/server/reader_pace.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

// Apart from the connection: <netinet/tcp.h>, which Asio includes, has an older tcp_info of the same name.

namespace winnow::http {

namespace {

/// Bytes that the peer's kernel has acknowledged since the connection began; 0 where they are not to be had.
std::uint64_t acknowledged_on(int socket) noexcept
{
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_acked;
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

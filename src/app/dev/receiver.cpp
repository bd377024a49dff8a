#include "app/dev/receiver.hpp"

#include "winnow/observe/thread_name.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace winnow::app::dev {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxHead = 16'384;
constexpr std::size_t kMaxBody = 1'048'576;
constexpr auto kPatience = 3s;  // for one request; whoever sends is on this machine
constexpr auto kHeadEnd = "\r\n\r\n";

int listen_on(std::uint16_t port)
{
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, Receiver::kAddress, &address.sin_addr);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&  // NOLINT
        listen(listener, SOMAXCONN) == 0) {
        return listener;
    }
    close(listener);
    return -1;
}

std::uint16_t port_of(int listener)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);  // NOLINT
    return ntohs(address.sin_port);
}

/// The body's length as the head tells it; npos where it does not, or where it is too much.
std::size_t content_length(std::string_view head)
{
    constexpr std::string_view kName = "content-length:";
    while (!head.empty()) {
        const auto line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        if (line.size() <= kName.size() || strncasecmp(line.data(), kName.data(), kName.size()) != 0) continue;
        auto digits = line.substr(kName.size());
        while (digits.starts_with(' ')) digits.remove_prefix(1);
        std::size_t length = 0;
        const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        const bool good = failure == std::errc{} && end == digits.data() + digits.size() && length <= kMaxBody;
        return good ? length : std::string_view::npos;
    }
    return std::string_view::npos;
}

void answer(int connection, std::string_view status)
{
    const auto text = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // It fits into the socket's buffer; who has gone needs no answer.
    [[maybe_unused]] const auto sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Receiver::Receiver(std::uint16_t port, Print print) : print_(std::move(print)), listener_(listen_on(port))
{
    if (listener_ < 0 && port != 0) listener_ = listen_on(0);
    stop_ = eventfd(0, EFD_CLOEXEC);
    if (listener_ < 0 || stop_ < 0) {
        const auto why = std::generic_category().message(errno);
        if (listener_ >= 0) close(listener_);
        if (stop_ >= 0) close(stop_);
        throw std::runtime_error(std::string("the built-in receiver cannot listen on ") + kAddress + ": " + why);
    }
    port_ = port_of(listener_);
    thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver()
{
    eventfd_write(stop_, 1);
    thread_.join();
    close(listener_);
    close(stop_);
}

void Receiver::run()
{
    observe::name_thread("receiver");
    while (true) {
        std::array<pollfd, 2> watched{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
        constexpr int kSecond = 1'000;
        poll(watched.data(), watched.size(), kSecond);
        if (watched[1].revents != 0) return;
        if (watched[0].revents != 0) {
            const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (connection >= 0) {
                serve(connection);
                close(connection);
            }
        }
        if (const auto text = printer_.rest(PagePrinter::Clock::now()); !text.empty()) print_(text);
    }
}

bool Receiver::wait_readable(int connection, PagePrinter::Clock::time_point until) const
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - PagePrinter::Clock::now());
    if (left <= 0ms) return false;
    std::array<pollfd, 2> watched{{{connection, POLLIN, 0}, {stop_, POLLIN, 0}}};
    return poll(watched.data(), watched.size(), static_cast<int>(left.count())) > 0 && watched[1].revents == 0;
}

void Receiver::serve(int connection)
{
    const auto until = PagePrinter::Clock::now() + kPatience;
    std::string got;
    std::size_t wanted = std::string::npos;  // bytes of the whole request, once its head is there
    std::size_t head = 0;
    while (got.size() < wanted) {
        std::array<char, 16'384> part{};
        if (!wait_readable(connection, until)) return;
        const auto size = recv(connection, part.data(), part.size(), 0);
        if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (size <= 0) return;
        got.append(part.data(), static_cast<std::size_t>(size));
        if (wanted != std::string::npos) continue;
        head = got.find(kHeadEnd);
        if (head == std::string::npos) {
            if (got.size() > kMaxHead) return answer(connection, "431 Request Header Fields Too Large");
            continue;
        }
        if (!got.starts_with("POST ")) return answer(connection, "405 Method Not Allowed\r\nAllow: POST");
        head += std::string_view(kHeadEnd).size();
        const auto length = content_length(std::string_view(got).substr(0, head));
        if (length == std::string::npos) return answer(connection, "413 Content Too Large");
        wanted = head + length;
    }
    if (const auto text = printer_.page(got.substr(head, wanted - head), PagePrinter::Clock::now()); !text.empty()) {
        print_(text);
    }
    answer(connection, "204 No Content");
}

}  // namespace winnow::app::dev

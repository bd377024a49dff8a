#include "delivery/curl/egress_socket.hpp"

#include "delivery/curl/transfer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>

namespace winnow::delivery {

namespace {

std::optional<IpAddress> address_of(const curl_sockaddr& target)
{
    // libcurl's own struct begins like a sockaddr_storage of `addrlen` bytes.
    IpAddress address;
    if (target.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &target.addr, sizeof v4);
        std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
        return address;
    }
    if (target.family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, reinterpret_cast<const unsigned char*>(&target.addr), sizeof v6);  // NOLINT
        address.family = IpAddress::Family::v6;
        std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
        return address;
    }
    return std::nullopt;
}

}  // namespace

void EgressSocket::arm(CURL* transfer)
{
    set(transfer, CURLOPT_OPENSOCKETFUNCTION, &EgressSocket::open);
    set(transfer, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

curl_socket_t EgressSocket::open(void* self, curlsocktype /*purpose*/, curl_sockaddr* target)
{
    auto& socket = *static_cast<EgressSocket*>(self);
    const auto address = address_of(*target);
    const auto& guard = socket.guard_;
    if (!address || !(socket.plain_ ? guard.allows_plain(*address) : guard.allows(*address))) {
        socket.denied_ = true;
        return CURL_SOCKET_BAD;
    }
    socket.opened_ = true;
    return ::socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

}  // namespace winnow::delivery

#pragma once

/// @file
/// Sockets of a transfer, opened to where the egress guard lets it go. Private to delivery.

#include "delivery/egress_guard.hpp"

#include <curl/curl.h>

namespace winnow::delivery {

/// Of one transfer; used by its thread. It must outlive the transfer, and stay where it is.
class EgressSocket {
public:
    /// @param plain  Without TLS.
    EgressSocket(const EgressGuard& guard, bool plain) : guard_(guard), plain_(plain) {}
    EgressSocket(const EgressSocket&) = delete;
    EgressSocket& operator=(const EgressSocket&) = delete;
    ~EgressSocket() = default;

    void arm(CURL* transfer);

    /// Every address that it was about to be connected to was refused, and there was one.
    [[nodiscard]] bool was_refused() const noexcept { return denied_ && !opened_; }

private:
    /// Asked for every address that is about to be connected to.
    static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* target);

    const EgressGuard& guard_;
    const bool plain_;
    bool denied_ = false;
    bool opened_ = false;
};

}  // namespace winnow::delivery

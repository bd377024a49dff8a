#pragma once

/// @file
/// A webhook receiver over TLS that answers, or misbehaves, as it is told.

#include "support/certificates.hpp"

#include <openssl/ssl.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace winnow::test {

struct WebhookCall {
    std::string head;  ///< Request line and headers, each ended by CRLF.
    std::string body;

    /// "" where there is none; names without regard to case.
    [[nodiscard]] std::string header(std::string_view name) const;
};

/// What is sent back, byte for byte.
struct WebhookAnswer {
    std::string bytes;
    enum class Then { keep, close, hang } then = Then::keep;  ///< hang: says no more until the caller has gone.
};

[[nodiscard]] WebhookAnswer answer(int status, const std::string& headers = {}, const std::string& body = {});

/// A thread per connection. `respond` is called on them.
class WebhookReceiver {
public:
    using Respond = std::function<WebhookAnswer(const WebhookCall&)>;

    /// Listens on a free port of `address`, an IPv4 one.
    WebhookReceiver(const Certificate& certificate, Respond respond, const char* address = "127.0.0.1");
    ~WebhookReceiver();
    WebhookReceiver(const WebhookReceiver&) = delete;
    WebhookReceiver& operator=(const WebhookReceiver&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::vector<WebhookCall> calls() const;
    [[nodiscard]] std::size_t connections() const;

    /// False where `count` calls have not come in within ten seconds.
    [[nodiscard]] bool wait_for_calls(std::size_t count) const;

private:
    struct Deleter {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    void accept_all();
    void serve(int socket);
    [[nodiscard]] bool exchange(SSL* ssl, std::string& buffer);

    const Respond respond_;
    std::unique_ptr<SSL_CTX, Deleter> context_;
    int listener_ = -1;
    std::uint16_t port_ = 0;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<WebhookCall> calls_;  // guarded by mutex_, as what follows
    std::vector<int> sockets_;
    std::vector<std::thread> servers_;

    std::thread acceptor_;
};

}  // namespace winnow::test

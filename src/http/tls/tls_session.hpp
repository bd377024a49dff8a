#pragma once

/// @file
/// One TLS connection over a non-blocking socket. It never waits: it says what to wait for.
///
/// Asio's own SSL stream keeps about 70 KB of buffers for each connection, idle or not, and copies every byte once
/// more; this one lets OpenSSL talk to the socket, and gives its buffers back when nobody uses them.

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::http {

enum class Progress : std::uint8_t { done, wants_read, wants_write, closed, failed };

/// Belongs to one thread, as its connection does. Does not own the socket.
class TlsSession {
public:
    /// Throws std::bad_alloc. `context` is kept alive by OpenSSL's own count.
    TlsSession(SSL_CTX* context, int socket);

    [[nodiscard]] Progress handshake() noexcept;

    struct Step {
        Progress progress = Progress::failed;
        std::size_t bytes = 0;  ///< Read or written; more than 0 exactly when done.
    };
    [[nodiscard]] Step read(char* into, std::size_t size) noexcept;
    [[nodiscard]] Step write(std::string_view bytes) noexcept;

    /// From now on OpenSSL's two buffers (33 KB) stay between requests instead of being given back after each record:
    /// three times for a small request, each through the heap's slow path, for what is so large.
    void keep_buffers() noexcept;
    /// Gives back those that hold nothing.
    void release_buffers() noexcept;

    /// Sends close_notify, if the connection is in a state to; does not wait for the peer's.
    void send_close_notify() noexcept;

    /// The verified client certificate's subject (RFC 2253), or "".
    [[nodiscard]] std::string client_subject() const;

private:
    struct Deleter {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };
    [[nodiscard]] Progress progress_of(int result) noexcept;

    std::unique_ptr<SSL, Deleter> ssl_;
    bool usable_ = true;  ///< False after an error that forbids SSL_shutdown.
};

}  // namespace winnow::http

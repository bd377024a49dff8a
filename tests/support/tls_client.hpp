#pragma once

/// @file
/// A blocking HTTPS client that sends exactly the bytes it is told to, right or wrong.

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::test {

/// What the client saw go wrong: a refused handshake, a reset, silence beyond the deadline.
class ClientError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Answer {
    int status = 0;
    std::string version;  ///< "HTTP/1.1"
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// "" where there is none; names without regard to case.
    [[nodiscard]] std::string header(std::string_view name) const;
};

struct ClientOptions {
    std::string authorities_file = {};  ///< "" verifies nobody.
    std::string certificate_file = {};
    std::string key_file = {};
    int highest_version = TLS1_3_VERSION;
    std::chrono::milliseconds patience{10'000};  ///< Longest wait for anything.
    int receive_buffer = 0;                      ///< Bytes that the kernel takes in ahead of us; 0: what it likes.
};

/// Not thread-safe.
class TlsClient {
public:
    /// Connects and shakes hands; throws ClientError.
    explicit TlsClient(std::uint16_t port, ClientOptions options = {});
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    void send(std::string_view bytes);

    /// Like send, but returns false where the peer does not take it any more.
    [[nodiscard]] bool try_send(std::string_view bytes);

    /// One response with its body, by Content-Length.
    [[nodiscard]] Answer receive(bool to_head_request = false);

    /// Status line and headers of the next response only.
    [[nodiscard]] Answer receive_head();

    /// The next chunk of a body after receive_head(); nullopt: that was the last one. Throws where the peer closes
    /// before.
    [[nodiscard]] std::optional<std::string> receive_chunk();

    /// All chunks up to the last one.
    [[nodiscard]] std::string receive_chunks();

    /// Whatever has come; waits for a byte at least. "": the peer has closed in order.
    [[nodiscard]] std::string receive_some();

    /// send, then receive.
    [[nodiscard]] Answer ask(std::string_view bytes);

    /// Waits until the peer has closed in order (close_notify); false if it sends something first.
    [[nodiscard]] bool at_end();

    /// The common name in the peer's certificate.
    [[nodiscard]] std::string peer_name() const;
    [[nodiscard]] std::string cipher() const;
    [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }

private:
    [[nodiscard]] bool fill();

    struct Deleter {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };
    int socket_ = -1;
    std::unique_ptr<SSL_CTX, Deleter> context_;
    std::unique_ptr<SSL, Deleter> ssl_;
    std::string buffer_;
};

/// A connected TCP socket on loopback, for what must not be TLS.
class TcpClient {
public:
    explicit TcpClient(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::milliseconds{10'000});
    ~TcpClient();
    TcpClient(const TcpClient&) = delete;
    TcpClient& operator=(const TcpClient&) = delete;

    void send(std::string_view bytes);
    /// Everything until the peer closes or resets.
    [[nodiscard]] std::string receive_all();

private:
    int socket_;
};

}  // namespace winnow::test

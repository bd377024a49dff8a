#pragma once

/// @file
/// HTTPS listeners: TLS, HTTP/1.1, limits and deadlines. What a request means is the Handler's business.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"
#include "winnow/observe/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace winnow::http {

/// The event loops that serve connections: `count` threads, started by the constructor, ended by the destructor.
/// Several servers may share them; each must be destroyed before. Servers that share them hold each other up.
class IoThreads {
public:
    /// `name` is the threads', and a number: "io-0".
    explicit IoThreads(std::size_t count, const std::string& name = "io");
    ~IoThreads();
    IoThreads(const IoThreads&) = delete;
    IoThreads& operator=(const IoThreads&) = delete;

    class Impl;
    [[nodiscard]] Impl& impl() noexcept { return *impl_; }  ///< For http's own files.

private:
    std::unique_ptr<Impl> impl_;
};

/// PEM files. Read at start and by reload_certificates().
struct TlsFiles {
    std::string certificate_chain;
    std::string private_key;
    /// Not empty: ask each client for a certificate of one of these authorities. A client may show none; one that shows
    /// another authority's fails its handshake.
    std::string client_authorities;
};

/// Deadlines are totals, but for `write` of answers that are made while they are sent, and kept to within about 50 ms.
/// Such an answer, whose body has a source, is called a stream.
struct Limits {
    std::chrono::milliseconds handshake{5'000};
    std::chrono::milliseconds idle{60'000};     ///< Between requests.
    std::chrono::milliseconds header{10'000};   ///< From a head's first byte to its last.
    std::chrono::milliseconds body{15'000};     ///< From admission to the body's last byte.
    std::chrono::milliseconds handler{30'000};  ///< For admit and handle, each; then 503. And for each piece of a body.
    /// Of one response. Of a stream, not in all: in each such time in which there is something to take its client takes
    /// `min_answer_rate`, or is cut off.
    std::chrono::milliseconds write{15'000};
    std::chrono::milliseconds stream{3'600'000};  ///< Of one stream: then it ends at its next piece.
    /// How often is asked whether a stream's caller may still have it (Admission::recheck). It ends when the answer is
    /// no, and when there was none for ten times as long.
    std::chrono::milliseconds recheck{3'000};
    /// From our last byte, or the peer's, until the peer has closed, too; in all no longer than `body`.
    std::chrono::milliseconds shutdown{1'000};

    std::size_t max_header_bytes = 8'192;    ///< Request line and fields. More is 431.
    std::size_t max_header_count = 100;      ///< More is 431.
    std::size_t max_url_bytes = 4'096;       ///< More is 414.
    std::size_t max_drained_bytes = 65'536;  ///< A refused body of at most this length does not cost the connection.
    /// Read and thrown away while closing: a client that is still sending reads its answer only afterwards.
    std::size_t max_lingering_bytes = std::size_t{64} << 20U;
    /// Of all bodies together that are longer than 64 KiB, until they are answered; one caller may have a quarter of
    /// it. A body takes it in doublings, as its bytes arrive; where there is no room it waits, unread, and is answered
    /// 503 when that takes longer than `body`. One body of all may go beyond, so that none wait for each other.
    std::size_t max_body_memory = std::size_t{256} << 20U;
    /// Bytes a second of a body that has some of it, on average over each `body_pace`; less is 408. 0: `body` only.
    std::size_t min_body_rate = 4'096;
    std::chrono::milliseconds body_pace{10'000};
    /// Bytes a second of a stream, on average over each `write`. 0: any byte within `write` is enough.
    std::size_t min_answer_rate = 4'096;

    std::size_t max_requests_per_connection = 100'000;
    // An address is an IPv4 address or an IPv6 /64. A connection is new until a request on it was authenticated.
    std::size_t max_connections = 12'000;             ///< At most a quarter of them new, of addresses without a key.
    std::size_t max_connections_per_address = 1'024;  ///< More are closed at once.
    std::size_t max_new_connections_per_address =
        256;  ///< More displace the oldest; none where a key was shown lately.
    /// Of answers of one tenant that wait for their clients to take them; beyond, the slowest are cut off.
    std::size_t max_unsent_bytes_per_tenant = std::size_t{16} << 20U;
    /// Streams of one tenant at the same time; at most half of the requests that it may have under way. More are 429.
    std::size_t max_streams_per_tenant = 64;
};

struct ListenOptions {
    std::string name = "customer";  ///< In logs and as the label `listener` of the metrics.
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the kernel chooses; see Server::port().
    TlsFiles tls;
    Limits limits;
    /// Networks ("10.0.0.0/8", "::1/128", or one address) whose X-Forwarded-For is believed.
    std::vector<std::string> trusted_proxies;
};

/// One TLS listener and its connections.
///
/// All members may be called from any thread but an I/O thread, one at a time.
class Server {
public:
    /// Reads the TLS files, binds and listens. Throws std::runtime_error, with a message for the operator, where that
    /// fails. `threads`, `handler` and `metrics` must outlive the server.
    Server(IoThreads& threads, Handler& handler, observe::Metrics& metrics, ListenOptions options);
    ~Server();  ///< As drain(0 ms).
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    /// Begins to accept.
    void start();

    /// Reads the TLS files anew, for connections accepted from now on. On failure everything stays as it was.
    [[nodiscard]] Result<Done> reload_certificates();

    /// Stops accepting, closes idle connections, lets busy ones finish the request they are at, and returns when all
    /// are gone. Streams end: without an end of their own at once and in order, others before their end, so that it
    /// shows, at the next piece after they have taken `Limits::write`. After `grace` what is left is cut off. True if
    /// nothing was. Handler is not called any more after this.
    bool drain(std::chrono::milliseconds grace);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace winnow::http

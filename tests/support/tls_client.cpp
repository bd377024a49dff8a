#include "support/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace winnow::test {

namespace {

int connect_to(std::uint16_t port, std::chrono::milliseconds patience, int receive_buffer = 0)
{
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) throw ClientError("socket");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
    const timeval wait{.tv_sec = seconds.count(),
                       .tv_usec = static_cast<suseconds_t>((patience - seconds).count() * 1'000)};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (receive_buffer > 0) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket);
        throw ClientError("connect");
    }
    return socket;
}

std::string openssl_reason()
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

}  // namespace

std::string Answer::header(std::string_view name) const
{
    const auto found = std::ranges::find_if(headers, [name](const auto& header) {
        return header.first.size() == name.size() && strncasecmp(header.first.data(), name.data(), name.size()) == 0;
    });
    return found != headers.end() ? found->second : std::string();
}

TlsClient::TlsClient(std::uint16_t port, ClientOptions options) : context_(SSL_CTX_new(TLS_client_method()))
{
    SSL_CTX_set_max_proto_version(context_.get(), options.highest_version);
    if (options.highest_version < TLS1_2_VERSION) {  // OpenSSL's own security level refuses to offer these
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_security_level(context_.get(), 0);
    }
    if (!options.authorities_file.empty()) {
        SSL_CTX_load_verify_locations(context_.get(), options.authorities_file.c_str(), nullptr);
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    if (!options.certificate_file.empty()) {
        SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate_file.c_str());
        SSL_CTX_use_PrivateKey_file(context_.get(), options.key_file.c_str(), SSL_FILETYPE_PEM);
    }
    socket_ = connect_to(port, options.patience, options.receive_buffer);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    SSL_set1_host(ssl_.get(), "localhost");
    if (SSL_connect(ssl_.get()) != 1) {
        ::close(socket_);
        throw ClientError("handshake: " + openssl_reason());
    }
}

TlsClient::~TlsClient()
{
    ::close(socket_);
}

bool TlsClient::try_send(std::string_view bytes)
{
    while (!bytes.empty()) {
        std::size_t sent = 0;
        ERR_clear_error();
        if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) return false;
        bytes.remove_prefix(sent);
    }
    return true;
}

void TlsClient::send(std::string_view bytes)
{
    if (!try_send(bytes)) throw ClientError("send: " + openssl_reason());
}

bool TlsClient::fill()
{
    std::array<char, 16'384> bytes{};
    std::size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &got);
    if (result == 1) {
        buffer_.append(bytes.data(), got);
        return true;
    }
    const int reason = SSL_get_error(ssl_.get(), result);
    if (reason == SSL_ERROR_ZERO_RETURN) return false;
    throw ClientError("receive: " + std::string(std::strerror(errno)) + ", " + openssl_reason());
}

Answer TlsClient::receive_head()
{
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) throw ClientError("the peer closed before a complete answer");
    }
    const auto head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    Answer answer;
    answer.version = head.substr(0, head.find(' '));
    answer.status = std::stoi(head.substr(answer.version.size() + 1));
    auto start = head.find("\r\n") + 2;
    while (start < head.size()) {
        const auto line_end = head.find("\r\n", start);
        const auto colon = head.find(": ", start);
        answer.headers.emplace_back(head.substr(start, colon - start), head.substr(colon + 2, line_end - colon - 2));
        start = line_end + 2;
    }
    return answer;
}

Answer TlsClient::receive(bool to_head_request)
{
    auto answer = receive_head();
    const auto length = answer.header("Content-Length");
    const auto size = to_head_request || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size) {
        if (!fill()) throw ClientError("the peer closed within a body");
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

std::optional<std::string> TlsClient::receive_chunk()
{
    const auto need = [this](auto has) {
        while (!has()) {
            if (!fill()) throw ClientError("the peer closed within a chunk");
        }
    };
    need([this] { return buffer_.contains("\r\n"); });
    const auto begin = buffer_.find("\r\n") + 2;
    const auto size = std::stoul(buffer_, nullptr, 16);
    need([&] { return buffer_.size() >= begin + size + 2; });
    auto chunk = buffer_.substr(begin, size);
    buffer_.erase(0, begin + size + 2);
    if (size == 0) return std::nullopt;
    return chunk;
}

std::string TlsClient::receive_chunks()
{
    std::string all;
    while (const auto chunk = receive_chunk()) all += *chunk;
    return all;
}

std::string TlsClient::receive_some()
{
    if (buffer_.empty() && !fill()) return "";
    return std::exchange(buffer_, {});
}

Answer TlsClient::ask(std::string_view bytes)
{
    send(bytes);
    return receive();
}

bool TlsClient::at_end()
{
    return buffer_.empty() && !fill();
}

std::string TlsClient::peer_name() const
{
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())), NID_commonName, name.data(),
                              static_cast<int>(name.size()));
    return name.data();
}

std::string TlsClient::cipher() const
{
    return SSL_get_cipher_name(ssl_.get());
}

TcpClient::TcpClient(std::uint16_t port, std::chrono::milliseconds patience) : socket_(connect_to(port, patience)) {}

TcpClient::~TcpClient()
{
    ::close(socket_);
}

void TcpClient::send(std::string_view bytes)
{
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) throw ClientError("send");
}

std::string TcpClient::receive_all()
{
    std::string all;
    std::array<char, 4'096> bytes{};
    for (;;) {
        const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw ClientError("the peer keeps silent");
        if (got <= 0) return all;
        all.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace winnow::test

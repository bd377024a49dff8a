#include "webhook_receiver.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace winnow::test {

namespace {

constexpr std::chrono::seconds kPatience{10};

void require(bool holds, const char* what)
{
    if (!holds) throw std::runtime_error(what);
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

SSL_CTX* make_context(const Certificate& certificate)
{
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    require(context != nullptr, "TLS context");
    BIO* const certificate_bio = BIO_new_mem_buf(certificate.certificate.data(), -1);
    X509* const leaf = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
    BIO* const key_bio = BIO_new_mem_buf(certificate.key.data(), -1);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
    const bool usable = SSL_CTX_use_certificate(context, leaf) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    require(usable, "certificate of the receiver");
    return context;
}

/// More bytes into `buffer`; false at the end.
bool read_more(SSL* ssl, std::string& buffer)
{
    std::string chunk(16'384, '\0');
    const int count = SSL_read(ssl, chunk.data(), static_cast<int>(chunk.size()));
    if (count <= 0) return false;
    buffer.append(chunk, 0, static_cast<std::size_t>(count));
    return true;
}

bool write_all(SSL* ssl, std::string_view bytes)
{
    while (!bytes.empty()) {
        const int count = SSL_write(ssl, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 65'536)));
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

std::string WebhookCall::header(std::string_view name) const
{
    std::string_view rest = head;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(std::min(rest.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !same_name(line.substr(0, colon), name)) continue;
        const auto value = line.substr(colon + 1);
        return std::string(value.substr(std::min(value.find_first_not_of(' '), value.size())));
    }
    return {};
}

WebhookAnswer answer(int status, const std::string& headers, const std::string& body)
{
    return {"HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n" + headers + "\r\n" + body};
}

WebhookReceiver::WebhookReceiver(const Certificate& certificate, Respond respond, const char* address)
    : respond_(std::move(respond)), context_(make_context(certificate))
{
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    inet_pton(AF_INET, address, &place.sin_addr);
    auto* const generic = reinterpret_cast<sockaddr*>(&place);  // NOLINT: the sockets interface
    socklen_t length = sizeof place;
    require(::bind(listener_, generic, length) == 0 && ::listen(listener_, 128) == 0 &&
                ::getsockname(listener_, generic, &length) == 0,
            "the receiver's port");
    port_ = ntohs(place.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

WebhookReceiver::~WebhookReceiver()
{
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& server : servers_) server.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
}

std::vector<WebhookCall> WebhookReceiver::calls() const
{
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::size_t WebhookReceiver::connections() const
{
    const std::lock_guard lock(mutex_);
    return sockets_.size();
}

bool WebhookReceiver::wait_for_calls(std::size_t count) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return calls_.size() >= count; });
}

void WebhookReceiver::accept_all()
{
    while (true) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const std::lock_guard lock(mutex_);
        sockets_.push_back(socket);  // closed in the destructor only, so that its number stays its own
        servers_.emplace_back([this, socket] { serve(socket); });
    }
}

void WebhookReceiver::serve(int socket)
{
    sigset_t pipe{};  // OpenSSL writes without MSG_NOSIGNAL; the channel under test must do without this
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    const std::unique_ptr<SSL, Deleter> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), socket);
    std::string buffer;
    if (SSL_accept(ssl.get()) == 1) {
        while (exchange(ssl.get(), buffer)) {
        }
    }
    ::shutdown(socket, SHUT_RDWR);
}

bool WebhookReceiver::exchange(SSL* ssl, std::string& buffer)
{
    while (!buffer.contains("\r\n\r\n")) {
        if (!read_more(ssl, buffer)) return false;
    }
    WebhookCall call;
    call.head = buffer.substr(0, buffer.find("\r\n\r\n") + 2);
    buffer.erase(0, call.head.size() + 2);
    const auto length = std::strtoul(call.header("content-length").c_str(), nullptr, 10);
    while (buffer.size() < length) {
        if (!read_more(ssl, buffer)) return false;
    }
    call.body = buffer.substr(0, length);
    buffer.erase(0, length);
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back(call);
    }
    changed_.notify_all();
    const auto reply = respond_(call);
    if (!write_all(ssl, reply.bytes)) return false;
    if (reply.then == WebhookAnswer::Then::hang) {
        while (read_more(ssl, buffer)) {
        }
    }
    return reply.then == WebhookAnswer::Then::keep;
}

}  // namespace winnow::test

#include "http/tls/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace winnow::http {

namespace {

// A socket BIO that never raises SIGPIPE: OpenSSL's own writes with write(2), and a library must not change how the
// whole process handles a signal.

int socket_of(BIO* bio) noexcept
{
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_transient(int error) noexcept
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int send_bytes(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent)
{
    BIO_clear_retry_flags(bio);
    const auto result = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL);
    *sent = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result < 0 && is_transient(errno)) BIO_set_retry_write(bio);
    return result > 0 ? 1 : 0;
}

int receive_bytes(BIO* bio, char* into, std::size_t size, std::size_t* received)
{
    BIO_clear_retry_flags(bio);
    const auto result = ::recv(socket_of(bio), into, size, 0);
    *received = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (result < 0 && is_transient(errno)) BIO_set_retry_read(bio);
    if (result == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return result > 0 ? 1 : 0;
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/)
{
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

BIO_METHOD* make_socket_method()
{
    auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "winnow socket");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_write_ex(method, send_bytes);
    BIO_meth_set_read_ex(method, receive_bytes);
    BIO_meth_set_ctrl(method, control);
    return method;
}

BIO* make_socket_bio(int socket)
{
    static BIO_METHOD* const method = make_socket_method();
    auto* bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio,
                 reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));  // NOLINT(performance-no-int-to-ptr)
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace

TlsSession::TlsSession(SSL_CTX* context, int socket) : ssl_(SSL_new(context))
{
    if (!ssl_) throw std::bad_alloc();
    auto* bio = make_socket_bio(socket);
    SSL_set_bio(ssl_.get(), bio, bio);  // takes the one reference for both directions
    SSL_set_accept_state(ssl_.get());
}

Progress TlsSession::handshake() noexcept
{
    ERR_clear_error();
    return progress_of(SSL_do_handshake(ssl_.get()));
}

TlsSession::Step TlsSession::read(char* into, std::size_t size) noexcept
{
    ERR_clear_error();  // the queue is the thread's: another connection's error must not be taken for ours
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), into, size, &bytes);
    return {.progress = progress_of(result), .bytes = bytes};
}

TlsSession::Step TlsSession::write(std::string_view text) noexcept
{
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), text.data(), text.size(), &bytes);
    return {.progress = progress_of(result), .bytes = bytes};
}

void TlsSession::keep_buffers() noexcept
{
    SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
}

void TlsSession::release_buffers() noexcept
{
    SSL_free_buffers(ssl_.get());  // refuses where a record is on its way
}

void TlsSession::send_close_notify() noexcept
{
    if (!usable_ || SSL_is_init_finished(ssl_.get()) == 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

Progress TlsSession::progress_of(int result) noexcept
{
    if (result == 1) return Progress::done;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return Progress::wants_read;
        case SSL_ERROR_WANT_WRITE: return Progress::wants_write;
        case SSL_ERROR_ZERO_RETURN: return Progress::closed;
        default: break;
    }
    usable_ = false;
    ERR_clear_error();
    return Progress::failed;
}

std::string TlsSession::client_subject() const
{
    const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return {};
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
    if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) return {};
    char* start = nullptr;
    const long length = BIO_get_mem_data(text.get(), &start);
    return length > 0 ? std::string(start, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace winnow::http

#include "http/tls/tls_context.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace winnow::http {

namespace {

Error tls_error(std::string what)
{
    std::array<char, 256> reason{};
    if (const auto code = ERR_peek_last_error(); code != 0) {
        ERR_error_string_n(code, reason.data(), reason.size());
        what += " (";
        what += reason.data();
        what += ')';
    }
    ERR_clear_error();
    return {ErrorCode::invalid_argument, std::move(what)};
}

/// We speak HTTP/1.1 only; a client that offers nothing we know goes on without ALPN, as old clients do.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_length,
                    const unsigned char* offered, unsigned int offered_length, void* /*unused*/)
{
    static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* match = nullptr;
    if (SSL_select_next_proto(&match, chosen_length, kHttp11.data(), kHttp11.size(), offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *chosen = match;
    return SSL_TLSEXT_ERR_OK;
}

Result<Done> set_policy(SSL_CTX* context)
{
    constexpr auto kOptions = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION |
                              SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF;
    SSL_CTX_set_options(context, kOptions);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);                           // one system call a record instead of two
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // sessions live in tickets, at the client
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL") != 1 ||
        SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1) {
        return tls_error("The TLS library does not support the required versions, ciphers and curves.");
    }
    return Done{};
}

Result<Done> use_files(SSL_CTX* context, const TlsFiles& files)
{
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1) {
        return tls_error("The certificate cannot be read from " + files.certificate_chain + ".");
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return tls_error("The private key cannot be read from " + files.private_key +
                         ", or is not that of the certificate.");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return tls_error("The private key in " + files.private_key + " is not that of the certificate.");
    }
    if (files.client_authorities.empty()) return Done{};

    auto* names = SSL_load_client_CA_file(files.client_authorities.c_str());
    if (names == nullptr || SSL_CTX_load_verify_locations(context, files.client_authorities.c_str(), nullptr) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return tls_error("The client authorities cannot be read from " + files.client_authorities + ".");
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return Done{};
}

}  // namespace

Result<SslContext> make_server_context(const TlsFiles& files, const std::string& listener)
{
    ERR_clear_error();
    SslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return tls_error("The TLS library cannot be started.");
    if (auto done = set_policy(context.get()); !done) return done.error();
    if (auto done = use_files(context.get(), files); !done) return done.error();

    // Resumption with client certificates needs a context name; it also keeps listeners' sessions apart.
    const auto name = std::string_view(listener).substr(0, SSL_MAX_SID_CTX_LENGTH);
    std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> bytes{};
    std::ranges::copy(name, bytes.begin());
    SSL_CTX_set_session_id_context(context.get(), bytes.data(), static_cast<unsigned int>(name.size()));
    return context;
}

}  // namespace winnow::http

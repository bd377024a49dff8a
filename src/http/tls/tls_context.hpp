#pragma once

/// @file
/// What all TLS connections of one listener have in common: certificate, versions, ciphers.

#include "winnow/base/result.hpp"
#include "winnow/http/server.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace winnow::http {

struct SslContextDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/// TLS 1.2 and 1.3 with AEAD suites only. Fails with `invalid_argument` and a message that names the file where a
/// file cannot be read or the key is not the certificate's.
[[nodiscard]] Result<SslContext> make_server_context(const TlsFiles& files, const std::string& listener);

}  // namespace winnow::http

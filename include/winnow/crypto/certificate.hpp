#pragma once

/// @file
/// Certificates of our own making, for the development instance and for tests; and what may be wrong with those that
/// production brings.

#include <chrono>
#include <string>
#include <string_view>

namespace winnow::crypto {

/// A certificate and its private key, PEM.
struct Certificate {
    std::string certificate;
    std::string key;
};

/// A self-signed P-256 authority, valid from yesterday. Throws std::runtime_error where OpenSSL refuses.
[[nodiscard]] Certificate make_authority(const std::string& common_name, std::chrono::days valid_for);

/// A P-256 certificate of `authority` for localhost, 127.0.0.1 and ::1, good for servers and clients, valid from
/// yesterday. Throws std::runtime_error where OpenSSL refuses.
[[nodiscard]] Certificate make_loopback_certificate(const Certificate& authority, const std::string& common_name,
                                                    std::chrono::days valid_for);

/// Time left until a PEM certificate expires, negative once it has; zero where it cannot be read.
[[nodiscard]] std::chrono::seconds time_to_expiry(std::string_view certificate_pem);

/// What is wrong with the certificates of a PEM file, in words that follow its name: "holds no certificate", …; "" if
/// nothing.
[[nodiscard]] std::string problem_of_certificates(const std::string& pem);

/// What is wrong with a private key in PEM as the one of the first certificate of `chain_pem`; "" if nothing.
[[nodiscard]] std::string problem_of_key(const std::string& key_pem, const std::string& chain_pem);

/// Whether now is inside the validity of the first certificate, in words that follow the file's name; "" if it is.
[[nodiscard]] std::string problem_of_validity(const std::string& chain_pem);

}  // namespace winnow::crypto

#pragma once

/// @file
/// A key as an operator writes it down.

#include "winnow/crypto/signature.hpp"

#include <string>

namespace winnow::app {

/// 32 bytes from a file that holds them raw or as 64 hex digits. Throws std::runtime_error that names the file and the
/// fix.
/// @param what  What it is, in messages.
[[nodiscard]] std::string read_key_file(const std::string& path, const std::string& what = "encryption key");

/// An Ed25519 private key in PEM. Throws as above.
[[nodiscard]] crypto::SigningKey read_signing_key(const std::string& path);

}  // namespace winnow::app

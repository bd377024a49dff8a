#pragma once

/// @file
/// Certificates for tests, written where a server can read them.

#include "winnow/crypto/certificate.hpp"

#include <filesystem>
#include <string>

namespace winnow::test {

using crypto::Certificate;

/// A self-signed P-256 authority.
[[nodiscard]] Certificate make_authority(const std::string& common_name);

/// A P-256 certificate of `authority` for localhost and 127.0.0.1, good for servers and clients.
[[nodiscard]] Certificate make_certificate(const Certificate& authority, const std::string& common_name);

void write_file(const std::filesystem::path& path, const std::string& text);

/// A folder of its own that goes with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace winnow::test

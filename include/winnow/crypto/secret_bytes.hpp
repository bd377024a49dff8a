#pragma once

/// @file
/// Bytes that leave no trace in memory.

#include <string>
#include <string_view>

namespace winnow::crypto {

/// Overwrites what the text holds, and empties it.
void cleanse(std::string& text) noexcept;

/// A key in memory: overwritten when it goes. It is moved, never copied. Not thread-safe, but to read.
class SecretBytes {
public:
    SecretBytes() = default;
    /// Takes them over; what `bytes` had is its alone afterwards where it was longer than a string keeps in itself.
    explicit SecretBytes(std::string&& bytes) noexcept;
    ~SecretBytes();
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;

    [[nodiscard]] std::string_view view() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

}  // namespace winnow::crypto

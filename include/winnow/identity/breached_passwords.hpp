#pragma once

/// @file
/// A list of passwords that others have lost: an operator's file of sorted SHA-1 digests, 20 bytes each.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::identity {

/// Immutable, thread-safe; reads some twenty blocks of the file at each look-up.
class BreachedPasswords {
public:
    /// None: contains nothing.
    BreachedPasswords() = default;

    /// Throws std::runtime_error where the file cannot be read, is empty or no whole number of digests, or where some
    /// of its digests, looked at all over it, do not ascend: a file in text, or not sorted, would find nothing and not
    /// say so.
    explicit BreachedPasswords(const std::string& path);
    ~BreachedPasswords();
    BreachedPasswords(BreachedPasswords&& other) noexcept;
    BreachedPasswords& operator=(BreachedPasswords&& other) noexcept;
    BreachedPasswords(const BreachedPasswords&) = delete;
    BreachedPasswords& operator=(const BreachedPasswords&) = delete;

    /// Throws std::runtime_error where the file can no longer be read: no password is chosen then.
    [[nodiscard]] bool contains(std::string_view password) const;

    [[nodiscard]] std::uint64_t size() const noexcept { return count_; }

private:
    [[nodiscard]] std::string at(std::uint64_t index) const;

    int file_ = -1;
    std::uint64_t count_ = 0;
};

}  // namespace winnow::identity

#pragma once

/// @file
/// Numbers and ids as they stand among encoded bytes. Private to journal.

#include "winnow/base/uuid.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::journal {

/// LEB128: seven bits a byte, low ones first.
inline void put_number(std::string& out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80U);
        value >>= 7U;
    }
    out += static_cast<char>(value);
}

inline void put_uuid(std::string& out, const Uuid& id)
{
    out.append(reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size());
}

/// Takes from the front of what was read. After the first shortfall everything is zero and ok() false.
class Input {
public:
    explicit Input(std::string_view bytes) noexcept : bytes_(bytes) {}

    std::uint64_t number() noexcept
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1).empty() ? 0 : last_);
            if (!ok_) return 0;
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0) return value;
        }
        ok_ = false;
        return 0;
    }

    Uuid uuid() noexcept
    {
        std::array<std::uint8_t, 16> id{};
        const auto bytes = take(id.size());
        std::ranges::transform(bytes, id.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
        return Uuid(id);
    }

    std::string_view take(std::uint64_t count) noexcept
    {
        if (!ok_ || count > bytes_.size()) {
            ok_ = false;
            return {};
        }
        const auto taken = bytes_.substr(0, static_cast<std::size_t>(count));
        bytes_.remove_prefix(taken.size());
        if (!taken.empty()) last_ = taken.back();
        return taken;
    }

    /// A count of things of at least one byte each: more than there are bytes is a lie.
    std::size_t count() noexcept
    {
        const auto claimed = number();
        if (claimed > bytes_.size()) ok_ = false;
        return ok_ ? static_cast<std::size_t>(claimed) : 0;
    }

    void fail() noexcept { ok_ = false; }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool done() const noexcept { return ok_ && bytes_.empty(); }

private:
    std::string_view bytes_;
    char last_ = 0;
    bool ok_ = true;
};

}  // namespace winnow::journal

#include "pg/rows/binary_array.hpp"

#include <chrono>
#include <stdexcept>

namespace winnow::pg {

namespace {

constexpr std::size_t kDimensionsAt = 0;
constexpr std::size_t kCountAt = 12;
constexpr std::size_t kHeader = 20;
constexpr std::size_t kEmptyHeader = 12;

constexpr Timestamp kPostgresEpoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

}  // namespace

BinaryArray::BinaryArray(ArrayOf type)
{
    add_word(1, 4);  // dimensions
    add_word(0, 4);  // no NULLs inside
    add_word(static_cast<std::uint32_t>(type), 4);
    add_word(0, 4);  // how many, known at the end
    add_word(1, 4);  // lower bound
}

void BinaryArray::add_word(std::uint64_t word, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) body_ += static_cast<char>(word >> shift & 0xFFU);
}

void BinaryArray::add(std::string_view bytes)
{
    if (bytes.size() > 0x3FFFFFFFU) throw std::length_error("a value is larger than PostgreSQL takes");
    ++count_;
    add_word(bytes.size(), 4);
    body_ += bytes;
}

void BinaryArray::add(const Uuid& id)
{
    ++count_;
    add_word(16, 4);
    for (const auto byte : id.bytes()) body_ += static_cast<char>(byte);
}

void BinaryArray::add(std::int32_t number)
{
    ++count_;
    add_word(4, 4);
    add_word(static_cast<std::uint32_t>(number), 4);
}

void BinaryArray::add(std::int64_t number)
{
    ++count_;
    add_word(8, 4);
    add_word(static_cast<std::uint64_t>(number), 8);
}

void BinaryArray::add(Timestamp instant)
{
    add(std::int64_t{std::chrono::microseconds{instant - kPostgresEpoch}.count()});
}

const std::string& BinaryArray::bytes()
{
    if (count_ == 0) {
        body_.resize(kEmptyHeader);
        body_[kDimensionsAt + 3] = 0;
        return body_;
    }
    for (std::size_t i = 0; i < 4; ++i) {
        body_[kCountAt + i] = static_cast<char>(count_ >> (8U * (3 - i)) & 0xFFU);
    }
    static_assert(kHeader == kCountAt + 8);
    return body_;
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Numbers for the values that rules name.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::rules::index {

/// (space, text) -> 1, 2, 3… Built once, then read by any number of threads.
class SymbolTable {
public:
    /// What is looked for, as a table keeps it. Refers to the text.
    class Key {
    public:
        Key(std::uint32_t space, std::string_view text) noexcept;

    private:
        friend class SymbolTable;
        std::string_view text_;
        std::uint32_t hash_;
        std::array<std::uint64_t, 2> ends_{};  ///< Equal for equal texts; up to 16 bytes, for no others.
    };

    void reserve(std::size_t symbols);
    std::uint32_t add(std::uint32_t space, std::string_view text);

    /// 0: not there.
    [[nodiscard]] std::uint32_t find(std::uint32_t space, std::string_view text) const noexcept
    {
        return find(Key(space, text));
    }
    [[nodiscard]] std::uint32_t find(const Key& key) const noexcept
    {
        return entries_.empty() ? 0 : entries_[place_of(key)].symbol;
    }

    /// Fetches from memory what `find` will look at: of use where there is something else to do until then.
    void prefetch(const Key& key) const noexcept
    {
        if (!entries_.empty()) __builtin_prefetch(&entries_[key.hash_ & (entries_.size() - 1)]);
    }

    /// Symbols are 1 to size().
    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    /// Half a cache line, which is all that most look-ups touch.
    struct alignas(32) Entry {
        std::uint32_t hash = 0;
        std::uint32_t symbol = 0;  ///< 0: free.
        std::uint32_t offset = 0;
        std::uint32_t length = 0;
        std::array<std::uint64_t, 2> ends{};  ///< As the key's.
    };
    [[nodiscard]] bool is(const Entry& entry, const Key& key) const noexcept;
    [[nodiscard]] std::size_t place_of(const Key& key) const noexcept;
    void grow(std::size_t places);

    std::vector<Entry> entries_;  ///< Open addressing; a power of two, at most half full.
    std::string texts_;
    std::uint32_t size_ = 0;
};

/// Lists of numbers by number, in two flat arrays.
class Postings {
public:
    using Pair = std::pair<std::uint32_t, std::uint32_t>;  ///< key, member

    /// Keys are less than `keys`. Members keep the order in which they are given.
    void build(std::size_t keys, const std::vector<Pair>& pairs);

    [[nodiscard]] const std::uint32_t* begin(std::uint32_t key) const noexcept { return members_.data() + at_[key]; }
    [[nodiscard]] const std::uint32_t* end(std::uint32_t key) const noexcept { return members_.data() + at_[key + 1]; }
    [[nodiscard]] std::size_t size(std::uint32_t key) const noexcept { return at_[key + 1] - at_[key]; }
    void prefetch(std::uint32_t key) const noexcept { __builtin_prefetch(&at_[key]); }
    [[nodiscard]] std::size_t bytes() const noexcept { return (at_.size() + members_.size()) * sizeof(std::uint32_t); }

private:
    std::vector<std::uint32_t> at_{0};
    std::vector<std::uint32_t> members_;
};

}  // namespace winnow::rules::index

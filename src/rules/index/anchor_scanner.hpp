#pragma once

/// @file
/// Finds which of many texts stand in one text, in one pass or a few.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::rules::index {

/// Each pattern is known by its rarest window of 8, 4, 2 or 1 bytes, the widest that fits it. A text is read once for
/// each width in use: a bit per window says "nothing" for nearly all of them, then a chain and a comparison decide.
class AnchorScanner {
public:
    /// The pattern must not be empty and must outlive the scanner. Returns its number: 0, 1, 2…
    std::uint32_t add(std::string_view pattern);
    void build();

    /// Calls `found(number)` for each occurrence of each pattern; a pattern may be reported more than once.
    template <typename Found>
    void scan(std::string_view text, Found found) const
    {
        scan_width<8>(tables_[0], text, found);
        scan_width<4>(tables_[1], text, found);
        scan_width<2>(tables_[2], text, found);
        scan_width<1>(tables_[3], text, found);
    }

    [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Anchor {
        std::uint64_t window = 0;
        std::uint32_t pattern = 0;
        std::uint32_t next = 0;    ///< Of the chain; 0: the last.
        std::uint32_t offset = 0;  ///< Of the window in the pattern.
    };
    struct Table {
        std::vector<std::uint32_t> heads;
        std::vector<Anchor> anchors;  ///< The first is not used.
        std::vector<std::uint64_t> filter;
        int head_shift = 0;
        int filter_shift = 0;
    };

    template <std::size_t Width>
    static std::uint64_t window_at(const char* at) noexcept
    {
        std::uint64_t window = 0;
        std::memcpy(&window, at, Width);
        return window;
    }
    static std::uint64_t head_hash(std::uint64_t window) noexcept { return window * 0x9E3779B97F4A7C15ULL; }
    static std::uint64_t filter_hash(std::uint64_t window) noexcept { return window * 0xD6E8FEB86659FD93ULL; }
    /// Two bits of one word of the filter: a branch not taken wrongly is worth a second one.
    static std::uint64_t filter_bits(std::uint64_t hash) noexcept
    {
        constexpr std::uint64_t kBit = 63;
        constexpr unsigned kFirst = 32;
        constexpr unsigned kSecond = 26;
        return std::uint64_t{1} << (hash >> kFirst & kBit) | std::uint64_t{1} << (hash >> kSecond & kBit);
    }
    static std::size_t table_of(std::string_view pattern) noexcept;

    template <std::size_t Width>
    void build_width(std::size_t number);

    template <std::size_t Width, typename Found>
    void scan_width(const Table& table, std::string_view text, Found& found) const
    {
        if (table.heads.empty()) return;
        for (std::size_t i = 0; i + Width <= text.size(); ++i) {
            const auto window = window_at<Width>(text.data() + i);
            const auto hash = filter_hash(window);
            const auto bits = filter_bits(hash);
            if ((table.filter[hash >> table.filter_shift] & bits) != bits) continue;
            for (auto at = table.heads[head_hash(window) >> table.head_shift]; at != 0; at = table.anchors[at].next) {
                const auto& anchor = table.anchors[at];
                if (anchor.window != window || anchor.offset > i) continue;
                const auto pattern = patterns_[anchor.pattern];
                const auto start = i - anchor.offset;
                if (start + pattern.size() <= text.size() &&
                    std::memcmp(text.data() + start, pattern.data(), pattern.size()) == 0) {
                    found(anchor.pattern);
                }
            }
        }
    }

    std::vector<std::string_view> patterns_;
    std::array<Table, 4> tables_;
};

}  // namespace winnow::rules::index

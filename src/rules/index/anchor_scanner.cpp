#include "rules/index/anchor_scanner.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace winnow::rules::index {

namespace {

constexpr std::array<std::size_t, 4> kWidths = {8, 4, 2, 1};
constexpr int kHashBits = 64;

}  // namespace

std::uint32_t AnchorScanner::add(std::string_view pattern)
{
    patterns_.push_back(pattern);
    return static_cast<std::uint32_t>(patterns_.size() - 1);
}

std::size_t AnchorScanner::table_of(std::string_view pattern) noexcept
{
    std::size_t number = 0;
    while (kWidths[number] > pattern.size()) ++number;
    return number;
}

void AnchorScanner::build()
{
    build_width<8>(0);
    build_width<4>(1);
    build_width<2>(2);
    build_width<1>(3);
}

template <std::size_t Width>
void AnchorScanner::build_width(std::size_t number)
{
    std::vector<std::uint32_t> mine;
    std::size_t windows = 0;
    for (std::uint32_t i = 0; i < patterns_.size(); ++i) {
        if (table_of(patterns_[i]) != number) continue;
        mine.push_back(i);
        windows += patterns_[i].size() - Width + 1;
    }
    auto& table = tables_[number];
    table = {};
    if (mine.empty()) return;

    // How often a window stands among the patterns; two that share a counter only look more frequent than they are.
    constexpr int kMostCounterBits = 20;
    const auto counter_bits = std::clamp(static_cast<int>(std::bit_width(windows * 2)), 8, kMostCounterBits);
    std::vector<std::uint16_t> counters(std::size_t{1} << counter_bits);
    const auto counter_of = [&](std::uint64_t window) -> std::uint16_t& {
        return counters[head_hash(window) >> (kHashBits - counter_bits)];
    };
    for (const auto i : mine) {
        for (std::size_t at = 0; at + Width <= patterns_[i].size(); ++at) {
            auto& count = counter_of(window_at<Width>(patterns_[i].data() + at));
            if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
        }
    }

    const auto head_bits = static_cast<int>(std::bit_width(mine.size() * 2));
    constexpr int kFilterBitsAPattern = 3;  // as a power of two, beside the table's own slack
    constexpr int kFewestFilterBits = 10;
    constexpr int kWordBits = 6;  // as a power of two, too
    const auto filter_size = std::max(head_bits + kFilterBitsAPattern, kFewestFilterBits);
    table.heads.assign(std::size_t{1} << head_bits, 0);
    table.head_shift = kHashBits - head_bits;
    table.filter.assign(std::size_t{1} << (filter_size - kWordBits), 0);
    table.filter_shift = kHashBits - (filter_size - kWordBits);
    table.anchors.resize(1);
    table.anchors.reserve(mine.size() + 1);
    for (const auto i : mine) {
        const auto pattern = patterns_[i];
        Anchor anchor{.window = 0, .pattern = i, .next = 0, .offset = 0};
        std::uint32_t fewest = std::numeric_limits<std::uint32_t>::max();
        for (std::size_t at = 0; at + Width <= pattern.size(); ++at) {
            const auto window = window_at<Width>(pattern.data() + at);
            if (counter_of(window) >= fewest) continue;
            fewest = counter_of(window);
            anchor.window = window;
            anchor.offset = static_cast<std::uint32_t>(at);
        }
        auto& head = table.heads[head_hash(anchor.window) >> table.head_shift];
        anchor.next = head;
        head = static_cast<std::uint32_t>(table.anchors.size());
        table.anchors.push_back(anchor);
        const auto hash = filter_hash(anchor.window);
        table.filter[hash >> table.filter_shift] |= filter_bits(hash);
    }
}

std::size_t AnchorScanner::bytes() const noexcept
{
    std::size_t total = patterns_.size() * sizeof(std::string_view);
    for (const auto& table : tables_) {
        total += table.heads.size() * sizeof(std::uint32_t) + table.anchors.size() * sizeof(Anchor) +
                 table.filter.size() * sizeof(std::uint64_t);
    }
    return total;
}

}  // namespace winnow::rules::index

#include "rules/index/symbol_table.hpp"

#include "rules/index/hash.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace winnow::rules::index {

namespace {

constexpr std::size_t kFewest = 16;

}  // namespace

void SymbolTable::reserve(std::size_t symbols)
{
    const auto places = std::bit_ceil(std::max(kFewest, symbols * 2));
    if (places > entries_.size()) grow(places);
}

void SymbolTable::grow(std::size_t places)
{
    std::vector<Entry> old(places);
    old.swap(entries_);
    const auto mask = places - 1;
    for (const auto& entry : old) {
        if (entry.symbol == 0) continue;
        auto at = entry.hash & mask;
        while (entries_[at].symbol != 0) at = (at + 1) & mask;
        entries_[at] = entry;
    }
}

bool SymbolTable::is(const Entry& entry, std::uint32_t hash, std::string_view text) const noexcept
{
    if (entry.hash != hash || entry.length != text.size()) return false;
    const auto begin = std::min(text.size(), entry.begin.size());
    if (std::memcmp(entry.begin.data(), text.data(), begin) != 0) return false;
    if (text.size() <= entry.begin.size()) return true;
    return std::memcmp(texts_.data() + entry.offset, text.data(), text.size()) == 0;
}

std::size_t SymbolTable::place_of(std::uint32_t hash, std::string_view text) const noexcept
{
    const auto mask = entries_.size() - 1;
    for (auto at = hash & mask;; at = (at + 1) & mask) {
        const auto& entry = entries_[at];
        if (entry.symbol == 0) return at;
        if (is(entry, hash, text)) return at;
    }
}

std::uint32_t SymbolTable::add(std::uint32_t space, std::string_view text)
{
    reserve(size_ + 1);
    const auto hash = static_cast<std::uint32_t>(hash_bytes(text, space));
    auto& entry = entries_[place_of(hash, text)];
    if (entry.symbol == 0) {
        entry.hash = hash;
        entry.symbol = ++size_;
        entry.offset = static_cast<std::uint32_t>(texts_.size());
        entry.length = static_cast<std::uint32_t>(text.size());
        std::copy_n(text.data(), std::min(text.size(), entry.begin.size()), entry.begin.data());
        if (text.size() > entry.begin.size()) texts_ += text;
    }
    return entry.symbol;
}

std::uint32_t SymbolTable::find(std::uint32_t space, std::string_view text) const noexcept
{
    if (entries_.empty()) return 0;
    return entries_[place_of(static_cast<std::uint32_t>(hash_bytes(text, space)), text)].symbol;
}

std::size_t SymbolTable::bytes() const noexcept
{
    return entries_.size() * sizeof(Entry) + texts_.capacity();
}

void Postings::build(std::size_t keys, const std::vector<Pair>& pairs)
{
    at_.assign(keys + 1, 0);
    for (const auto& [key, member] : pairs) ++at_[key + 1];
    for (std::size_t i = 1; i < at_.size(); ++i) at_[i] += at_[i - 1];
    members_.resize(pairs.size());
    auto next = at_;
    for (const auto& [key, member] : pairs) members_[next[key]++] = member;
}

}  // namespace winnow::rules::index

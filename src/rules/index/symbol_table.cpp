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

SymbolTable::Key::Key(std::uint32_t space, std::string_view text) noexcept
    : text_(text), hash_(static_cast<std::uint32_t>(hash_bytes(text, space)))
{
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if (text.size() >= kWord) {
        ends_ = {load<std::uint64_t>(text.data()), load<std::uint64_t>(text.data() + text.size() - kWord)};
    } else if (!text.empty()) {
        ends_.front() = load_short(text);
    }
}

bool SymbolTable::is(const Entry& entry, const Key& key) const noexcept
{
    const auto length = key.text_.size();
    if (entry.hash != key.hash_ || entry.length != length || entry.ends != key.ends_) return false;
    return length <= sizeof entry.ends || std::memcmp(texts_.data() + entry.offset, key.text_.data(), length) == 0;
}

std::size_t SymbolTable::place_of(const Key& key) const noexcept
{
    const auto mask = entries_.size() - 1;
    for (auto at = key.hash_ & mask;; at = (at + 1) & mask) {
        const auto& entry = entries_[at];
        if (entry.symbol == 0 || is(entry, key)) return at;
    }
}

std::uint32_t SymbolTable::add(std::uint32_t space, std::string_view text)
{
    reserve(size_ + 1);
    const Key key(space, text);
    auto& entry = entries_[place_of(key)];
    if (entry.symbol == 0) {
        entry.hash = key.hash_;
        entry.symbol = ++size_;
        entry.offset = static_cast<std::uint32_t>(texts_.size());
        entry.length = static_cast<std::uint32_t>(text.size());
        entry.ends = key.ends_;
        if (text.size() > sizeof entry.ends) texts_ += text;
    }
    return entry.symbol;
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

#pragma once

/// @file
/// Sorting many texts.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace winnow {

/// A view of a text, compared as std::string_view is. The first bytes stand beside it, so that few comparisons have to
/// look at the text, which is somewhere else in memory.
class OrderedText {
public:
    explicit OrderedText(std::string_view text) noexcept : head_(head_of(text)), text_(text) {}

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

    friend std::strong_ordering operator<=>(const OrderedText& a, const OrderedText& b) noexcept
    {
        return a.head_ != b.head_ ? a.head_ <=> b.head_ : a.text_ <=> b.text_;
    }
    friend bool operator==(const OrderedText& a, const OrderedText& b) noexcept
    {
        return a.head_ == b.head_ && a.text_ == b.text_;
    }

private:
    /// The first byte weighs most; 0 for those that a short text lacks.
    [[nodiscard]] static std::uint64_t head_of(std::string_view text) noexcept
    {
        std::uint64_t head = 0;
        for (std::size_t i = 0; i < sizeof head; ++i) {
            head = head << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
        }
        return head;
    }

    std::uint64_t head_;
    std::string_view text_;
};

}  // namespace winnow

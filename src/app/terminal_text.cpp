#include "app/terminal_text.hpp"

#include "winnow/base/text.hpp"

#include <array>
#include <clocale>
#include <cwchar>
#include <memory>
#include <type_traits>

namespace winnow::app {

namespace {

/// Bytes of the sequence that begins here; 1 for what is none.
std::size_t length_of(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    if (first >= 0xF0)
        length = 4;
    else if (first >= 0xE0)
        length = 3;
    else if (first >= 0xC0)
        length = 2;
    return length <= text.size() && is_valid_utf8(text.substr(0, length)) ? length : 1;
}

bool is_harmless(std::string_view sequence)
{
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(sequence[i]));
    };
    if (sequence.size() == 1) return byte(0) >= 0x20 && byte(0) < 0x7F;
    if (sequence.size() == 2) return !(byte(0) == 0xC2 && byte(1) < 0xA0);  // C1
    if (sequence.size() == 3 && byte(0) == 0xE2) {
        const unsigned low = (byte(1) << 8U) | byte(2);
        const bool breaks_lines = low == 0x80A8 || low == 0x80A9;                                 // U+2028, U+2029
        const bool turns = (low >= 0x80AA && low <= 0x80AE) || (low >= 0x81A6 && low <= 0x81A9);  // bidi controls
        return !breaks_lines && !turns;
    }
    return true;
}

/// A locale that knows the widths of characters, and is no process's or thread's own.
class Widths {
public:
    Widths() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}

    /// Of a character that may stand on a terminal.
    [[nodiscard]] std::size_t of(char32_t character) const
    {
        if (character < 0x80) return 1;
        if (locale_ == nullptr) return 1;
        const auto before = uselocale(locale_.get());
        const auto width = wcwidth(static_cast<wchar_t>(character));
        uselocale(before);
        if (width >= 0) return static_cast<std::size_t>(width);
        // Not assigned when the locale was made: in these blocks an emoji or an ideograph.
        const bool wide =
            (character >= 0x1F300 && character < 0x1FB00) || (character >= 0x20000 && character < 0x40000);
        return wide ? 2 : 1;
    }

private:
    struct Free {
        void operator()(locale_t locale) const noexcept { freelocale(locale); }
    };
    std::unique_ptr<std::remove_pointer_t<locale_t>, Free> locale_;
};

/// Of a whole sequence of well-formed UTF-8.
char32_t character_of(std::string_view sequence)
{
    constexpr std::array<unsigned, 5> kFirstBits{0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t character = static_cast<unsigned char>(sequence.front()) & kFirstBits[sequence.size()];
    for (const char c : sequence.substr(1)) character = (character << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
    return character;
}

std::size_t width_of(std::string_view sequence)
{
    static const Widths widths;
    return widths.of(character_of(sequence));
}

}  // namespace

std::string for_terminal(std::string_view text, std::size_t max_bytes)
{
    constexpr std::string_view kCut = "…";
    std::string shown;
    std::size_t cut_at = 0;  // so that what is kept and the sign fit
    while (!text.empty()) {
        const auto sequence = text.substr(0, length_of(text));
        text.remove_prefix(sequence.size());
        const std::string_view piece = is_harmless(sequence) ? sequence : " ";
        if (shown.size() + kCut.size() <= max_bytes && width_of(piece) > 0) cut_at = shown.size();
        if (shown.size() + piece.size() > max_bytes) return shown.substr(0, cut_at).append(kCut);
        shown.append(piece);
    }
    return shown;
}

std::size_t columns_of(std::string_view text)
{
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto sequence = text.substr(0, length_of(text));
        text.remove_prefix(sequence.size());
        columns += sequence.size() == 1 ? 1 : width_of(sequence);
    }
    return columns;
}

}  // namespace winnow::app

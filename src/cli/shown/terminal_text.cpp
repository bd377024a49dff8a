#include "winnow/cli/terminal_text.hpp"

#include "winnow/base/text.hpp"

#include <clocale>
#include <cwchar>
#include <memory>
#include <type_traits>

namespace winnow::cli {

namespace {

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

std::size_t width_of(char32_t character)
{
    static const Widths widths;
    return widths.of(character);
}

}  // namespace

std::string for_terminal(std::string_view text, std::size_t max_bytes)
{
    constexpr std::string_view kCut = "…";
    std::string shown;
    std::size_t cut_at = 0;  // so that what is kept and the sign fit
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        const auto sequence = text.substr(0, bytes);
        text.remove_prefix(bytes);
        const bool broken = bytes == 1 && point == U'\uFFFD';
        const bool stays = !is_hidden(point) && !broken;
        const std::string_view piece = stays ? sequence : " ";
        const auto width = stays ? width_of(point) : 1;
        if (shown.size() + kCut.size() <= max_bytes && width > 0) cut_at = shown.size();
        if (shown.size() + piece.size() > max_bytes) return shown.substr(0, cut_at).append(kCut);
        shown.append(piece);
    }
    return shown;
}

std::size_t columns_of(std::string_view text)
{
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        text.remove_prefix(bytes);
        columns += width_of(point);
    }
    return columns;
}

}  // namespace winnow::cli

#include "intake/alert_title.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace winnow::intake {

namespace {

// Blanks beyond ASCII that templates and people leave: no-break, ideographic, zero width, line and paragraph separator.
constexpr std::array<std::string_view, 5> kWideBlanks{"\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xE2\x80\xA8",
                                                      "\xE2\x80\xA9"};

/// Line feeds and runs of blanks are one blank; none at either end. "" where the text says nothing.
std::string one_line(std::string_view text)
{
    std::string line;
    bool says_something = false;
    while (!text.empty()) {
        const auto wide = std::ranges::find_if(kWideBlanks, [&](auto blank) { return text.starts_with(blank); });
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte <= 0x20 || byte == 0x7F) {
            if (!line.empty() && line.back() != ' ') line += ' ';
            text.remove_prefix(1);
        } else if (wide != kWideBlanks.end()) {
            line += *wide;
            text.remove_prefix(wide->size());
        } else {
            line += text.front();
            says_something = true;
            text.remove_prefix(1);
        }
    }
    if (!says_something) return {};
    if (line.back() == ' ') line.pop_back();
    return line;
}

/// The first of these that says something.
std::string first_line_of(const domain::Labels& from, std::initializer_list<std::string_view> names)
{
    for (const auto name : names) {
        const auto* value = from.find(name);
        if (auto line = value == nullptr ? std::string() : one_line(*value); !line.empty()) return line;
    }
    return {};
}

}  // namespace

std::string alertmanager_title(const domain::Labels& labels, const domain::Labels& annotations)
{
    if (auto text = first_line_of(annotations, {"summary", "title", "message"}); !text.empty()) return text;
    auto title = first_line_of(labels, {"alertname"});
    if (const auto instance = first_line_of(labels, {"instance"}); !instance.empty()) {
        if (!title.empty()) title += ' ';
        title += instance;
    }
    if (!title.empty()) return title;
    for (const auto& [name, value] : labels.entries()) {  // Alertmanager asks for no certain label
        if (!title.empty()) title += ", ";
        title += name;
        title += '=';
        title += value;
    }
    return one_line(title);
}

}  // namespace winnow::intake

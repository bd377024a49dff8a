#include "api/csv/csv_cell.hpp"

#include "winnow/base/text.hpp"

namespace winnow::api {

namespace {

/// What makes a formula of a cell, in full width too, which spreadsheets set for East Asia take for the same.
bool begins_formula(char32_t point)
{
    static constexpr std::u32string_view kSigns = U"=+-@\uFF1D\uFF0B\uFF0D\uFF20";
    return kSigns.contains(point);
}

/// What ends a cell for a reader that splits at semicolons or tabs, to whom our quotes in the middle mean nothing.
bool is_separator(char32_t point)
{
    return point == U';' || point == U'\t' || point == U'\r' || point == U'\n';
}

/// What a reader may leave out at a cell's beginning.
bool is_passed_over(char32_t point)
{
    return point == U' ' || point == U'\u00A0' || point == U'\u3000' || point == U'"' || is_hidden(point);
}

}  // namespace

std::string csv_cell(std::string_view text)
{
    std::string cell;
    bool at_start = true;  // of what some spreadsheet takes for a cell
    bool is_first = true;
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        if (at_start && (begins_formula(point) || (is_first && is_separator(point)))) {
            // Before the blanks that stand before it, if it is the first: that is where the quote counts.
            if (is_first) {
                cell.insert(cell.begin(), '\'');
            } else {
                cell += '\'';
            }
        }
        if (is_separator(point)) {
            at_start = true;
            is_first = false;
        } else if (!is_passed_over(point)) {
            at_start = false;
            is_first = false;
        }
        cell += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    // Semicolons and tabs: where a spreadsheet splits at them, too, the quotes hold the cell together.
    if (cell.find_first_of(",;\t\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace winnow::api

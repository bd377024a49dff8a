#include "cli/shown/table.hpp"

#include "winnow/cli/terminal_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <utility>

namespace winnow::cli {

void Table::add(std::vector<std::string> row)
{
    row.resize(width_);
    for (auto& cell : row) cell = for_terminal(cell);
    rows_.push_back(std::move(row));
}

void Table::print(std::ostream& out, bool bold_head) const
{
    std::vector<std::size_t> widths(width_);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < width_; ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        if (r == 0 && bold_head) out << "\033[1m";
        for (std::size_t i = 0; i < width_; ++i) {
            out << rows_[r][i];
            if (i + 1 < width_) out << std::string(widths[i] - columns_of(rows_[r][i]) + 2, ' ');
        }
        if (r == 0 && bold_head) out << "\033[0m";
        out << '\n';
    }
}

bool standard_output_takes_colour()
{
    return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

}  // namespace winnow::cli

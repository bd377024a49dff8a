#pragma once

/// @file
/// Aligned columns for a terminal.

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace winnow::cli {

/// Rows of one width; the last column is not padded. A wide character fills two columns, a mark none.
class Table {
public:
    explicit Table(std::vector<std::string> head) : width_(head.size()) { rows_.push_back(std::move(head)); }

    /// As many cells as the head has; each is shown as for_terminal() has it: a title must not drive the terminal.
    void add(std::vector<std::string> row);

    void print(std::ostream& out, bool bold_head) const;

private:
    std::size_t width_;
    std::vector<std::vector<std::string>> rows_;
};

/// Colours and bold only on a terminal, and not where NO_COLOR is set.
[[nodiscard]] bool standard_output_takes_colour();

}  // namespace winnow::cli

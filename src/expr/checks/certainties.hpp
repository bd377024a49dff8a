#pragma once

/// @file
/// What a CEL condition is certain to do whatever the alert. Private to expr.

#include "winnow/expr/check.hpp"

#include <vector>

namespace winnow::expr {

/// Parts that fail for every alert, because of their constants alone (`now.getHours("Asia/Tokio")`, `1/0`), and
/// comparisons that come out the same for every alert (`now.getHours() == 24`, `title.lowerAscii() == "DB"`). Sound,
/// not complete: what would cost too much to find out is not said. The tree was checked.
[[nodiscard]] std::vector<Remark> remarks_on_certainties(const Node& root);

}  // namespace winnow::expr

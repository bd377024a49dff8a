#pragma once

/// @file
/// Stored rows that this version cannot read.

#include <string>

namespace winnow::domain {

/// A row that is due and cannot be read: none of the others waits for it.
struct UnreadRow {
    std::string name;  ///< The same each time, and another one for each row of the tenant's.
    std::string reason;
};

}  // namespace winnow::domain

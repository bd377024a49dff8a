#pragma once

/// @file
/// The index that finds tickets by text and label, as whoever keeps it sees it.

#include "winnow/base/result.hpp"

#include <cstddef>

namespace winnow::ports {

/// Thread-safe; each call borrows a connection of the pipeline role.
class SearchIndex {
public:
    SearchIndex() = default;
    SearchIndex(const SearchIndex&) = delete;
    SearchIndex& operator=(const SearchIndex&) = delete;
    virtual ~SearchIndex() = default;

    /// Takes in at most `limit` tickets that are new, and as many whose words have changed, of one tenant that has
    /// such. Returns how many; 0: the index is up to date, or another node is at it.
    /// What cannot be done of one tenant is no error: others' turns come, its own again later.
    [[nodiscard]] virtual Result<std::size_t> advance(std::size_t limit) = 0;

    /// How many tickets could not be taken in so far, and wait where searches find them without the index.
    [[nodiscard]] virtual std::size_t set_aside() const noexcept = 0;
};

}  // namespace winnow::ports

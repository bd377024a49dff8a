#pragma once

/// @file
/// Rows that this version cannot read in full: what another version wrote, or somebody by hand. One such row must not
/// cost a tenant its configuration, nor a list its other rows. Private to pg.

#include "winnow/observe/log.hpp"
#include "winnow/ports/fold_transaction.hpp"

#include <pqxx/result>

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// Runs `read`, which takes values from a row's columns. False, and an error in the log with the row's id, where it
/// throws: the caller makes of the row what does not compile, so that it is left out and shown as broken.
template <typename Id, typename Read>
[[nodiscard]] bool is_legible(std::string_view what, const Id& id, Read&& read)
{
    try {
        read();
        return true;
    } catch (const std::exception& failure) {
        observe::error("a stored row cannot be read and is left out",
                       {{"what", what}, {"id", id.str()}, {"reason", failure.what()}});
        return false;
    }
}

/// Runs `read(row)` for each. Where it throws, `unread` says so of the row, by `name(row)`, and the others are read:
/// the caller tells of it, or it would be told again each time.
template <typename Name, typename Read>
void read_legible(const pqxx::result& rows, std::vector<ports::UnreadRow>& unread, Name name, Read read)
{
    for (const auto& row : rows) {
        try {
            read(row);
        } catch (const std::bad_alloc&) {  // nothing of the row's
            throw;
        } catch (const std::exception& failure) {
            unread.push_back({.name = name(row), .reason = failure.what()});
        }
    }
}

}  // namespace winnow::pg

#pragma once

/// @file
/// Rows that this version cannot read in full: what another version wrote, or somebody by hand. One such row must not
/// cost a tenant its configuration, nor a list its other rows. Private to pg.

#include "winnow/observe/log.hpp"

#include <exception>
#include <string>
#include <string_view>

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

}  // namespace winnow::pg

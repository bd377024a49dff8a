#pragma once

/// @file
/// What a thread that lives as long as its node does again and again. Private to pipeline.

#include "winnow/observe/log.hpp"

#include <exception>
#include <string_view>

namespace winnow::pipeline {

/// What is thrown ends the round, not the process: for want of memory, most likely, and the next round comes. False
/// where it was not done to its end. `thread`: whose round, for the log.
template <typename Work>
bool round(std::string_view thread, Work work)
{
    try {
        work();
        return true;
    } catch (const std::exception& thrown) {
        observe::error("a thread's round failed and comes again", {{"thread", thread}, {"error", thrown.what()}});
        return false;
    }
}

}  // namespace winnow::pipeline

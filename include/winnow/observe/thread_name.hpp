#pragma once

/// @file
/// What a thread is called in ps, top, debuggers and core dumps.

#include <pthread.h>

#include <cstddef>
#include <string>

namespace winnow::observe {

/// Names the calling thread, for as long as it lives: the first thing that each thread of ours does. One without a name
/// has its parent's. Of `name` the system keeps 15 bytes.
inline void name_thread(std::string name)
{
    constexpr std::size_t kMost = 15;
    if (name.size() > kMost) name.resize(kMost);
    pthread_setname_np(pthread_self(), name.c_str());  // fails for a longer name only
}

/// One of several, which count from 0: "triage-1".
inline void name_thread(const std::string& name, std::size_t number)
{
    name_thread(name + "-" + std::to_string(number));
}

}  // namespace winnow::observe

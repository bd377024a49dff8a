#pragma once

/// @file
/// How what is measured grows with what it is given.

#include <algorithm>
#include <ctime>
#include <limits>

namespace winnow {

/// What a call takes of this thread's own time, which stands while others run.
template <typename Work>
double cost_of(const Work& work)
{
    const auto spent = [] {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    };
    int runs = 0;
    const auto begin = spent();
    auto took = 0.0;
    for (; took < 0.002; took = spent() - begin) {
        work();
        ++runs;
    }
    return took / runs;
}

/// How many times dearer `large` is than `small`. Neighbours take caches and the other half of a core and make any
/// reading dearer, never cheaper: so the least of each counts, of three readings; of more while that is over `bound`,
/// up to thirty, which a cost that really grows so does not come under however often it is measured.
template <typename Small, typename Large>
double growth(const Small& small, const Large& large, double bound)
{
    auto least_small = std::numeric_limits<double>::max();
    auto least_large = std::numeric_limits<double>::max();
    for (int reading = 0; reading < 30; ++reading) {
        if (reading >= 3 && least_large < bound * least_small) break;
        least_small = std::min(least_small, cost_of(small));
        least_large = std::min(least_large, cost_of(large));
        if (least_large > 1) break;  // seconds: it has grown already
    }
    return least_large / least_small;
}

}  // namespace winnow

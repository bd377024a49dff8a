#pragma once

/// @file
/// A tenant's noise statistics, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/noise.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace winnow::ports {

enum class NoiseGroup : std::uint8_t { none, rule, source, service, hour, day };

struct NoiseLine {
    std::string key;   ///< As in domain::NoiseRow; of hour and day the instant at which it begins.
    std::string name;  ///< Of rules that are there.
    domain::NoiseCounts counts;
};

/// Not thread-safe: lives and dies with its transaction.
class NoiseStore {
public:
    NoiseStore() = default;
    NoiseStore(const NoiseStore&) = delete;
    NoiseStore& operator=(const NoiseStore&) = delete;
    virtual ~NoiseStore() = default;

    /// Of the hours that begin from `from` (its hour included) up to, not including, `until`. Keys by how much they
    /// received, most first; hours and days in order. At most `limit` lines; with `none` one.
    [[nodiscard]] virtual Result<std::vector<NoiseLine>> read(Timestamp from, Timestamp until, NoiseGroup group,
                                                              std::size_t limit) = 0;
};

}  // namespace winnow::ports

#pragma once

/// @file
/// The columns of the noise statistics. Private to pg.

#include "winnow/domain/noise.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::pg {

struct Outcome {
    const char* column;
    std::int64_t domain::NoiseCounts::* count;
    bool is_disposition;  ///< Every alert has exactly one, so that together they are what was received.
};
inline constexpr std::array kOutcomes{Outcome{"dropped", &domain::NoiseCounts::dropped, true},
                                      Outcome{"suppressed", &domain::NoiseCounts::suppressed, true},
                                      Outcome{"silenced", &domain::NoiseCounts::silenced, true},
                                      Outcome{"inhibited", &domain::NoiseCounts::inhibited, true},
                                      Outcome{"held", &domain::NoiseCounts::held, true},
                                      Outcome{"ticketed", &domain::NoiseCounts::ticketed, true},
                                      Outcome{"resolved", &domain::NoiseCounts::resolved, true},
                                      Outcome{"ignored", &domain::NoiseCounts::ignored, true},
                                      Outcome{"notified", &domain::NoiseCounts::notified, false},
                                      Outcome{"would_drop", &domain::NoiseCounts::would_drop, false},
                                      Outcome{"would_suppress", &domain::NoiseCounts::would_suppress, false}};

/// "f(received), f(dropped), …", each by `form`, in which % is the column.
[[nodiscard]] std::string noise_columns(std::string_view form);

/// Deltas (`from`: a table like noise_deltas) as rows like those of noise_counts.
[[nodiscard]] std::string expanded_noise(const std::string& from);

}  // namespace winnow::pg

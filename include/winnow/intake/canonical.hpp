#pragma once

/// @file
/// The canonical form of an alert: one JSON object on one line, as the journal keeps it.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"

#include <string>
#include <string_view>

namespace winnow::intake {

/// Appends the alert as one JSON line without the line feed. Fields at their defaults are left out.
void append_canonical(const domain::Alert& alert, std::string& out);

/// Reads one canonical line back. `internal` where it is not one.
[[nodiscard]] Result<domain::Alert> read_canonical(std::string_view line);

/// As above, into an alert whose memory is used again; what it held is gone. After an error it is of no use.
[[nodiscard]] Result<Done> read_canonical(std::string_view line, domain::Alert& alert);

}  // namespace winnow::intake

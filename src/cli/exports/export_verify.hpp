#pragma once

/// @file
/// Whether an export is whole and as its manifest says, without a server.

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <istream>
#include <string>
#include <vector>

namespace winnow::cli {

/// What an archive turned out to hold.
struct ExportVerdict {
    std::vector<std::string> faults;  ///< Sentences; none: it is whole.
    std::string tenant;               ///< As the manifest says, as the next two; "" without one.
    std::string taken_at;
    std::size_t files = 0;  ///< Beside the manifest.
    std::size_t rows = 0;
};

/// Reads it to its end, piece by piece. Faults beyond the first hundred are left out.
[[nodiscard]] ExportVerdict verify_export(std::istream& archive);

[[nodiscard]] nlohmann::json to_json(const ExportVerdict& verdict);

}  // namespace winnow::cli

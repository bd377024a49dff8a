#pragma once

/// @file
/// Imports of what an export holds, and what of an archive is wrong.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::domain {

/// Stored by name.
enum class ImportState : std::uint8_t {
    receiving,  ///< Its archive comes, part by part.
    queued,
    checking,  ///< The whole archive is read, and nothing written.
    writing,   ///< In one transaction: nobody sees any of it yet.
    done,
    failed,
};

[[nodiscard]] std::string_view to_string(ImportState state) noexcept;
[[nodiscard]] std::optional<ImportState> parse_import_state(std::string_view word) noexcept;

/// A part of an archive has so many bytes at most: in base64 it fits into a request of the least limit that is usual.
inline constexpr std::size_t kImportPartBytes = std::size_t{512} << 10U;

/// An upload to which nothing was added for so long is given up.
inline constexpr std::chrono::days kUploadKept{2};
/// What an import was is remembered for so long.
inline constexpr std::chrono::days kImportKept{30};

/// Something of an archive that keeps it from being imported.
struct ImportFault {
    std::string file = {};   ///< "rules/000001.ndjson"; "": the archive itself.
    std::int64_t line = 0;   ///< From 1 on; 0: all of the file.
    std::string field = {};  ///< Of the line; "": all of it.
    std::string detail;      ///< One sentence that names the fix; without values of the archive.

    friend bool operator==(const ImportFault&, const ImportFault&) = default;
};

/// So many are told.
inline constexpr std::size_t kMostImportFaults = 50;

}  // namespace winnow::domain

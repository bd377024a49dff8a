#pragma once

/// @file
/// What stands in a journal row and in a verdict row. Formats are kept for years: decoders must read every version
/// ever written. Format in prose: docs/architecture.md, "The journal's bytes".

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/verdict.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::journal {

/// zstd over canonical lines (intake::append_canonical), each ended by a line feed. An empty line is a gap: its index
/// belongs to a request that turned out to be a repeat.
[[nodiscard]] std::string encode_rows(std::string_view lines);

/// The lines of a row. `internal` where the bytes are damaged; nothing is ever read beyond `max_bytes` decoded.
[[nodiscard]] Result<std::string> decode_rows(std::string_view payload, std::size_t max_bytes = 256U << 20U);

/// As above, into a string whose memory is used again.
[[nodiscard]] Result<Done> decode_rows(std::string_view payload, std::string& lines,
                                       std::size_t max_bytes = 256U << 20U);

/// One verdict an index; nullopt for a gap.
[[nodiscard]] std::string encode_verdicts(const std::vector<std::optional<domain::Verdict>>& verdicts);
[[nodiscard]] Result<std::vector<std::optional<domain::Verdict>>> decode_verdicts(std::string_view payload);

}  // namespace winnow::journal

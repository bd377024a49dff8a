#pragma once

/// @file
/// What one link of an audit chain says, as the text that is hashed.

#include "winnow/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::audit {

/// Who acts, and by what request.
struct Actor {
    std::string id = "system";      ///< access::Principal::actor(): "user:<id>", "provider".
    std::string means = "program";  ///< How that was proven: "user_key", "provider".
    std::string request_id = {};    ///< Letters, digits, dots, dashes; "" where there was no request.
};

/// What is recorded of an act. Only `detail` may hold names, addresses and values: it can be emptied later.
struct Act {
    Actor actor;
    std::string name;           ///< KnownAct::act.
    std::string object;         ///< "rule:<id>"; ids only.
    int result = 200;           ///< The status of its answer.
    std::string detail = "{}";  ///< A JSON object, at most kMaxDetailBytes.
};

inline constexpr std::size_t kMaxDetailBytes = 4'096;

/// The record of an act: one JSON object, members sorted, no spaces, integers only.
/// @param id          The record's own, a UUID.
/// @param commitment  SHA-256 (salt ‖ detail), hexadecimal.
[[nodiscard]] std::string record_text(const Act& act, Timestamp at, std::string_view id, std::string_view commitment);

/// `text` as JSON has it, with its quotes: what is no printable ASCII stands as it came but for control characters.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace winnow::audit

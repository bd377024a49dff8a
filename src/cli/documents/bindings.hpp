#pragma once

/// @file
/// An alert from what somebody types to try an expression: any of its fields, none is needed.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace winnow::cli {

struct Bindings {
    domain::Alert alert;
    Timestamp now;
    std::vector<std::string> warnings;  ///< Members that are no field, and nearly are one.
};

/// Fields as the API takes them (docs/openapi.yaml), and `now` and `received_at` as RFC 3339; what is left out is
/// absent. Members that are no field go to `details`, as in the API. The error names the member.
[[nodiscard]] Result<Bindings> read_bindings(const nlohmann::json& document);

}  // namespace winnow::cli

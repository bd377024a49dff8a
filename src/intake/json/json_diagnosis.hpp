#pragma once

/// @file
/// Says where and why a text is not JSON. Slow and exact: run only after simdjson has refused the text, whose own
/// errors name neither the member nor, for some kinds, the place.

#include "winnow/base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::intake {

struct Diagnosis {
    std::size_t offset = 0;  ///< Of the first byte that does not fit; the text's size where it ends too early.
    std::string pointer;     ///< The innermost value in which that byte stands; cut as cut_pointer() does.
    std::string what;        ///< "a comma or ] is missing".
};

/// The first thing that makes `text` no JSON document (RFC 8259, strict UTF-8); nullopt if it is one. Iterative: any
/// depth. Duplicate keys and the size of numbers are not its business.
[[nodiscard]] std::optional<Diagnosis> diagnose(std::string_view text);

/// "" → Error for a body that is no JSON, with the place in its detail.
[[nodiscard]] Error malformed_json(std::string_view text);

}  // namespace winnow::intake

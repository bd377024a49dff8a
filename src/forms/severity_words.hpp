#pragma once

/// @file
/// The severities as people write them. Private to forms.

#include "winnow/domain/severity.hpp"

#include <string_view>
#include <vector>

namespace winnow::forms {

/// The gravest first.
[[nodiscard]] inline std::vector<std::string_view> severity_words()
{
    using enum domain::Severity;
    return {to_string(critical), to_string(error), to_string(warning), to_string(info)};
}

}  // namespace winnow::forms

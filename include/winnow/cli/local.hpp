#pragma once

/// @file
/// What the command line does on this machine, without a server. The program gives it: the commands themselves are a
/// client of the API, and know nothing of what is behind it.

#include "winnow/base/result.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/domain/rule.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace winnow::cli {

/// Rules as PUT /api/v1/ruleset takes them, from JSON text; errors with pointers into it. Pure.
using ReadRules = std::function<Result<std::vector<domain::Rule>>(std::string_view json)>;

struct Local {
    /// serve, dev, migrate, config; `chosen` as in command_line.hpp.
    std::function<void(Syntax& root, std::function<int()>& chosen)> add_server_commands;
    ReadRules read_rules;
};

}  // namespace winnow::cli

#pragma once

/// @file
/// The functions that expressions may call. Private to expr.

#include "expr/values/value_errors.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::expr {

/// Of a call that was not checked: an error when it is evaluated.
inline constexpr std::uint16_t kUnknownFunction = 0xFFFF;

/// No argument is an error: functions are strict, but for lazy ones. `budget` has been charged one step for the call.
struct Function {
    std::string_view name;  ///< "size", "optional.of"
    bool method = false;    ///< arguments[0] is what it is called on.
    std::size_t least = 1;  ///< Arguments, with what it is called on.
    std::size_t most = 1;
    Value (*call)(Arguments arguments, Budget& budget) = nullptr;  ///< Not of a lazy one.
    /// `or`, `orValue`: gives what it is called on (unwrapped), or, only where that is an optional without a value,
    /// evaluates its argument and gives that.
    enum class Lazy : std::uint8_t { no, keeps, unwraps };
    Lazy lazy = Lazy::no;
};

/// All of them. Their order is for this run of the program only.
[[nodiscard]] const std::vector<Function>& functions();

/// The function of that name and form; nullopt where there is none.
[[nodiscard]] std::optional<std::uint16_t> find_function(std::string_view name, bool method);

/// True where there is one of that name in any form.
[[nodiscard]] bool is_function(std::string_view name);

// By subject: each appends its own.
void add_core_functions(std::vector<Function>& all);
void add_conversions(std::vector<Function>& all);
void add_text_functions(std::vector<Function>& all);
void add_time_functions(std::vector<Function>& all);
void add_network_functions(std::vector<Function>& all);

}  // namespace winnow::expr

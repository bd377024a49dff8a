#pragma once

/// @file
/// Maintenance windows as JSON, and as the columns that keep them, by one table of their fields. Which alerts a window
/// is about (its scope) stands beside it: two members of which one is given, and two columns.

#include "winnow/base/time.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/forms/field_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::forms {

/// A window as a document has it.
struct WindowInput {
    domain::MaintenanceWindow window;
    bool has_times = true;  ///< Start and duration could be read: whether it ever occurs can be asked.
};

/// Where a field's value lives; its type says how it is shown and stored.
using WindowMember =
    std::variant<MaintenanceWindowId domain::MaintenanceWindow::*, std::string domain::MaintenanceWindow::*,
                 bool domain::MaintenanceWindow::*, Timestamp domain::MaintenanceWindow::*,
                 std::chrono::milliseconds domain::MaintenanceWindow::*,
                 std::vector<std::string> domain::MaintenanceWindow::*, std::int64_t domain::MaintenanceWindow::*>;

struct WindowField {
    std::string_view name;  ///< In JSON and in errors' pointers.
    const char* column;     ///< In the table `maintenance_windows`.
    WindowMember member;
    /// Takes what somebody wrote; what is wrong is recorded. nullptr: Winnow's to write.
    void (*read)(FieldReader& fields, WindowInput& input) = nullptr;
    bool null_if_empty = false;     ///< How an empty text is shown.
    std::string_view usually = {};  ///< JSON: what it is where nothing is given, if that is anything.
};

/// In the order in which they are read, and what is wrong with them is told.
[[nodiscard]] std::span<const WindowField> window_fields() noexcept;

/// All fields; without the scope.
[[nodiscard]] nlohmann::json window_json(const domain::MaintenanceWindow& window);

/// Reads the fields that people write; what is wrong is recorded. What the calendar has against them is left to
/// suppression::Recurrence, and the scope to the caller.
[[nodiscard]] WindowInput read_window(FieldReader& fields);

}  // namespace winnow::forms

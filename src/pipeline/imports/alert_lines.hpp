#pragma once

/// @file
/// Lines of an archive's alerts, and the rows of the journal that they become. Private to pipeline.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/tenants/imported_ids.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// No alert that is kept is as long.
inline constexpr std::size_t kMostAlertBytes = std::size_t{1} << 20U;
/// Nor are all those of a row of the journal together.
inline constexpr std::size_t kMostRowBytes = std::size_t{32} << 20U;

struct AlertLine {
    AlertId id;
    Timestamp received_at;
    std::string canonical;  ///< As the journal keeps it today.
};

/// Reads one line of an export's after the other.
class AlertLineReader {
public:
    /// @param wrong  What keeps the line from being one; "" where nothing does.
    [[nodiscard]] std::optional<AlertLine> read(std::string_view line, std::string& wrong);

private:
    domain::Alert alert_;  ///< Its memory is used again.
};

/// Looks at an archive's alerts one by one.
class AlertLineCheck {
public:
    /// `last_day`: the latest on which an alert can have come, "2026-11-28".
    explicit AlertLineCheck(std::string last_day) : last_day_(std::move(last_day)) {}

    /// What is wrong; "" where nothing is.
    [[nodiscard]] std::string check(std::string_view line, std::string_view day);

private:
    const std::string last_day_;
    AlertLineReader reader_;
    std::optional<AlertId> last_;
    std::size_t row_bytes_ = 0;  ///< Of the row that it belongs to.
};

/// Gathers alerts into rows, and gives some of them away at a time. Memory is that of a few MiB, or of one row.
class AlertRows {
public:
    using Sink = std::function<Result<Done>(const std::vector<ports::ImportedAlerts>&)>;

    AlertRows(const domain::ImportedIds& ids, Sink sink) : ids_(ids), sink_(std::move(sink)) {}

    /// In the order of an export.
    [[nodiscard]] Result<Done> add(const AlertLine& line);
    /// There are no more of this day.
    [[nodiscard]] Result<Done> end();

private:
    void end_row();
    [[nodiscard]] Result<Done> give();

    const domain::ImportedIds& ids_;
    const Sink sink_;
    std::optional<AlertId> row_;  ///< The first one of the row that is gathered.
    std::string lines_;
    std::vector<std::optional<domain::Verdict>> verdicts_;  ///< By index, as the row's lines.
    std::int32_t alerts_ = 0;
    std::vector<ports::ImportedAlerts> ready_;
    std::size_t ready_bytes_ = 0;
};

}  // namespace winnow::pipeline

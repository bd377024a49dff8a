#pragma once

/// @file
/// Journal rows as alerts, one at a time, in memory that is used again. Private to pipeline.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::pipeline {

/// Not thread-safe.
class HistoryReader {
public:
    /// `take(AlertId, domain::Alert&)` for each alert of a row, which it may change; `damaged()` for each that cannot
    /// be read (once where it is the whole row). Stops after `limit` alerts. How many `take` got.
    template <typename Take, typename Damaged>
    std::uint64_t read(const ports::HistoryRow& row, std::uint64_t limit, Take take, Damaged damaged)
    {
        if (!open(row)) {
            damaged();
            return 0;
        }
        std::uint64_t taken = 0;
        std::string_view line;
        while (taken < limit && next(line)) {
            if (line.empty()) continue;  // a gap
            if (!parse(row, line)) {
                damaged();
                continue;
            }
            take(domain::alert_id_at({.row = row.position, .index = static_cast<std::uint16_t>(next_index_ - 1)}),
                 alert_);
            ++taken;
        }
        return taken;
    }

private:
    [[nodiscard]] bool open(const ports::HistoryRow& row);
    [[nodiscard]] bool next(std::string_view& line);
    [[nodiscard]] bool parse(const ports::HistoryRow& row, std::string_view line);

    std::string lines_;
    std::string_view rest_;
    std::uint32_t next_index_ = 0;
    domain::Alert alert_;
};

}  // namespace winnow::pipeline

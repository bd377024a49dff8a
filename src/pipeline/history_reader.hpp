#pragma once

/// @file
/// Journal rows as alerts, one at a time, in memory that is used again. Private to pipeline.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::pipeline {

/// Not thread-safe.
class HistoryReader {
public:
    /// `take(AlertId, domain::Alert&, restore)` for each alert of a row, which it may change; `restore(alert)` makes it
    /// again what it was. `damaged()` for each that cannot be read (once where it is the whole row). Stops after
    /// `limit` alerts. How many `take` got.
    template <typename Take, typename Damaged>
    std::uint64_t read(const ports::HistoryRow& row, std::uint64_t limit, Take take, Damaged damaged)
    {
        if (!open(row)) {
            damaged();
            return 0;
        }
        std::uint64_t taken = 0;
        while (taken < limit && fill(row, limit - taken, damaged)) {
            for (std::size_t i = 0; i < filled_; ++i, ++taken) {
                auto& read = batch_.at(i);
                take(domain::alert_id_at({.row = row.position, .index = read.index}), read.alert,
                     [&](domain::Alert& alert) { static_cast<void>(parse(row, read.line, alert)); });
            }
        }
        return taken;
    }

private:
    /// Reading some and then looking at them is faster than taking turns: each fits into a processor's cache by itself.
    struct Read {
        domain::Alert alert;
        std::string_view line;
        std::uint16_t index = 0;
    };
    static constexpr std::size_t kAtOnce = 32;

    /// False where the row has no more.
    template <typename Damaged>
    bool fill(const ports::HistoryRow& row, std::uint64_t limit, Damaged damaged)
    {
        filled_ = 0;
        std::string_view line;
        while (filled_ < std::min<std::uint64_t>(limit, kAtOnce) && next(line)) {
            if (line.empty()) continue;  // a gap
            auto& read = batch_.at(filled_);
            if (!parse(row, line, read.alert)) {
                damaged();
                continue;
            }
            read.line = line;
            read.index = static_cast<std::uint16_t>(next_index_ - 1);
            ++filled_;
        }
        return filled_ > 0;
    }

    [[nodiscard]] bool open(const ports::HistoryRow& row);
    [[nodiscard]] bool next(std::string_view& line);
    [[nodiscard]] static bool parse(const ports::HistoryRow& row, std::string_view line, domain::Alert& alert);

    std::string lines_;
    std::string_view rest_;
    std::uint32_t next_index_ = 0;
    std::array<Read, kAtOnce> batch_;
    std::size_t filled_ = 0;
};

}  // namespace winnow::pipeline

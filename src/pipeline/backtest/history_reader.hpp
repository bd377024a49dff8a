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
    struct Read {
        domain::Alert alert;  ///< For whoever has it to change.
        std::string_view line;
        std::uint16_t index = 0;
    };

    /// Goes to a row, which stays where it is until the next one is opened. False where none of it can be read.
    [[nodiscard]] bool open(const ports::HistoryRow& row);

    /// The row's next alert; nullptr at its end. No more than `limit` are looked at ahead, which is 1 at least.
    /// `damaged()` for each that cannot be read. The answer holds until the next call.
    template <typename Damaged>
    [[nodiscard]] Read* next(std::uint64_t limit, Damaged damaged)
    {
        if (taken_ == filled_ && !fill(limit, damaged)) return nullptr;
        return &batch_.at(taken_++);
    }

    /// Makes the alert again what it was when it came in.
    void restore(std::string_view line, domain::Alert& alert) const { static_cast<void>(parse(line, alert)); }

private:
    /// Reading some and then looking at them is faster than taking turns: each fits into a processor's cache by itself.
    static constexpr std::size_t kAtOnce = 32;

    /// False where the row has no more.
    template <typename Damaged>
    bool fill(std::uint64_t limit, Damaged damaged)
    {
        taken_ = filled_ = 0;
        std::string_view line;
        while (filled_ < std::min<std::uint64_t>(limit, kAtOnce) && next_line(line)) {
            if (line.empty()) continue;  // a gap
            auto& read = batch_.at(filled_);
            if (!parse(line, read.alert)) {
                damaged();
                continue;
            }
            read.line = line;
            read.index = static_cast<std::uint16_t>(next_index_ - 1);
            ++filled_;
        }
        return filled_ > 0;
    }

    [[nodiscard]] bool next_line(std::string_view& line);
    [[nodiscard]] bool parse(std::string_view line, domain::Alert& alert) const;

    Timestamp received_at_;
    std::string lines_;
    std::string_view rest_;
    std::uint32_t next_index_ = 0;
    std::array<Read, kAtOnce> batch_;
    std::size_t taken_ = 0;
    std::size_t filled_ = 0;
};

}  // namespace winnow::pipeline

#pragma once

/// @file
/// Who may have a session now, and who waits for one. Private to pg.

#include "winnow/pg/sessions.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>

namespace winnow::pg {

/// Gives out places as SessionPlaces says. Of those who wait and may have the place that came free, the first errand's
/// goes first, and among its own who waited longest; nobody overtakes them. Thread-safe.
class PlaceLine {
public:
    explicit PlaceLine(const SessionPlaces& places) : places_(places) {}

    /// False where none was to be had within `wait`, or before `stop`.
    [[nodiscard]] bool take(Errand errand, std::chrono::milliseconds wait, const std::stop_token& stop = {});
    void give_back(Errand errand) noexcept;

    [[nodiscard]] std::size_t waiting() const;

private:
    struct Waiter {
        bool has_place = false;
        std::condition_variable_any changed;
    };

    /// Whose lock is held, as below.
    [[nodiscard]] bool is_free(std::size_t errand) const noexcept;
    void let_in() noexcept;

    const SessionPlaces places_;
    mutable std::mutex mutex_;  // guards what follows
    std::array<std::size_t, kErrands> taken_{};
    std::array<std::list<Waiter*>, kErrands> waiting_;
};

}  // namespace winnow::pg

#include "pg/session/place_line.hpp"

#include <numeric>

namespace winnow::pg {

std::size_t SessionPlaces::most() const noexcept
{
    return std::accumulate(shares.begin(), shares.end(), common,
                           [](std::size_t sum, const Share& share) { return sum + share.own; });
}

bool PlaceLine::take(Errand errand, std::chrono::milliseconds wait, const std::stop_token& stop)
{
    const auto index = static_cast<std::size_t>(errand);
    std::unique_lock lock(mutex_);
    if (is_free(index)) {  // then nobody of this errand waits: let_in() left none who could have it
        ++taken_[index];
        return true;
    }
    Waiter self;
    auto& line = waiting_[index];
    const auto place = line.insert(line.end(), &self);
    if (self.changed.wait_for(lock, stop, wait, [&] { return self.has_place; })) return true;
    line.erase(place);
    return false;
}

void PlaceLine::give_back(Errand errand) noexcept
{
    const std::lock_guard lock(mutex_);
    --taken_[static_cast<std::size_t>(errand)];
    let_in();
}

std::size_t PlaceLine::waiting() const
{
    const std::lock_guard lock(mutex_);
    return std::accumulate(waiting_.begin(), waiting_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& line) { return sum + line.size(); });
}

bool PlaceLine::is_free(std::size_t errand) const noexcept
{
    const auto beyond_own = [&](std::size_t index) {
        const auto own = places_.shares[index].own;
        return taken_[index] > own ? taken_[index] - own : 0;
    };
    if (taken_[errand] < places_.shares[errand].own) return true;
    if (beyond_own(errand) >= places_.shares[errand].of_common) return false;
    std::size_t common = 0;
    for (std::size_t index = 0; index < kErrands; ++index) common += beyond_own(index);
    return common < places_.common;
}

void PlaceLine::let_in() noexcept
{
    for (std::size_t index = 0; index < kErrands; ++index) {
        auto& line = waiting_[index];
        while (!line.empty() && is_free(index)) {
            ++taken_[index];
            line.front()->has_place = true;
            line.front()->changed.notify_one();  // under the lock: afterwards it may be gone
            line.pop_front();
        }
    }
}

}  // namespace winnow::pg

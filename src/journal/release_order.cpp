#include "journal/release_order.hpp"

#include <algorithm>
#include <iterator>

namespace winnow::journal {

void ReleaseOrder::begin(domain::StreamId stream, std::uint64_t first, std::uint64_t last)
{
    const std::lock_guard lock(mutex_);
    auto& range = ranges_.emplace_back();
    range.stream = stream;
    range.first = first;
    range.last = last;
}

void ReleaseOrder::decide(domain::StreamId stream, std::uint64_t first, std::vector<CommittedRow> rows,
                          HandedOn handed_on)
{
    const std::lock_guard lock(mutex_);
    const auto range = std::ranges::find_if(
        ranges_, [&](const Range& candidate) { return candidate.stream == stream && candidate.first == first; });
    if (range == ranges_.end()) {
        if (handed_on) handed_on();
        return;
    }
    range->decided = true;
    range->rows = std::move(rows);
    range->handed_on = std::move(handed_on);

    std::vector<CommittedRow> ready;
    std::vector<HandedOn> told;
    while (!ranges_.empty() && ranges_.front().decided) {
        auto& front = ranges_.front();
        std::ranges::move(front.rows, std::back_inserter(ready));
        stream_ = front.stream;
        released_ = front.last;
        if (front.handed_on) told.push_back(std::move(front.handed_on));
        ranges_.pop_front();
    }
    if (!ready.empty()) sink_(std::move(ready));
    for (auto& each : told) each();
}

std::uint64_t ReleaseOrder::released(domain::StreamId stream) const
{
    const std::lock_guard lock(mutex_);
    return stream == stream_ ? released_ : 0;
}

}  // namespace winnow::journal

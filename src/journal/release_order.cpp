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

void ReleaseOrder::decide(domain::StreamId stream, std::uint64_t first, std::vector<CommittedRow> rows)
{
    const std::lock_guard lock(mutex_);
    const auto range = std::ranges::find_if(
        ranges_, [&](const Range& candidate) { return candidate.stream == stream && candidate.first == first; });
    if (range == ranges_.end()) return;
    range->decided = true;
    range->rows = std::move(rows);

    std::vector<CommittedRow> ready;
    while (!ranges_.empty() && ranges_.front().decided) {
        auto& front = ranges_.front();
        std::ranges::move(front.rows, std::back_inserter(ready));
        stream_ = front.stream;
        released_ = front.last;
        ranges_.pop_front();
    }
    if (!ready.empty()) sink_(std::move(ready));
}

std::uint64_t ReleaseOrder::released(domain::StreamId stream) const
{
    const std::lock_guard lock(mutex_);
    return stream == stream_ ? released_ : 0;
}

}  // namespace winnow::journal

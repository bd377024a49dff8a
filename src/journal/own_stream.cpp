#include "journal/own_stream.hpp"

#include <algorithm>
#include <chrono>

namespace winnow::journal {

namespace {

Timestamp wall_clock()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

std::optional<domain::StreamId> OwnStream::current() const
{
    const std::lock_guard lock(mutex_);
    return stream_;
}

Result<domain::StreamId> OwnStream::open()
{
    const std::lock_guard opening(opening_);
    if (const auto known = current()) return *known;
    auto opened = streams_.open(node_);
    if (!opened) return opened;
    const std::lock_guard lock(mutex_);
    stream_ = *opened;
    next_seq_ = 1;
    return opened;
}

void OwnStream::abandon(domain::StreamId lost)
{
    const std::lock_guard lock(mutex_);
    if (stream_ == lost) stream_.reset();
}

bool OwnStream::give_places(Batch& batch, domain::StreamId stream, ReleaseOrder& order)
{
    const std::lock_guard lock(mutex_);
    if (stream_ != stream) return false;
    last_received_ = std::max(last_received_, wall_clock());
    place(batch, {last_received_, stream, next_seq_});
    const auto first = next_seq_;
    next_seq_ += batch.rows.size();
    order.begin(stream, first, next_seq_ - 1);
    if (next_seq_ + spare_ > domain::kMaxSeq) stream_.reset();  // used up: open the next one
    return true;
}

}  // namespace winnow::journal

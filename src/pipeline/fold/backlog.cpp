#include "pipeline/fold/backlog.hpp"

#include <algorithm>
#include <utility>

namespace winnow::pipeline {

RowMark mark_of(const PendingRow& pending)
{
    return {.tenant = pending.row.tenant,
            .position = pending.row.position,
            .turn = pending.turn,
            .bytes = pending.row.bytes,
            .alerts = pending.row.alerts.size()};
}

std::vector<PendingRow> Backlog::add(std::vector<journal::CommittedRow> rows)
{
    std::vector<PendingRow> pending;
    pending.reserve(rows.size());
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (auto& row : rows) {
        bytes_ += row.bytes;
        alerts_ += row.alerts.size();
        auto& stream = streams_[row.position.stream];
        ++stream.rows[row.position.seq];
        stream.bytes += row.bytes;
        stream.tenants[row.tenant] += row.bytes;
        ++waiting_[row.tenant];
        tenants_[row.tenant] += row.bytes;
        pending_.insert(++turns_);
        pending.push_back({.row = std::move(row), .turn = turns_, .since = now});
    }
    watch();
    alerts_gauge_.set(static_cast<double>(alerts_));
    queue_.waiting(pending_.size());
    return pending;
}

void Backlog::done(const std::vector<RowMark>& rows)
{
    {
        const std::lock_guard lock(mutex_);
        for (const auto& row : rows) {
            bytes_ -= row.bytes;
            alerts_ -= row.alerts;
            pending_.erase(row.turn);
            const auto stream = streams_.find(row.position.stream);
            auto& [seqs, bytes, tenants] = stream->second;
            bytes -= row.bytes;
            const auto tenant = tenants.find(row.tenant);
            if (tenant != tenants.end() && (tenant->second -= row.bytes) == 0) tenants.erase(tenant);
            const auto whole = tenants_.find(row.tenant);
            if (whole != tenants_.end() && (whole->second -= row.bytes) == 0) tenants_.erase(whole);
            const auto seq = seqs.find(row.position.seq);
            if (--seq->second == 0) seqs.erase(seq);
            if (seqs.empty()) streams_.erase(stream);
            const auto waiting = waiting_.find(row.tenant);
            if (--waiting->second == 0) waiting_.erase(waiting);
        }
        if (!rows.empty()) progress_.turned(Clock::now());
        watch();
        alerts_gauge_.set(static_cast<double>(alerts_));
        queue_.waiting(pending_.size());
    }
    changed_.notify_all();
}

std::size_t Backlog::bytes() const
{
    const std::lock_guard lock(mutex_);
    return bytes_;
}

fair::Held Backlog::held(TenantId tenant) const
{
    const std::lock_guard lock(mutex_);
    const auto found = tenants_.find(tenant);
    return {.all = bytes_, .own = found == tenants_.end() ? 0 : found->second};
}

std::size_t Backlog::bytes(domain::StreamId stream) const
{
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(stream);
    return found == streams_.end() ? 0 : found->second.bytes;
}

std::size_t Backlog::bytes(domain::StreamId stream, TenantId tenant) const
{
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return 0;
    const auto& tenants = found->second.tenants;
    const auto its = tenants.find(tenant);
    return its == tenants.end() ? 0 : its->second;
}

std::uint64_t Backlog::applied_through(domain::StreamId stream, std::uint64_t written) const
{
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(stream);
    return found == streams_.end() ? written : std::min(written, found->second.rows.begin()->first - 1);
}

bool Backlog::wait(domain::StreamId stream, std::chrono::milliseconds deadline)
{
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return !streams_.contains(stream); });
}

bool Backlog::wait(std::chrono::milliseconds deadline)
{
    std::unique_lock lock(mutex_);
    const auto last = turns_;
    return changed_.wait_for(lock, deadline, [&] { return pending_.empty() || *pending_.begin() > last; });
}

}  // namespace winnow::pipeline

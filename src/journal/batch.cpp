#include "journal/batch.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <unordered_map>

namespace winnow::journal {

namespace {

using Outcome = ports::ReceiptAnswer::Outcome;

constexpr std::size_t kBytesBesideText = 512;  // the struct, its vectors, the allocator's own

bool is_new(const Placed& request) noexcept
{
    return request.repeat.outcome == Outcome::fresh;
}

}  // namespace

void Pending::answer(Result<Committed> result)
{
    if (std::exchange(answered, true)) return;
    done(std::move(result));
}

std::size_t Batch::requests() const noexcept
{
    std::size_t count = 0;
    for (const auto& row : rows) count += row.requests.size();
    return count;
}

bool Batch::keyed() const noexcept
{
    return std::ranges::any_of(rows, [](const RowPlan& row) {
        return std::ranges::any_of(row.requests,
                                   [](const Placed& r) { return r.pending->submission.once.has_value(); });
    });
}

Batch lay_out(std::vector<std::unique_ptr<Pending>> requests, std::size_t max_row_alerts)
{
    Batch batch;
    std::unordered_map<TenantId, std::size_t> open_row;
    for (auto& request : requests) {
        const auto& submission = request->submission;
        const auto alerts = submission.alerts.size();
        const auto [at, is_first] = open_row.try_emplace(submission.tenant, batch.rows.size());
        if (!is_first && batch.rows[at->second].count + alerts > max_row_alerts) at->second = batch.rows.size();
        if (at->second == batch.rows.size()) batch.rows.emplace_back().tenant = submission.tenant;
        auto& row = batch.rows[at->second];
        auto& placed = row.requests.emplace_back();
        placed.pending = std::move(request);
        placed.first_index = row.count;
        row.count = static_cast<std::uint16_t>(row.count + alerts);
    }
    return batch;
}

void place(Batch& batch, const domain::RowPosition& first)
{
    auto position = first;
    for (auto& row : batch.rows) {
        row.position = position;
        ++position.seq;
        for (auto& request : row.requests) {
            auto& alerts = request.pending->submission.alerts;
            request.receipt.first = {row.position, request.first_index};
            request.receipt.count = static_cast<std::uint16_t>(alerts.size());
            for (auto& alert : alerts) alert.received_at = row.position.received_at;
        }
    }
}

std::vector<ports::JournalRow> encode(const Batch& batch)
{
    std::vector<ports::JournalRow> rows;
    rows.reserve(batch.rows.size());
    std::string lines;
    for (const auto& plan : batch.rows) {
        lines.clear();
        std::uint32_t stored = 0;
        for (const auto& request : plan.requests) {
            for (const auto& alert : request.pending->submission.alerts) {
                if (is_new(request)) {
                    intake::append_canonical(alert, lines);
                    ++stored;
                }
                lines += '\n';
            }
        }
        if (stored == 0) continue;
        auto& row = rows.emplace_back();
        row.tenant = plan.tenant;
        row.position = plan.position;
        row.alert_count = stored;
        row.payload = encode_rows(lines);
    }
    return rows;
}

std::vector<ports::KeyedReceipt> receipts_of(const Batch& batch)
{
    std::vector<ports::KeyedReceipt> receipts;
    for (const auto& row : batch.rows) {
        for (const auto& request : row.requests) {
            const auto& once = request.pending->submission.once;
            if (!once) continue;
            auto& receipt = receipts.emplace_back();
            receipt.tenant = row.tenant;
            receipt.scope = once->scope;
            receipt.key = once->key;
            receipt.body_sha256 = once->body_sha256;
            receipt.status = once->status;
            receipt.answer = once->answer(request.receipt);
        }
    }
    return receipts;
}

void note_outcomes(Batch& batch, const std::vector<ports::ReceiptAnswer>& outcomes)
{
    auto outcome = outcomes.begin();
    for (auto& row : batch.rows) {
        for (auto& request : row.requests) {
            if (request.pending->submission.once && outcome != outcomes.end()) request.repeat = *outcome++;
        }
    }
}

std::vector<CommittedRow> take_rows(Batch& batch)
{
    std::vector<CommittedRow> rows;
    rows.reserve(batch.rows.size());
    for (auto& plan : batch.rows) {
        CommittedRow row;
        row.tenant = plan.tenant;
        row.position = plan.position;
        row.alerts.reserve(plan.count);
        for (auto& request : plan.requests) {
            if (!is_new(request)) continue;
            auto index = request.first_index;
            row.bytes += request.pending->bytes;
            for (auto& alert : request.pending->submission.alerts) row.alerts.emplace_back(index++, std::move(alert));
        }
        if (!row.alerts.empty()) rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::unique_ptr<Pending>> take_requests(Batch& batch)
{
    std::vector<std::unique_ptr<Pending>> requests;
    for (auto& row : batch.rows) {
        for (auto& request : row.requests) requests.push_back(std::move(request.pending));
    }
    batch.rows.clear();
    return requests;
}

std::size_t bytes_of(const Batch& batch) noexcept
{
    std::size_t bytes = 0;
    for (const auto& row : batch.rows) {
        for (const auto& request : row.requests) bytes += request.pending->bytes;
    }
    return bytes;
}

std::size_t bytes_of(const domain::Alert& alert) noexcept
{
    auto bytes = kBytesBesideText + alert.title.size() + alert.dedup_key.size() + alert.source.size() +
                 alert.service.size() + alert.component.size() + alert.group.size() + alert.class_name.size() +
                 alert.description.size() + alert.details.size() + alert.instance_key.size();
    for (const auto& [name, value] : alert.labels.entries()) bytes += name.size() + value.size() + 64;
    for (const auto& link : alert.links) bytes += link.href.size() + link.text.size() + 64;
    return bytes;
}

}  // namespace winnow::journal

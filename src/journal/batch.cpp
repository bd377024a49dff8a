#include "journal/batch.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <exception>
#include <new>
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

bool Batch::keyed() const noexcept
{
    return std::ranges::any_of(requests, [](const Placed& r) { return r.pending->submission.once.has_value(); });
}

Batch lay_out(std::vector<std::unique_ptr<Pending>> requests, std::size_t max_row_alerts)
{
    Batch batch;
    batch.requests.reserve(requests.size());
    std::unordered_map<TenantId, std::size_t> open_row;
    for (auto& request : requests) {
        const auto tenant = request->submission.tenant;
        const auto alerts = request->submission.alerts.size();
        const auto index = batch.requests.size();
        batch.requests.emplace_back().pending = std::move(request);
        const auto [at, is_first] = open_row.try_emplace(tenant, batch.rows.size());
        for (std::size_t begin = 0; begin < alerts;) {
            const bool is_open = at->second < batch.rows.size();
            const bool fits = is_open && batch.rows[at->second].count + (alerts - begin) <= max_row_alerts;
            if (!fits) {
                at->second = batch.rows.size();
                batch.rows.emplace_back().tenant = tenant;
            }
            auto& row = batch.rows[at->second];
            const auto count = std::min(alerts - begin, max_row_alerts);
            row.slices.push_back({index, begin, count, row.count});
            row.count = static_cast<std::uint16_t>(row.count + count);
            begin += count;
        }
    }
    return batch;
}

void place(Batch& batch, const domain::RowPosition& first)
{
    auto position = first;
    for (auto& row : batch.rows) {
        row.position = position;
        ++position.seq;
        for (const auto& slice : row.slices) {
            auto& request = batch.requests[slice.request];
            auto& alerts = request.pending->submission.alerts;
            if (slice.begin == 0) {
                request.receipt.first = {row.position, slice.first_index};
                request.receipt.count = static_cast<std::uint32_t>(alerts.size());
            }
            for (auto i = slice.begin; i < slice.begin + slice.count; ++i) {
                alerts[i].received_at = row.position.received_at;
            }
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
        for (const auto& slice : plan.slices) {
            const auto& request = batch.requests[slice.request];
            const auto& alerts = request.pending->submission.alerts;
            for (auto i = slice.begin; i < slice.begin + slice.count; ++i) {
                if (is_new(request)) {
                    intake::append_canonical(alerts[i], lines);
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
    for (const auto& request : batch.requests) {
        const auto& once = request.pending->submission.once;
        if (!once) continue;
        auto& receipt = receipts.emplace_back();
        receipt.tenant = request.pending->submission.tenant;
        receipt.scope = once->scope;
        receipt.key = once->key;
        receipt.body_sha256 = once->body_sha256;
        receipt.status = once->status;
        receipt.answer = once->answer(request.receipt);
    }
    return receipts;
}

void note_outcomes(Batch& batch, const std::vector<ports::ReceiptAnswer>& outcomes)
{
    auto outcome = outcomes.begin();
    for (auto& request : batch.requests) {
        if (request.pending->submission.once && outcome != outcomes.end()) request.repeat = *outcome++;
    }
}

Result<Done> store_once(ports::JournalSession& session, const std::vector<ports::KeyedReceipt>& receipts, Batch& batch)
{
    const auto claim = session.claim(receipts);
    if (!claim) return claim.error();
    std::vector<ports::JournalRow> rows;
    try {
        note_outcomes(batch, (*claim)->answers());
        rows = encode(batch);
    } catch (const std::bad_alloc&) {  // nothing of the requests: waiting helps
        return Error(ErrorCode::unavailable, "no memory is left");
    } catch (const std::exception& failure) {
        return Error(ErrorCode::internal, failure.what());
    }
    return (*claim)->commit(rows);
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
        for (const auto& slice : plan.slices) {
            auto& request = batch.requests[slice.request];
            if (!is_new(request)) continue;
            auto& alerts = request.pending->submission.alerts;
            row.bytes += request.pending->bytes * slice.count / alerts.size();
            for (std::size_t i = 0; i < slice.count; ++i) {
                const auto index = static_cast<std::uint16_t>(slice.first_index + i);
                row.alerts.emplace_back(index, std::move(alerts[slice.begin + i]));
            }
        }
        if (!row.alerts.empty()) rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::unique_ptr<Pending>> take_requests(Batch& batch)
{
    std::vector<std::unique_ptr<Pending>> requests;
    requests.reserve(batch.requests.size());
    for (auto& request : batch.requests) requests.push_back(std::move(request.pending));
    batch.requests.clear();
    batch.rows.clear();
    return requests;
}

std::size_t bytes_of(const Batch& batch) noexcept
{
    std::size_t bytes = 0;
    for (const auto& request : batch.requests) bytes += request.pending->bytes;
    return bytes;
}

std::size_t bytes_of(const domain::Alert& alert) noexcept
{
    auto bytes = kBytesBesideText + alert.title.size() + alert.dedup_key.size() + alert.source.size() +
                 alert.service.size() + alert.component.size() + alert.group.size() + alert.class_name.size() +
                 alert.description.size() + alert.details.size() + alert.instance_key.size();
    for (const auto& [name, value] : alert.labels.entries()) bytes += name.size() + value.size() + 64;
    for (const auto& warning : alert.warnings) bytes += warning.pointer.size() + warning.detail.size() + 128;
    for (const auto& link : alert.links) bytes += link.href.size() + link.text.size() + 64;
    return bytes;
}

}  // namespace winnow::journal

#include "pipeline/orphan_replay.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kPageAlerts = 64'000;
constexpr std::size_t kMinPage = 8;
constexpr std::size_t kMaxPage = 256;
constexpr int kPasses = 2;

void log_damage(const ports::JournalRow& row, std::string_view what)
{
    observe::error(what, {{"tenant_id", row.tenant.str()},
                          {"stream", static_cast<std::int64_t>(row.position.stream)},
                          {"seq", static_cast<std::int64_t>(row.position.seq)}});
}

}  // namespace

journal::CommittedRow read_row(const ports::JournalRow& row)
{
    journal::CommittedRow committed{.tenant = row.tenant, .position = row.position, .alerts = {}, .bytes = sizeof(row)};
    const auto lines = journal::decode_rows(row.payload);
    if (!lines) {
        log_damage(row, "a journal row is damaged and left out");
        return committed;
    }
    committed.alerts.reserve(row.alert_count);
    std::string_view rest = *lines;
    for (std::size_t index = 0; !rest.empty() && index <= domain::kMaxIndex; ++index) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.empty()) continue;  // a gap
        auto alert = intake::read_canonical(line);
        if (!alert) {
            log_damage(row, "a line of a journal row is damaged and left out");
            continue;
        }
        alert->received_at = row.position.received_at;
        committed.alerts.emplace_back(static_cast<std::uint16_t>(index), *std::move(alert));
    }
    committed.bytes += lines->size() * 2 + committed.alerts.size() * sizeof(domain::Alert);
    return committed;
}

OrphanReplay::Step OrphanReplay::step()
{
    // At most two pages are on their way.
    if (!triage_.accepting() || triage_.applied_through(stream_, after_) < previous_) return Step::waiting;
    const auto page = streams_.unapplied(stream_, after_, limit_);
    if (!page) {
        observe::warn("cannot read an orphaned stream", {{"error", page.error().message()}});
        return Step::waiting;
    }
    return page->empty() ? finish() : submit(*page);
}

OrphanReplay::Step OrphanReplay::submit(const std::vector<ports::JournalRow>& page)
{
    std::vector<journal::CommittedRow> rows;
    std::size_t alerts = 0;
    for (const auto& row : page) {
        rows.push_back(read_row(row));
        alerts += rows.back().alerts.size();
    }
    replayed_alerts_ += alerts;
    limit_ = std::clamp(kPageAlerts * page.size() / std::max<std::size_t>(1, alerts), kMinPage, kMaxPage);
    previous_ = after_;
    after_ = page.back().position.seq;
    triage_.submit(std::move(rows));
    return Step::progressed;
}

OrphanReplay::Step OrphanReplay::finish()
{
    if (triage_.applied_through(stream_, after_) < after_) return Step::waiting;
    const auto left = streams_.unapplied(stream_, 0, 1);
    if (!left) return Step::waiting;
    if (left->empty()) return end();
    if (++passes_ < kPasses) {  // two rows may share a seq, and a page may end between them
        after_ = previous_ = 0;
        return Step::progressed;
    }
    log_damage(left->front(), "a row of an orphaned stream could not be applied");
    return end();
}

OrphanReplay::Step OrphanReplay::end()
{
    const auto ended = streams_.end(stream_);
    if (!ended && ended.error().code() != ErrorCode::conflict) {
        observe::warn("cannot end an orphaned stream", {{"error", ended.error().message()}});
        return Step::waiting;
    }
    return Step::ended;
}

}  // namespace winnow::pipeline

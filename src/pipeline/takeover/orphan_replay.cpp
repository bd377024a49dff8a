#include "pipeline/takeover/orphan_replay.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kPageAlerts = 64'000;
constexpr std::size_t kMinPage = 8;
constexpr std::size_t kMaxPage = 256;
constexpr int kPasses = 2;
constexpr std::chrono::seconds kLongestWait{1};

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
    if (next_ < page_.size()) return trial_.is_over() ? submit() : try_rows();
    return at_end_ ? finish() : read();
}

OrphanReplay::Step OrphanReplay::read()
{
    auto page = streams_.unapplied(stream_, after_, limit_);
    if (!page) {
        observe::warn("cannot read an orphaned stream", {{"error", page.error().message()}});
        return Step::waiting;
    }
    at_end_ = page->empty();
    if (at_end_) return finish();
    std::size_t alerts = 0;
    for (const auto& row : *page) alerts += row.alert_count;
    limit_ = std::clamp(kPageAlerts * page->size() / std::max<std::size_t>(1, alerts), kMinPage, kMaxPage);
    after_ = page->back().position.seq;
    page_ = *std::move(page);
    next_ = 0;
    return trial_.is_over() ? submit() : try_rows();
}

OrphanReplay::Step OrphanReplay::try_rows()
{
    if (!trial_.step()) return Step::waiting;
    if (!trial_.has_folded()) return submit();
    replayed_alerts_ += trial_.alerts();
    page_.clear();  // some of it may be applied
    next_ = 0;
    after_ = 0;
    return Step::progressed;
}

/// Row by row, because each makes the room for the next one smaller.
OrphanReplay::Step OrphanReplay::submit()
{
    const auto before = next_;
    for (; next_ < page_.size(); ++next_) {
        const auto& row = page_[next_];
        if (!is_wanted(row)) continue;
        if (!triage_.has_room(stream_)) break;
        if (!triage_.has_room(stream_, row.tenant)) {
            if (!has_waited()) break;
            passed_over_.emplace(row.tenant, row.position.seq);
            continue;
        }
        std::vector<journal::CommittedRow> rows;
        rows.push_back(read_row(row));
        replayed_alerts_ += rows.back().alerts.size();
        triage_.submit(std::move(rows));
        full_since_ = Clock::time_point::max();
    }
    return next_ > before ? Step::progressed : Step::waiting;
}

/// A tenant's order stays: with one row all that follow it are left to the next pass.
bool OrphanReplay::is_wanted(const ports::JournalRow& row) const
{
    if (passed_over_.contains(row.tenant)) return false;
    if (first_pass_) return true;
    const auto begin = wanted_.find(row.tenant);
    return begin != wanted_.end() && begin->second <= row.position.seq;
}

/// True where the next row has been without room for so long that nobody else's should wait behind it.
bool OrphanReplay::has_waited()
{
    const auto now = Clock::now();
    if (full_since_ == Clock::time_point::max()) full_since_ = now;
    if (now - full_since_ < kLongestWait) return false;
    full_since_ = Clock::time_point::max();
    return true;
}

OrphanReplay::Step OrphanReplay::finish()
{
    if (!passed_over_.empty()) {
        wanted_.clear();
        auto from = std::numeric_limits<std::uint64_t>::max();
        for (const auto& [tenant, begin] : passed_over_) {
            if (!triage_.has_room(stream_, tenant)) continue;
            wanted_.emplace(tenant, begin);
            from = std::min(from, begin);
        }
        if (wanted_.empty()) return Step::waiting;
        for (const auto& [tenant, begin] : wanted_) passed_over_.erase(tenant);
        first_pass_ = at_end_ = false;
        after_ = from - 1;
        return Step::progressed;
    }
    constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
    if (triage_.applied_through(stream_, kAll) < kAll) return Step::waiting;
    const auto left = streams_.unapplied(stream_, 0, 1);
    if (!left) return Step::waiting;
    if (left->empty()) return end();
    if (++passes_ < kPasses) {  // two rows may share a seq, and a page may end between them
        first_pass_ = true;
        at_end_ = false;
        after_ = 0;
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

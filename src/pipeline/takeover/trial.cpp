#include "pipeline/takeover/trial.hpp"

#include "pipeline/orphan_replay.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <limits>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kMoment{20};
constexpr std::chrono::seconds kShow{1};
constexpr std::int32_t kMostDeaths = 8;
constexpr std::uint64_t kWider = 16;

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}});
}

}  // namespace

Trial::~Trial()
{
    if (on_trial_) {
        if (const auto rested = trials_.suspects_->rest(stream_); !rested) {
            warn("a row's trial cannot be broken off; if it is not applied, it may be taken for what ended the process",
                 rested.error());
        }
    }
    release();
}

bool Trial::admits(const ports::JournalRow& row)
{
    if (trials_.suspects_ == nullptr || over_) return true;
    if (!opened_ && !open()) return false;
    if (on_trial_ && !is_done()) return false;
    if (over_) return true;
    auto& suspects = *trials_.suspects_;
    if (left_ == 0) {
        if (const auto rested = suspects.rest(stream_); !rested) {
            warn("a trial cannot be ended", rested.error());
            return false;
        }
        release();
        return true;
    }
    if (const auto begun = suspects.begin(stream_, row.tenant, row.position.seq, is_guilty(row)); !begun) {
        warn("a row cannot be put on trial", begun.error());
        return false;
    }
    --left_;
    on_trial_ = true;
    begun_ = shown_ = Clock::now();
    return true;
}

journal::CommittedRow Trial::read(const ports::JournalRow& row) const
{
    if (!is_guilty(row)) return read_row(row);
    observe::error("a row has ended processes: it is set aside unjudged",
                   {{"tenant_id", row.tenant.str()},
                    {"stream", static_cast<std::int64_t>(stream_)},
                    {"seq", static_cast<std::int64_t>(row.position.seq)},
                    {"alerts", static_cast<std::int64_t>(row.alert_count)}});
    auto read =
        guilty_->unreadable
            ? journal::CommittedRow{.tenant = row.tenant, .position = row.position, .alerts = {}, .bytes = sizeof(row)}
            : read_row(row);
    read.quarantined = std::max<std::uint32_t>(1, row.alert_count);
    return read;
}

bool Trial::end()
{
    if (!opened_) return true;
    if (const auto forgotten = trials_.suspects_->forget(stream_); !forgotten) {
        warn("a trial cannot be ended", forgotten.error());
        return false;
    }
    opened_ = on_trial_ = false;
    release();
    return true;
}

/// True where it is known what there is to know, and no other stream is on trial.
bool Trial::open()
{
    if (trials_.on_ && trials_.on_ != stream_) return false;
    const auto now = Clock::now();
    if (!asked_) asked_ = now;
    const auto known = trials_.suspects_->open(stream_, now - *asked_ < trials_.options_.alibi);
    if (!known) {
        warn("cannot read what is suspected of a stream", known.error());
        return false;
    }
    if (known->undecided) return false;
    // A process that lost its database comes back within a moment, and is seen then.
    if (known->guilty && now - *asked_ < trials_.options_.alibi) return false;
    trials_.on_ = stream_;
    guilty_ = known->guilty;
    left_ = trials_.options_.rows;
    for (auto death = std::min(known->deaths, kMostDeaths); death > 1; --death) left_ *= kWider;
    opened_ = true;
    return true;
}

/// True where the row on trial is applied, or is none any more.
bool Trial::is_done()
{
    if (trials_.triage_.settled(stream_, kMoment)) {
        on_trial_ = false;
        return true;
    }
    const auto now = Clock::now();
    if (now - shown_ >= kShow) {
        shown_ = now;
        if (const auto shown = trials_.suspects_->show(); !shown) {
            warn("cannot show that this node is alive", shown.error());
        }
    }
    if (now - begun_ < trials_.options_.most) return false;
    // It is not stored: others' rows do not wait any longer behind it.
    if (const auto rested = trials_.suspects_->rest(stream_); !rested) {
        warn("a trial cannot be ended", rested.error());
        return false;
    }
    on_trial_ = false;
    release();
    return true;
}

void Trial::release()
{
    over_ = true;
    if (trials_.on_ == stream_) trials_.on_.reset();
}

bool Trial::is_guilty(const ports::JournalRow& row) const
{
    return guilty_ && guilty_->tenant == row.tenant && guilty_->seq == row.position.seq;
}

}  // namespace winnow::pipeline

#include "pipeline/takeover/trial.hpp"

#include "winnow/observe/log.hpp"

#include <algorithm>

namespace winnow::pipeline {

namespace {

constexpr std::int32_t kMostTakeovers = 8;
constexpr std::uint64_t kWider = 16;
constexpr int kHopeless = 2;  ///< Further deaths over a row that is set aside already, and not even read.

}  // namespace

Trial::~Trial()
{
    release();
}

bool Trial::step()
{
    if (over_) return true;
    if (tried_) return conclude();
    if (!order_) return begin();
    return running_ ? follow() : start();
}

bool Trial::begin()
{
    const auto before = streams_.takeovers(stream_);
    if (!before) {
        observe::warn("cannot read how often a stream was taken over", {{"error", before.error().message()}});
        return false;
    }
    if (trials_.bench_ == nullptr || *before == 0) return end();
    begun_ = Clock::now();
    order_.emplace(TrialOrder{.stream = stream_, .rows = trials_.options_.rows, .aside = {}});
    for (auto more = std::min(*before, kMostTakeovers); more > 1; --more) order_->rows *= kWider;
    return false;
}

bool Trial::start()
{
    if (trials_.at_work_ != nullptr && trials_.at_work_ != this) return false;
    const auto now = Clock::now();
    if (now < again_) return false;
    trials_.at_work_ = this;
    observe::info("a dead writer's rows are tried in a process of their own",
                  {{"stream", static_cast<std::int64_t>(stream_)}, {"rows", static_cast<std::int64_t>(order_->rows)}});
    if (const auto started = trials_.bench_->start(*order_); !started) {
        observe::warn("a dead writer's rows cannot be tried", {{"error", started.error().message()}});
        return refused();
    }
    running_ = has_folded_ = true;
    heard_ = now;
    seen_ = {};
    return false;
}

bool Trial::follow()
{
    const auto report = trials_.bench_->look();
    note(report);
    switch (report.state) {
        case TrialReport::State::running: return Clock::now() - heard_ >= trials_.options_.silence && silent(report);
        case TrialReport::State::passed:
            observe::info("a dead writer's rows were tried", {{"stream", static_cast<std::int64_t>(stream_)},
                                                              {"alerts", static_cast<std::int64_t>(report.alerts)}});
            return end();
        case TrialReport::State::slow: return leave(report, "a dead writer's row is not stored in time");
        case TrialReport::State::stopped: return refused();
        case TrialReport::State::died: break;
    }
    return died(report);
}

void Trial::note(const TrialReport& report)
{
    if (report.steps > seen_.steps) heard_ = Clock::now();
    if (report.alerts > seen_.alerts) slow_ = 0;
    alerts_ += report.alerts - seen_.alerts;
    for (auto i = seen_.set_aside.size(); i < report.set_aside.size(); ++i) {
        trials_.quarantined_.add();
        std::erase_if(order_->aside, [&](const auto& aside) { return aside.row == report.set_aside[i]; });
    }
    seen_ = report;
}

/// Who reads waits for nothing; who folds may wait for a database.
bool Trial::silent(const TrialReport& report)
{
    trials_.bench_->stop();
    return report.at && report.reading ? died(report) : leave(report, "a process that tries rows says nothing");
}

/// The others' rows are tried all the same, unless it is the database that is at fault.
bool Trial::leave(const TrialReport& report, std::string_view why)
{
    running_ = false;
    if (!report.at || ++slow_ >= trials_.options_.slow) {
        observe::error(why, {{"stream", static_cast<std::int64_t>(stream_)}, {"left", "all: folded as usual"}});
        return end();
    }
    observe::warn(why, {{"tenant_id", report.at->tenant.str()},
                        {"stream", static_cast<std::int64_t>(stream_)},
                        {"seq", static_cast<std::int64_t>(report.at->seq)},
                        {"left", "the tenant's rows: folded as usual when the others' are tried"}});
    order_->left.push_back(report.at->tenant);
    return false;
}

/// A stream is not left standing because no process is to be had.
bool Trial::refused()
{
    running_ = false;
    if (++refusals_ < trials_.options_.refusals) {
        again_ = Clock::now() + trials_.options_.again;
        return false;
    }
    observe::error("a dead writer's rows could not be tried: they are folded as usual",
                   {{"stream", static_cast<std::int64_t>(stream_)}});
    return end();
}

bool Trial::died(const TrialReport& report)
{
    running_ = false;
    const auto row = *report.at;
    const int deaths = ++deaths_[row];
    const int most = trials_.options_.deaths;
    if (deaths > most + kHopeless) {
        return slow_ + 1 < trials_.options_.slow ? leave(report, "a row ends processes even while it is set aside")
                                                 : stand(row);
    }
    std::erase(order_->last, row.tenant);
    order_->last.push_back(row.tenant);
    if (deaths == most) {
        if (is_general(row.tenant)) return stand(row);
        blamed_.push_back(row.tenant);
    }
    observe::error(deaths < most ? "a row has ended the process that tried it, and is tried once more"
                                 : "a row has ended processes: it is set aside unjudged",
                   {{"tenant_id", row.tenant.str()},
                    {"stream", static_cast<std::int64_t>(stream_)},
                    {"seq", static_cast<std::int64_t>(row.seq)},
                    {"while_read", report.reading}});
    if (deaths == most) order_->aside.push_back({.row = row, .unread = report.reading});
    if (deaths > most) std::ranges::find(order_->aside, row, &TrialOrder::SetAside::row)->unread = true;
    return false;
}

/// Where any row passes it is those that do not, and where they are all of one tenant it is those, however many it has
/// of them: what is set aside can be released.
bool Trial::is_general(TenantId tenant) const
{
    return alerts_ == 0 && blamed_.size() >= trials_.options_.in_a_row &&
           std::ranges::any_of(blamed_, [&](auto other) { return other != tenant; });
}

/// Nothing of the stream is folded meanwhile, here or elsewhere: whoever folded it would end. Rows of others further
/// behind may pass, so the next time more are tried.
bool Trial::stand(const TriedRow& row)
{
    --deaths_[row];
    order_->rows = std::min(order_->rows * kWider, domain::kMaxSeq);
    again_ = Clock::now() + trials_.options_.stands;
    release();
    trials_.standing_.add();
    observe::error(
        "row after row ends processes: none is blamed any more, and the stream is left standing",
        {{"stream", static_cast<std::int64_t>(stream_)},
         {"set_aside", static_cast<std::int64_t>(blamed_.size())},
         {"tried_again_s", std::chrono::duration_cast<std::chrono::seconds>(trials_.options_.stands).count()},
         {"likely", "this version of the program, or the memory that it has"}});
    return false;
}

bool Trial::end()
{
    tried_ = true;
    release();
    return conclude();
}

void Trial::release()
{
    running_ = false;
    if (trials_.at_work_ != this) return;
    trials_.bench_->stop();
    trials_.at_work_ = nullptr;
}

/// From here on this process folds the rows: if it ends by them, the next one tries them first.
bool Trial::conclude()
{
    const auto begun = streams_.begin_takeover(stream_);
    over_ =
        begun || begun.error().code() == ErrorCode::conflict;  // somebody else has ended the stream: nothing is left
    if (!over_) observe::warn("cannot write down that a stream is taken over", {{"error", begun.error().message()}});
    return over_;
}

}  // namespace winnow::pipeline

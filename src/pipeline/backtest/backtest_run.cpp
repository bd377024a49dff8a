#include "pipeline/backtest/backtest_run.hpp"

#include "pipeline/fold/slice.hpp"
#include "winnow/backtest/draft.hpp"
#include "winnow/observe/processor_time.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace winnow::pipeline {

namespace {

using std::chrono::nanoseconds;

/// While alerts wait to be triaged, and otherwise.
constexpr Slice::Lengths kLengths{.shorter = std::chrono::milliseconds{20}, .longer = kBacktestSlice};

}  // namespace

BacktestRun::BacktestRun(ports::BacktestJobs& jobs, const ports::BacktestJob& job, const TenantPolicy& policy,
                         const BacktestOptions& options, std::stop_token stop)
    : jobs_(jobs), job_(job), policy_(policy), options_(options), stop_(std::move(stop))
{
}

nanoseconds BacktestRun::spent() const
{
    return observe::processor_time() + waited_;
}

template <typename Call>
auto BacktestRun::waiting_for(Call call)
{
    const auto processor = observe::processor_time();
    const auto before = Clock::now();
    auto answer = call();
    waited_ += std::max(nanoseconds{0}, Clock::now() - before - (observe::processor_time() - processor));
    return answer;
}

Result<BacktestRun::Step> BacktestRun::slice()
{
    if (stop_.stop_requested()) return Step::stopped;
    Slice slice([this] { return spent(); }, [this] { return is_river_busy(); }, kLengths);
    if (!begun_) {
        const auto begun = begin();
        if (!begun || *begun != Step::more) return begun;
        if (slice.is_over()) return Step::more;
    }
    while (!stop_.stop_requested()) {
        if (left() == 0) return end();
        if (in_row_) {
            in_row_ = read_alert();
            if (slice.is_over()) return report_if_due();
        } else if (next_row_ < page_.size()) {
            const auto& row = page_[next_row_++];
            names_ = policy_.ids.row(row.position);
            in_row_ = reader_.open(row);
            if (!in_row_) comparison_->add_unreadable();
        } else {
            if (!page_.empty()) {
                after_ = page_.back().position;
                page_.clear();
                next_row_ = 0;
                const auto told = report_if_due();
                if (!told || *told != Step::more || is_river_busy()) return told;
            }
            const auto fetched = fetch();
            if (!fetched || *fetched != Step::more) return fetched;
        }
    }
    return Step::stopped;
}

Result<BacktestRun::Step> BacktestRun::begin()
{
    if (!comparison_) {
        auto draft = backtest::drafted_rules(job_.draft, policy_.config.rules, job_.from, job_.until);
        draft_rules_ = draft.size();
        comparison_.emplace(
            backtest::Question{.draft = std::move(draft),
                               .live = policy_.config.rules,
                               .live_set = policy_.config.set_asides.empty() ? policy_.rules : nullptr,  // it asks all
                               .default_route = policy_.config.settings.default_route,
                               .from = job_.from,
                               .until = job_.until,
                               .given_up = [this] {
                                   return stop_.stop_requested();
                               }});
        if (!comparison_->is_ready()) {
            comparison_.reset();
            return Step::stopped;
        }
    }
    // Counting long histories may take more time than one statement has: then nobody knows how much there is to do.
    const auto total = waiting_for([&] { return jobs_.count_alerts(job_, stop_); });
    if (stop_.stop_requested()) return Step::stopped;
    if (!total && total.error().code() != ErrorCode::timeout) return total.error();
    total_ = total ? *total : 0;
    const auto quarantined = waiting_for([&] { return jobs_.count_quarantined(job_); });
    if (!quarantined) return quarantined.error();
    comparison_->leave_out(*quarantined);
    const auto begun = waiting_for([&] {
        return jobs_.begin(job_, draft_rules_, policy_.config.rules.size(), std::min(total_, job_.max_alerts));
    });
    if (!begun) return begun.error();
    begun_ = *begun;
    return *begun ? Step::more : Step::lost;
}

Result<BacktestRun::Step> BacktestRun::fetch()
{
    auto rows =
        waiting_for([&] { return jobs_.history(job_, after_, std::min<std::uint64_t>(left(), options_.page), stop_); });
    if (stop_.stop_requested()) return Step::stopped;
    if (!rows) return rows.error();
    page_ = *std::move(rows);
    at_end_ = page_.empty();
    return at_end_ ? end() : Step::more;
}

bool BacktestRun::read_alert()
{
    auto* read = reader_.next(left(), [this] { comparison_->add_unreadable(); });
    if (read == nullptr) return false;
    const auto restore = [this, line = read->line](domain::Alert& alert) {
        reader_.restore(line, alert);
    };
    comparison_->add(names_->alert(read->index), read->alert, std::cref(restore));
    return true;
}

Result<BacktestRun::Step> BacktestRun::report_if_due()
{
    if (Clock::now() - reported_ < options_.report) return Step::more;
    // Not before it has reached the database: an error here is tried again with the next one.
    const auto reported =
        waiting_for([&] { return jobs_.report(job_, progress(), backtest::to_json(comparison_->report(), false)); });
    if (!reported) return reported.error();
    reported_ = Clock::now();
    return *reported ? Step::more : Step::lost;
}

Result<BacktestRun::Step> BacktestRun::end()
{
    const bool complete = at_end_ || total_ == seen();
    const auto ended = waiting_for([&] {
        return jobs_.end(job_, {.state = ports::BacktestState::done, .error = {}}, progress(),
                         backtest::to_json(comparison_->report(), complete));
    });
    if (!ended) return ended.error();
    return *ended ? Step::finished : Step::lost;
}

std::uint64_t BacktestRun::alerts_read() const noexcept
{
    return comparison_ ? comparison_->report().read : 0;
}

std::uint64_t BacktestRun::seen() const noexcept
{
    const auto& report = comparison_->report();
    return report.read + report.unreadable;
}

std::uint64_t BacktestRun::left() const noexcept
{
    return job_.max_alerts - std::min(job_.max_alerts, seen());
}

ports::BacktestProgress BacktestRun::progress() const
{
    const auto seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    constexpr double kLeast = 0.001;
    return {.alerts_read = seen(),
            .alerts_total = std::max(std::min(total_, job_.max_alerts), seen()),
            .rate = static_cast<std::uint64_t>(static_cast<double>(seen()) / std::max(seconds, kLeast))};
}

}  // namespace winnow::pipeline

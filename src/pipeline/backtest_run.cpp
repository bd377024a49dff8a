#include "pipeline/backtest_run.hpp"

#include "winnow/backtest/draft.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace winnow::pipeline {

namespace {

backtest::Question question_of(const ports::BacktestJob& job, const TenantPolicy& policy, std::size_t& draft_rules)
{
    auto draft = backtest::drafted_rules(job.draft, policy.config.rules, job.from, job.until);
    draft_rules = draft.size();
    return {.draft = std::move(draft),
            .live = policy.config.rules,
            .live_set = policy.rules,
            .default_route = policy.config.settings.default_route,
            .from = job.from,
            .until = job.until};
}

}  // namespace

BacktestRun::BacktestRun(ports::BacktestJobs& jobs, const ports::BacktestJob& job, const TenantPolicy& policy,
                         const BacktestOptions& options)
    : jobs_(jobs),
      job_(job),
      options_(options),
      live_rules_(policy.config.rules.size()),
      comparison_(question_of(job, policy, draft_rules_))
{
}

Result<BacktestRun::Step> BacktestRun::begin()
{
    // Counting long histories may take more time than one statement has: then nobody knows how much there is to do.
    if (const auto total = jobs_.count_alerts(job_)) {
        total_ = *total;
    } else if (total.error().code() != ErrorCode::timeout) {
        return total.error();
    }
    const auto begun = jobs_.begin(job_, draft_rules_, live_rules_, std::min(total_, job_.max_alerts));
    if (!begun) return begun.error();
    return *begun ? Step::more : Step::lost;
}

Result<BacktestRun::Step> BacktestRun::step()
{
    const auto left = job_.max_alerts - std::min(job_.max_alerts, seen());
    if (left == 0) return end({});
    const auto rows = jobs_.history(job_, after_, std::min(left, options_.page));
    if (!rows) return rows.error();
    at_end_ = rows->empty();
    if (at_end_) return end({});
    for (const auto& row : *rows) read(row);
    after_ = rows->back().position;
    if (Clock::now() - reported_ >= options_.report) return report();
    return Step::more;
}

void BacktestRun::read(const ports::HistoryRow& row)
{
    const auto left = job_.max_alerts - std::min(job_.max_alerts, seen());
    reader_.read(
        row, left,
        [&](AlertId id, domain::Alert& alert, auto restore) { comparison_.add(id, alert, std::ref(restore)); },
        [&] { comparison_.add_unreadable(); });
}

Result<BacktestRun::Step> BacktestRun::report()
{
    // Not before it has reached the database: an error here is tried again with the next page.
    const auto reported = jobs_.report(job_, progress(), backtest::to_json(comparison_.report(), false));
    if (!reported) return reported.error();
    reported_ = Clock::now();
    return *reported ? Step::more : Step::lost;
}

Result<BacktestRun::Step> BacktestRun::end(const ports::BacktestEnd& end)
{
    const bool complete = end.state == ports::BacktestState::done && (at_end_ || total_ == seen());
    const auto ended = jobs_.end(job_, end, progress(), backtest::to_json(comparison_.report(), complete));
    if (!ended) return ended.error();
    return *ended ? Step::finished : Step::lost;
}

std::uint64_t BacktestRun::seen() const noexcept
{
    const auto& report = comparison_.report();
    return report.read + report.unreadable;
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

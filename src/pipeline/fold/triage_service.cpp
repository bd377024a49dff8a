#include "winnow/pipeline/triage_service.hpp"

#include "pipeline/fold/backlog.hpp"
#include "pipeline/fold/triage_worker.hpp"
#include "winnow/observe/metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr auto kOverBudget = "Alerts that cost more to judge than one may: what was left was not decided.";

const std::vector<double> kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

}  // namespace

TriageMetrics::TriageMetrics(observe::Metrics& metrics)
    : alerts(metrics.counter("winnow_triage_alerts_total", "Alerts that triage has applied.")),
      folds(metrics.counter("winnow_triage_folds_total", "Triage transactions.")),
      fold_failures(metrics.counter("winnow_triage_fold_failures_total",
                                    "Folds that could not be stored and are tried again, whole or in parts.")),
      poisoned_rows(metrics.counter("winnow_triage_poisoned_rows_total",
                                    "Journal rows that could not be folded and were recorded as ignored.")),
      dropped_rows(metrics.counter("winnow_triage_dropped_rows_total",
                                   "Journal rows of ended streams or tenants that do not exist.")),
      over_steps(metrics.counter("winnow_over_budget_total", kOverBudget, {{"by", "steps"}})),
      over_time(metrics.counter("winnow_over_budget_total", kOverBudget, {{"by", "time"}})),
      set_aside(metrics.counter(
          "winnow_set_aside_total",
          "Rules, silences, windows and inhibitions that were set aside because they kept costing too much.")),
      fold_seconds(metrics.histogram("winnow_triage_fold_seconds", "Time of one triage transaction.", {}, kSeconds)),
      lag_seconds(metrics.histogram("winnow_triage_lag_seconds",
                                    "Age of the oldest alert of a fold when it was applied.", {}, kSeconds)),
      queue(metrics, "triage")
{
    for (std::size_t i = 0; i < dispositions.size(); ++i) {
        const auto name = std::string(to_string(static_cast<domain::Disposition>(i)));
        dispositions.at(i) =
            metrics.counter("winnow_triage_dispositions_total", "What became of alerts.", {{"disposition", name}});
    }
}

class TriageService::Impl {
public:
    Impl(ports::TriageStore& store, ConfigCache& policies, const TriageOptions& options,
         std::function<void()> outbox_changed, observe::Metrics& metrics)
        : count_(std::max<std::size_t>(1, options.workers)),
          shared_{
              .store = store,
              .policies = policies,
              .options = options,
              .outbox_changed = std::move(outbox_changed),
              .metrics = TriageMetrics(metrics),
              .backlog = Backlog(
                  metrics.gauge("winnow_triage_backlog_alerts", "Committed alerts in memory that are not applied yet."),
                  observe::QueueMetrics(metrics, "triage"), options.standstill),
              .watch{{.long_turn = options.long_turn, .hung_turn = options.hung_turn, .hung = options.hung},
                     metrics.counter("winnow_triage_long_turns_total",
                                     "Turns of triage that took more processor time than any should.")},
              .line = TenantLine({.max_fold_alerts = options.max_fold_alerts, .most_aside = kMostFoldsAside * count_})}
    {
        for (std::size_t i = 0; i < count_; ++i) {
            const bool quick = count_ > 1 && i == 0;
            workers_.push_back(std::make_unique<TriageWorker>(shared_, i, quick ? fair::Lane::quick : fair::Lane::any));
        }
    }

    void submit(std::vector<journal::CommittedRow> rows) { shared_.line.submit(shared_.backlog.add(std::move(rows))); }

    const std::size_t count_;
    TriageShared shared_;
    std::vector<std::unique_ptr<TriageWorker>> workers_;  // last: they end before what they share
};

TriageService::TriageService(ports::TriageStore& store, ConfigCache& policies, TriageOptions options,
                             std::function<void()> outbox_changed, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, policies, options, std::move(outbox_changed), metrics))
{
}

TriageService::~TriageService() = default;

void TriageService::submit(std::vector<journal::CommittedRow> rows) noexcept
{
    impl_->submit(std::move(rows));
}

bool TriageService::accepting() const
{
    return impl_->shared_.backlog.bytes() < impl_->shared_.options.max_backlog_bytes;
}

bool TriageService::goes_on() const
{
    return impl_->shared_.backlog.goes_on();
}

bool TriageService::has_room(domain::StreamId stream) const
{
    constexpr std::size_t kShare = 4;
    return accepting() && impl_->shared_.backlog.bytes(stream) < impl_->shared_.options.max_backlog_bytes / kShare;
}

bool TriageService::has_room(domain::StreamId stream, TenantId tenant) const
{
    constexpr std::size_t kShare = 32;
    return impl_->shared_.backlog.bytes(stream, tenant) < impl_->shared_.options.max_backlog_bytes / kShare;
}

bool TriageService::behind() const
{
    constexpr std::size_t kSmallPart = 32;
    return impl_->shared_.backlog.bytes() > impl_->shared_.options.max_backlog_bytes / kSmallPart;
}

fair::Held TriageService::held(TenantId tenant) const
{
    return impl_->shared_.backlog.held(tenant);
}

std::uint64_t TriageService::applied_through(domain::StreamId stream, std::uint64_t written) const
{
    return impl_->shared_.backlog.applied_through(stream, written);
}

bool TriageService::settled(domain::StreamId stream, std::chrono::milliseconds deadline)
{
    return impl_->shared_.backlog.wait(stream, deadline);
}

bool TriageService::flush(std::chrono::milliseconds deadline)
{
    return impl_->shared_.backlog.wait(deadline);
}

}  // namespace winnow::pipeline

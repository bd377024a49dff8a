#include "winnow/pipeline/search_keeper.hpp"

#include "pipeline/keepers/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace winnow::pipeline {

namespace {

// Some ten milliseconds of the database's time: while it runs, versions of tickets that folds have overtaken stay, and
// a fold that finds no room beside a ticket writes to all of the ticket's indexes.
constexpr std::size_t kAtOnce = 50;

}  // namespace

class SearchKeeper::Impl {
public:
    Impl(ports::SearchIndex& index, std::chrono::milliseconds interval, observe::Metrics& metrics)
        : index_(index),
          interval_(interval),
          set_aside_(metrics.counter("winnow_chore_set_aside_total",
                                     "Rows that a chore could not take in, and put aside.",
                                     {{"chore", "index_tickets"}}))
    {
    }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    using Clock = std::chrono::steady_clock;

    void run(const std::stop_token& stop)
    {
        observe::name_thread("search");
        bool said = false;
        while (!stop.stop_requested()) {
            const auto begun = Clock::now();
            bool behind = false;
            round("search", [&] {
                const auto advanced = index_.advance(kAtOnce);
                if (!advanced && !said) {
                    observe::warn("cannot index tickets; searches go on without",
                                  {{"error", advanced.error().message()}});
                }
                said = !advanced;
                set_aside_.add(static_cast<double>(index_.set_aside() - counted_));
                counted_ = index_.set_aside();
                behind = advanced && *advanced > 0;
            });
            // Behind a storm it takes half of the time: what opens tickets goes first.
            const auto took = Clock::now() - begun;
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, behind ? std::min<Clock::duration>(took, interval_) : interval_,
                           [] { return false; });
        }
    }

    ports::SearchIndex& index_;
    const std::chrono::milliseconds interval_;
    const observe::Counter set_aside_;
    std::size_t counted_ = 0;  // the thread's own
    std::mutex mutex_;         // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

SearchKeeper::SearchKeeper(ports::SearchIndex& index, std::chrono::milliseconds interval, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(index, interval, metrics))
{
}

SearchKeeper::~SearchKeeper() = default;

void SearchKeeper::start()
{
    impl_->start();
}

}  // namespace winnow::pipeline

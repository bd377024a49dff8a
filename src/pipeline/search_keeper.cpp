#include "winnow/pipeline/search_keeper.hpp"

#include "pipeline/round.hpp"
#include "winnow/observe/log.hpp"

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
    Impl(ports::SearchIndex& index, std::chrono::milliseconds interval) : index_(index), interval_(interval) {}

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    using Clock = std::chrono::steady_clock;

    void run(const std::stop_token& stop)
    {
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
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

SearchKeeper::SearchKeeper(ports::SearchIndex& index, std::chrono::milliseconds interval)
    : impl_(std::make_unique<Impl>(index, interval))
{
}

SearchKeeper::~SearchKeeper() = default;

void SearchKeeper::start()
{
    impl_->start();
}

}  // namespace winnow::pipeline

#include "winnow/pipeline/search_keeper.hpp"

#include "winnow/observe/log.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kAtOnce = 200;  // some tens of milliseconds of the database's time

}  // namespace

class SearchKeeper::Impl {
public:
    Impl(ports::SearchIndex& index, std::chrono::milliseconds interval) : index_(index), interval_(interval) {}

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

private:
    void run(const std::stop_token& stop)
    {
        bool said = false;
        while (!stop.stop_requested()) {
            const auto advanced = index_.advance(kAtOnce);
            if (!advanced && !said) {
                observe::warn("cannot index tickets; searches go on without", {{"error", advanced.error().message()}});
            }
            said = !advanced;
            if (advanced && *advanced > 0) continue;
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, interval_, [] { return false; });
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

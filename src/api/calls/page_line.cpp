#include "api/calls/page_line.hpp"

#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace winnow::api {

struct PageLine::State : std::enable_shared_from_this<State> {
    struct Line {
        std::deque<Begin> waiting;
        bool is_taken = false;      ///< One is on its way.
        bool is_beginning = false;  ///< A thread looks after it; no other need, nor the same one a call deeper.
    };

    void go_on(TenantId tenant, std::unique_lock<std::mutex>& lock)
    {
        auto& line = lines[tenant];
        if (line.is_beginning) return;
        line.is_beginning = true;
        while (!line.is_taken && !line.waiting.empty()) {
            line.is_taken = true;
            {
                auto begin = std::move(line.waiting.front());
                line.waiting.pop_front();
                lock.unlock();
                begin(Place(shared_from_this(), tenant));
            }
            lock.lock();
        }
        line.is_beginning = false;
        if (!line.is_taken) lines.erase(tenant);
    }

    std::mutex mutex;
    std::unordered_map<TenantId, Line> lines;  ///< Of tenants with a page on its way.
};

PageLine::Place::Place(std::shared_ptr<State> state, TenantId tenant) : state_(std::move(state)), tenant_(tenant) {}

void PageLine::Place::leave()
{
    const auto state = std::exchange(state_, nullptr);
    if (!state) return;
    std::unique_lock lock(state->mutex);
    state->lines[tenant_].is_taken = false;
    state->go_on(tenant_, lock);
}

PageLine::PageLine() : state_(std::make_shared<State>()) {}

void PageLine::enter(TenantId tenant, Begin begin)
{
    std::unique_lock lock(state_->mutex);
    state_->lines[tenant].waiting.push_back(std::move(begin));
    state_->go_on(tenant, lock);
}

}  // namespace winnow::api

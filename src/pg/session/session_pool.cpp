#include "pg/session/session_pool.hpp"

namespace winnow::pg {

std::unique_ptr<Session> SessionPool::borrow()
{
    while (true) {
        std::unique_ptr<Session> session;
        {
            const std::lock_guard lock(mutex_);
            if (idle_.empty()) break;
            session = std::move(idle_.back());
            idle_.pop_back();
        }
        if (!session->went_away()) return session;
    }
    return std::make_unique<Session>(options_);
}

void SessionPool::give_back(std::unique_ptr<Session> session)
{
    if (!session || !session->connection().is_open()) return;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < options_.connections) idle_.push_back(std::move(session));
}

}  // namespace winnow::pg

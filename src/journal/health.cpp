#include "journal/health.hpp"

#include "winnow/observe/log.hpp"

#include <algorithm>

namespace winnow::journal {

void Health::failed(const Error& cause, std::size_t bytes)
{
    std::size_t failures = 0;
    {
        const std::lock_guard lock(mutex_);
        cause_ = cause.message();
        bytes_ = std::max(bytes_, bytes);
        failures = ++failures_;
    }
    if (failures >= kUnsoundFrom) {
        observe::error("the journal cannot be written: alerts are refused, and this node is not ready",
                       {{"reason", cause.message()}});
    }
}

void Health::succeeded()
{
    if (failures_ == 0) return;  // every transaction comes by
    std::size_t before = 0;
    {
        const std::lock_guard lock(mutex_);
        before = failures_.exchange(0);
        refusing_ = false;
        cause_.clear();
        bytes_ = 0;
    }
    if (before >= kUnsoundFrom) observe::info("the journal is written again");
}

void Health::refuse()
{
    const std::lock_guard lock(mutex_);
    refusing_ = failures_ > 0;
}

std::size_t Health::bytes() const
{
    const std::lock_guard lock(mutex_);
    return bytes_;
}

Error Health::refusal() const
{
    const std::lock_guard lock(mutex_);
    const auto why = cause_.empty() ? std::string() : ": " + cause_;
    return {ErrorCode::unavailable, "nothing of this request was stored" + why + ". Send it again later"};
}

}  // namespace winnow::journal

#pragma once

/// @file
/// Answers whose clients do not take them.

#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::http {

/// An answer stays in memory until its client has taken it. Those of one caller that wait for their clients have a
/// bound together: beyond it the ones that have waited for longest are cut off. The last one of a caller never is,
/// however long: it ends by its deadline. Thread-safe; a part is one thread's.
class UnsentAnswers {
public:
    explicit UnsentAnswers(std::size_t bytes_of_a_caller) noexcept : limit_(bytes_of_a_caller) {}

    /// One answer, for as long as its memory is held. The other object must outlive it.
    class Part {
    public:
        Part(UnsentAnswers& answers, const Uuid& caller, std::size_t bytes) noexcept
            : answers_(answers), caller_(caller), bytes_(bytes)
        {
        }
        ~Part() { answers_.leave(*this); }
        Part(const Part&) = delete;
        Part& operator=(const Part&) = delete;

        /// Its client takes no more at the moment. `cut` ends its connection: called at most once, from any thread,
        /// maybe before this returns, and maybe just after the part has gone. Only the first call counts.
        void wait(std::function<void()> cut)
        {
            if (std::exchange(waits_, true)) return;
            cut_ = std::move(cut);
            answers_.wait(*this);
        }

    private:
        friend class UnsentAnswers;
        UnsentAnswers& answers_;
        const Uuid caller_;
        const std::size_t bytes_;
        bool waits_ = false;
        std::function<void()> cut_;  // guarded by the other's mutex from wait() on, as what follows
        bool counted_ = false;
        std::list<Part*>::iterator at_;
    };

    [[nodiscard]] std::size_t cut_off() const
    {
        const std::lock_guard lock(mutex_);
        return cut_off_;
    }

private:
    struct Share {
        std::size_t bytes = 0;
        std::list<Part*> waiting;  ///< Who has waited for longest stands first.
    };

    void wait(Part& part)
    {
        std::vector<std::function<void()>> cuts;
        {
            const std::lock_guard lock(mutex_);
            auto& share = shares_[part.caller_];
            part.at_ = share.waiting.insert(share.waiting.end(), &part);
            part.counted_ = true;
            share.bytes += part.bytes_;
            while (share.bytes > limit_ && share.waiting.size() > 1) {
                auto& slowest = *share.waiting.front();
                cuts.push_back(std::move(slowest.cut_));
                remove(slowest, share);
                ++cut_off_;
            }
        }
        for (const auto& cut : cuts) cut();
    }

    void leave(Part& part) noexcept
    {
        if (!part.waits_) return;
        const std::lock_guard lock(mutex_);
        if (!part.counted_) return;
        const auto share = shares_.find(part.caller_);
        remove(part, share->second);
        if (share->second.waiting.empty()) shares_.erase(share);
    }

    static void remove(Part& part, Share& share) noexcept
    {
        share.bytes -= part.bytes_;
        share.waiting.erase(part.at_);
        part.counted_ = false;
    }

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::unordered_map<Uuid, Share> shares_;
    std::size_t cut_off_ = 0;
};

}  // namespace winnow::http

#pragma once

/// @file
/// The memory that all large bodies share.

#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace winnow::http {

/// A body's part grows as its bytes arrive, so that whoever only announces or stalls holds little. Bodies that each
/// hold some and wait for more would wait for each other; therefore one of each caller that has used up its share may
/// go on to its end beyond the share, and one of all beyond the limit. Thread-safe; a part is one thread's.
class BodyMemory {
public:
    /// So much of it one caller may have: the others' bodies are taken beside any number of slow ones of one caller.
    static constexpr std::size_t kShares = 4;

    /// Whose room there was too little of.
    enum class Lack : std::uint8_t { of_caller, of_all };

    explicit BodyMemory(std::size_t limit) noexcept : limit_(limit) {}

    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::size_t share() const noexcept { return limit_ / kShares; }

    /// What one body has, given back at its end. The memory must outlive it.
    class Part {
    public:
        explicit Part(BodyMemory& memory) noexcept : memory_(memory) {}
        ~Part() { shrink(0); }
        Part(const Part&) = delete;
        Part& operator=(const Part&) = delete;

        /// To `bytes` in all; no-op where it has them. False, and nothing taken, where there is no room: ask again. A
        /// caller's only body may be longer than its share, and the only body of all longer than the limit. The caller
        /// of a body is always the same.
        [[nodiscard]] bool grow(const Uuid& caller, std::size_t bytes) { return memory_.grow(*this, caller, bytes); }

        /// Gives back what is beyond.
        void shrink(std::size_t bytes) noexcept { memory_.shrink(*this, bytes); }

        [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

        /// After a grow() that found no room.
        [[nodiscard]] Lack lacks() const noexcept { return lacks_; }

    private:
        friend class BodyMemory;
        BodyMemory& memory_;
        Lack lacks_ = Lack::of_all;
        Uuid caller_;  ///< Of a part that has something.
        std::size_t bytes_ = 0;
    };

private:
    struct Share {
        std::size_t used = 0;
        const Part* goes_on = nullptr;  ///< The one beyond the share, until it has given everything back.
    };

    [[nodiscard]] bool grow(Part& part, const Uuid& caller, std::size_t bytes)
    {
        if (bytes <= part.bytes_) return true;
        const std::lock_guard lock(mutex_);
        const auto more = bytes - part.bytes_;
        const auto found = shares_.find(caller);
        const auto used = found == shares_.end() ? 0 : found->second.used;
        const bool in_share = used == part.bytes_ || used + more <= share();
        const bool in_all = used_ == part.bytes_ || used_ + more <= limit_;
        if (!in_share || !in_all) {
            part.lacks_ = in_share ? Lack::of_all : Lack::of_caller;
            if (part.bytes_ == 0) return false;  // who waits with empty hands is waited for by nobody
            auto& share = found->second;
            if (share.goes_on != nullptr && share.goes_on != &part) return false;
            if (!in_all && goes_on_ != nullptr && goes_on_ != &part) {
                part.lacks_ = Lack::of_all;
                return false;
            }
            // In this order always: the one of all is its caller's, too, and waits for nothing any more.
            share.goes_on = &part;
            if (!in_all) goes_on_ = &part;
        }
        shares_[caller].used += more;
        used_ += more;
        part.caller_ = caller;
        part.bytes_ = bytes;
        return true;
    }

    void shrink(Part& part, std::size_t bytes) noexcept
    {
        if (part.bytes_ <= bytes) return;
        const std::lock_guard lock(mutex_);
        const auto less = part.bytes_ - bytes;
        const auto share = shares_.find(part.caller_);
        part.bytes_ = bytes;
        used_ -= less;
        share->second.used -= less;
        if (bytes == 0 && share->second.goes_on == &part) share->second.goes_on = nullptr;
        if (bytes == 0 && goes_on_ == &part) goes_on_ = nullptr;
        if (share->second.used == 0) shares_.erase(share);
    }

    const std::size_t limit_;
    std::mutex mutex_;
    std::size_t used_ = 0;
    const Part* goes_on_ = nullptr;  ///< The one beyond the limit, until it has given everything back.
    std::unordered_map<Uuid, Share> shares_;
};

}  // namespace winnow::http

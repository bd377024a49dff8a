#pragma once

/// @file
/// Whose handshake is next. Pure.

#include "http/places/prefix.hpp"

#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace winnow::http {

/// A line for each prefix, and prefixes take turns: whoever connects a thousand times waits for itself. Belongs to one
/// thread. `Waiter` is anything that can be moved.
template <typename Waiter>
class HandshakeLine {
public:
    void push(const Prefix& prefix, Waiter waiter)
    {
        const auto [party, is_new] = parties_.try_emplace(prefix);
        if (is_new) party->second = ring_.emplace(ring_.end(), prefix, std::deque<Waiter>());
        party->second->second.push_back(std::move(waiter));
    }

    /// Nullopt where nobody waits.
    [[nodiscard]] std::optional<Waiter> take()
    {
        if (ring_.empty()) return std::nullopt;
        auto& [prefix, waiting] = ring_.front();
        std::optional<Waiter> next(std::move(waiting.front()));
        waiting.pop_front();
        if (waiting.empty()) {
            parties_.erase(prefix);
            ring_.pop_front();
        } else {
            ring_.splice(ring_.end(), ring_, ring_.begin());
        }
        return next;
    }

    [[nodiscard]] bool empty() const noexcept { return ring_.empty(); }

private:
    using Ring = std::list<std::pair<Prefix, std::deque<Waiter>>>;

    Ring ring_;
    std::unordered_map<Prefix, typename Ring::iterator> parties_;
};

}  // namespace winnow::http

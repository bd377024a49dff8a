#pragma once

/// @file
/// Signed requests that were taken, so that none is taken twice.

#include "winnow/base/time.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::identity {

/// Of this node alone: what was sent to it may still be repeated at another one, once a node, until it expires. For
/// what changes nothing twice (alerts, by their MessageId) that is not asked; what does, asks. Thread-safe.
class UsedSignatures {
public:
    struct Limits {
        std::size_t most = 100'000;        ///< About 20 MB.
        std::size_t most_of_key = 10'000;  ///< So that one sender cannot shut the others out.
    };

    enum class Taken : std::uint8_t {
        first,
        again,
        full,  ///< Nothing is forgotten before its time: whoever signs so many for so long waits, and nobody is fooled.
    };

    explicit UsedSignatures(Limits limits) : limits_(limits) {}
    UsedSignatures() : UsedSignatures(Limits{}) {}

    /// Once a request is known to be signed, and not expired: what was not is nobody's, and must fill nothing.
    [[nodiscard]] Taken take(std::string_view access_key, std::string_view signature, Timestamp expires_at,
                             Timestamp now);

    [[nodiscard]] std::size_t size() const;

private:
    struct Use {
        std::string access_key;
        std::string signature;
        friend auto operator<=>(const Use&, const Use&) = default;
    };

    void forget_until(Timestamp now);  // mutex_ held

    const Limits limits_;
    mutable std::mutex mutex_;
    std::set<Use> used_;                           // guarded by mutex_, as what follows
    std::set<std::pair<Timestamp, Use>> by_time_;  // the same, by when they expire
    std::map<std::string, std::size_t, std::less<>> of_key_;
};

}  // namespace winnow::identity

#pragma once

/// @file
/// How long what a node knows of a caller may be trusted, by when it last proved that it hears of revocations.

#include <chrono>
#include <optional>

namespace winnow::identity {

using Instant = std::chrono::steady_clock::time_point;

/// A node tells itself something by way of the database. When that is back, so are all notices of what was committed
/// before it was sent: they come in the order of commits. So an echo proves hearing up to the moment it was *sent*. A
/// value; pure, time is an argument.
class Hearing {
public:
    struct Terms {
        /// For so long after it was sent an echo is proof enough: what is revoked meanwhile and not heard of is refused
        /// by then.
        std::chrono::milliseconds proof_for{750};
        /// How long what was found is trusted, from when it was asked for: while it is proven that we hear, ...
        std::chrono::milliseconds heard_for{30'000};
        /// ... and while it is not.
        std::chrono::milliseconds deaf_for{500};
        /// For so long after something known was used a proof is worth its statement.
        std::chrono::milliseconds in_use_for{1'000};
    };

    explicit Hearing(const Terms& terms) noexcept : terms_(terms) {}

    /// What was sent then is back, and all that came before it was passed on. A later one that is known stays.
    void echoed(Instant sent) noexcept;

    /// The connection is gone: nothing is proven until the next echo.
    void lost() noexcept { newest_.reset(); }

    [[nodiscard]] bool is_proven(Instant now) const noexcept;

    /// Whether what was asked for at `asked` may still be believed.
    [[nodiscard]] bool holds(Instant asked, Instant now) const noexcept;

    /// Whether an answer that took from `asked` until `now` may be given, where somebody was told of a revocation
    /// meanwhile (`told`): it may be of before that.
    [[nodiscard]] bool is_late(Instant asked, Instant now, bool told) const noexcept;

    /// Whether to prove it at all: `used` is when something that is known was used last.
    [[nodiscard]] bool is_wanted(std::optional<Instant> used, Instant now) const noexcept;

private:
    Terms terms_;
    std::optional<Instant> newest_;  ///< When the newest echo was sent.
};

}  // namespace winnow::identity

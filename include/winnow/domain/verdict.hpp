#pragma once

/// @file
/// What became of an alert, and why. One a journalled alert; kept as long as the alert.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_budget.hpp"
#include "winnow/domain/silence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class Disposition : std::uint8_t {
    ticketed,     ///< Opened or joined a ticket.
    dropped,      ///< A rule dropped it.
    suppressed,   ///< A ticket is kept, nobody is told.
    silenced,     ///< A silence or maintenance window covered it.
    inhibited,    ///< Another firing alert explains it.
    held,         ///< A pause or threshold is not yet reached.
    resolved,     ///< It ended a ticket's trouble.
    ignored,      ///< A recovery or acknowledgement with nothing open.
    quarantined,  ///< Not judged, because judging its row ended processes. Its ticket is one that says so.
};

[[nodiscard]] std::string_view to_string(Disposition disposition) noexcept;
[[nodiscard]] std::optional<Disposition> parse_disposition(std::string_view word) noexcept;

/// What the alert did to its ticket. Stored by name: do not rename.
enum class TicketEffect : std::uint8_t { none, opened, joined, refreshed, reopened, acknowledged, recovered };

[[nodiscard]] std::string_view to_string(TicketEffect effect) noexcept;

/// A rule that matched, at the version that was in force.
struct RuleMatch {
    RuleId rule_id;
    std::int64_t version = 0;

    friend bool operator==(const RuleMatch&, const RuleMatch&) = default;
};

/// So many matches of one alert are recorded at most.
inline constexpr std::size_t kMostRecordedMatches = 256;

/// The machines that hold alerts back. Stored by name and by number: change neither.
enum class HoldKind : std::uint8_t { threshold = 0, pause = 1, flap = 2 };

[[nodiscard]] std::string_view to_string(HoldKind kind) noexcept;
[[nodiscard]] std::optional<HoldKind> parse_hold_kind(std::string_view word) noexcept;

/// What held an alert back, as it stood then.
struct Held {
    HoldKind kind = HoldKind::pause;
    RuleId rule_id = {};
    std::int32_t count = 0;   ///< threshold: alerts within its time; flap: transitions.
    std::int32_t needed = 0;  ///< threshold: how many it takes.
    /// pause: told then, if the trouble lasts; threshold: forgotten then; flap: settled then, if nothing changes.
    std::optional<Timestamp> until = {};

    friend bool operator==(const Held&, const Held&) = default;
};

struct Verdict {
    Disposition disposition = Disposition::ignored;
    TicketEffect effect = TicketEffect::none;
    std::optional<TicketId> ticket_id;
    /// In evaluation order; the last one is what dropped a dropped alert. The first kMostRecordedMatches at most, of
    /// which a dropped alert's last is what dropped it all the same.
    std::vector<RuleMatch> matches;
    std::string dedup_key;                   ///< What the rules made of it; "" where they left the alert's own.
    std::optional<QuietCause> quieted_by{};  ///< `silenced` and `inhibited` only.
    std::optional<Held> held_by{};           ///< `held` only.
    std::uint64_t more_matches = 0;          ///< That acted like the others, and are not recorded.
    /// Set where judging it cost more than an alert may, so that something was not decided and did not act: what of it
    /// was dearest.
    std::optional<Judge> over_budget{};

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

}  // namespace winnow::domain

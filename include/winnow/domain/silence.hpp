#pragma once

/// @file
/// What keeps alerts quiet besides the rules: silences, maintenance windows and inhibitions, as people wrote them.
/// Compiled form: winnow/suppression/suppressions.hpp.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/rule.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

using SilenceId = StrongId<struct SilenceTag>;
using MaintenanceWindowId = StrongId<struct MaintenanceWindowTag>;
using InhibitionId = StrongId<struct InhibitionTag>;

}  // namespace winnow

namespace winnow::domain {

/// Which alerts something is about.
struct Scope {
    std::string text;
    RuleSyntax syntax = RuleSyntax::matchers;  ///< `matchers` or `cel`.

    friend bool operator==(const Scope&, const Scope&) = default;
};

/// After so long without what it covers a silence may end by itself.
inline constexpr std::chrono::milliseconds kShortestQuiet = std::chrono::seconds{10};
inline constexpr std::chrono::milliseconds kLongestQuiet = std::chrono::hours{24 * 31};

enum class SilenceState : std::uint8_t { pending, active, expired };

[[nodiscard]] std::string_view to_string(SilenceState state) noexcept;
[[nodiscard]] std::optional<SilenceState> parse_silence_state(std::string_view word) noexcept;

/// Nobody is told of what it covers, from starts_at up to, not including, ends_at.
struct Silence {
    SilenceId id;
    Scope scope;
    Timestamp starts_at;
    Timestamp ends_at;
    std::string comment;
    /// Ends by itself once it has covered nothing for so long; nullopt: only at ends_at.
    std::optional<std::chrono::milliseconds> end_when_quiet;
    std::string created_by;  ///< "user:<id>".
    Timestamp created_at;
    std::string ended_by;  ///< Who ended it early ("user:<id>", "quiet"); "" where nobody did.
    std::int64_t version = 1;
    Timestamp updated_at;
    std::string updated_by;
};

[[nodiscard]] SilenceState state_of(const Silence& silence, Timestamp now) noexcept;

/// A silence that recurs: begins at the wall-clock time that starts_at has in its time zone.
struct MaintenanceWindow {
    MaintenanceWindowId id;
    std::string name;
    std::string comment;
    Scope scope;
    bool enabled = true;
    Timestamp starts_at;  ///< Of the first occurrence.
    std::chrono::milliseconds duration{0};
    std::string time_zone = "UTC";        ///< "Asia/Tokyo".
    std::string rrule;                    ///< RFC 5545, "FREQ=WEEKLY;BYDAY=SU"; "": once.
    std::vector<std::string> exceptions;  ///< Left-out occurrences: their instants, or local dates "2026-12-25".
    std::int64_t version = 1;
    Timestamp updated_at;
    std::string updated_by;
};

/// While an alert that the source finds fires, those that the target finds are kept quiet where the equal labels agree.
struct Inhibition {
    InhibitionId id;
    std::string name;
    bool enabled = true;
    Scope source;
    Scope target;
    std::vector<std::string> equal;
    std::int64_t version = 1;
    Timestamp updated_at;
    std::string updated_by;
};

/// Stored by number: do not change.
enum class QuietKind : std::uint8_t { silence = 0, maintenance_window = 1, inhibition = 2 };

[[nodiscard]] std::string_view to_string(QuietKind kind) noexcept;
[[nodiscard]] std::optional<QuietKind> parse_quiet_kind(std::string_view word) noexcept;

/// Which silence, window or inhibition.
struct QuietCause {
    QuietKind kind = QuietKind::silence;
    Uuid id;

    friend bool operator==(const QuietCause&, const QuietCause&) = default;
};

/// One alert kept quiet.
struct Cover {
    QuietCause cause;
    std::string reason;              ///< For the ticket: `silence: switch upgrade`.
    std::optional<Timestamp> until;  ///< When time ends it; nullopt: with the alert that explains it.
    std::string source_key;          ///< Of that alert; "" where time ends it.

    friend bool operator==(const Cover&, const Cover&) = default;
};

/// A firing alert and an inhibition that finds it.
struct InhibitionSide {
    std::uint32_t inhibition = 0;  ///< Its place among those that are in force (suppression::Suppressions).
    bool source = false;
    bool target = false;

    friend bool operator==(const InhibitionSide&, const InhibitionSide&) = default;
};

/// A firing alert that the source side of an inhibition finds.
struct InhibitionSource {
    InhibitionId inhibition;
    std::string key;         ///< Of the alert's instance ("i…") or, where it has none, its dedup key ("k…").
    std::string equal;       ///< The values of the equal labels; see suppression::Suppressions.
    bool two_sided = false;  ///< The target side finds it, too.
    bool firing = true;      ///< False: it is to be forgotten.

    friend bool operator==(const InhibitionSource&, const InhibitionSource&) = default;
};

/// Which sources a batch must know of.
struct InhibitionSourceKeys {
    /// Of an inhibition with these equal values: at least one that fires and is one-sided, and one that is two-sided,
    /// where there are any beside those of the keys…
    std::vector<std::pair<InhibitionId, std::string>> equals;
    std::vector<std::string> keys;  ///< …and all of these keys. Sorted, unique.

    [[nodiscard]] bool empty() const noexcept { return equals.empty() && keys.empty(); }
};

}  // namespace winnow::domain

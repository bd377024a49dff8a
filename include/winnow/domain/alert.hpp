#pragma once

/// @file
/// One alert as every stage after intake sees it: checked, complete, in one shape whatever the sender spoke.

#include "winnow/base/error.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/severity.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::domain {

/// Stored in columns and in the journal: do not change the numbers.
enum class AlertStatus : std::uint8_t { firing = 0, acknowledged = 1, resolved = 2 };

[[nodiscard]] std::string_view to_string(AlertStatus status) noexcept;
[[nodiscard]] std::optional<AlertStatus> parse_alert_status(std::string_view word) noexcept;

/// What senders say, in lower case and in order ("alerting", "ok", "acked"…), and which of the three it is.
using StatusWord = std::pair<std::string_view, AlertStatus>;
[[nodiscard]] std::span<const StatusWord> status_words() noexcept;

/// Looks a sender's word up among them, whatever its case.
[[nodiscard]] std::optional<AlertStatus> status_from_sender(std::string_view word);

/// A link an operator can click.
struct Link {
    std::string href;
    std::string text;

    friend bool operator==(const Link&, const Link&) = default;
};

/// Labels, sorted by name, names unique, empty values absent (an empty label is no label, as in Alertmanager).
class Labels {
public:
    using Entry = std::pair<std::string, std::string>;

    /// Sets, replaces or (with an empty value) removes one.
    void set(std::string name, std::string value);

    void clear() noexcept { entries_.clear(); }

    /// The value, or nullptr. Valid until the next change.
    [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    friend bool operator==(const Labels&, const Labels&) = default;

private:
    std::vector<Entry> entries_;
};

/// A checked alert. All strings are well-formed UTF-8 without U+0000 and within domain::AlertLimits.
struct Alert {
    std::string title;
    AlertStatus status = AlertStatus::firing;
    Severity severity = Severity::warning;

    /// Never empty after intake: the sender's, else a fingerprint of integration, source, class, title and labels.
    std::string dedup_key;

    std::string source;
    std::string service;
    std::string component;
    std::string group;
    std::string class_name;  ///< `class` in the API.
    std::string description;
    Labels labels;
    std::string details = "{}";  ///< A JSON object as text; holds unknown fields too.
    std::vector<Link> links;
    std::optional<Timestamp> starts_at;
    std::optional<Timestamp> ends_at;

    /// Set where the sender's protocol repeats itself (Alertmanager re-sends each minute): identifies the *instance*
    /// of which this alert is news. A firing alert whose instance is already firing refreshes its ticket instead of
    /// counting as an occurrence. Empty: every alert counts.
    std::string instance_key;

    IntegrationId integration_id;
    std::string integration;  ///< The integration's name when the alert came in.
    Timestamp received_at;

    /// What intake changed, moved or left out because it did not fit, with pointers into the sender's body. A few.
    std::vector<FieldError> warnings;

    friend bool operator==(const Alert&, const Alert&) = default;
};

}  // namespace winnow::domain

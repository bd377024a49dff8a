#pragma once

/// @file
/// The fields that sender formats have in common: texts, times, labels, links, details.

#include "intake/json/json_document.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/intake/formats.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::intake {

/// True when `text` has at most `max_chars` code points.
[[nodiscard]] bool fits(std::string_view text, std::size_t max_chars) noexcept;

/// Cuts to `max_chars` code points, the last one an ellipsis. For formats whose sender cannot shorten a text.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t max_chars);

/// Cuts to `max_chars` so that different keys stay different: the end is a hash of the whole.
[[nodiscard]] std::string shorten_key(std::string_view key, std::size_t max_chars);

/// True for a link that a browser may be given: http, https or mailto.
[[nodiscard]] bool is_safe_link(std::string_view href) noexcept;

/// What a value of a type that the field does not have means. A native sender wrote for us and can mend it: the alert
/// is refused. Who speaks another product's format cannot: the value goes to details.
enum class Manner : std::uint8_t { native, compatible };

/// What became of an alert's member that stands twice.
inline constexpr std::string_view kRepeated = "stands twice; the first one counts, the later one was moved to details";

/// A string of at most `max_chars`, cut with a warning; null leaves `out` empty.
[[nodiscard]] Syntax read_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars,
                               std::string& out);

class Details;

/// The same of a compatible sender: numbers and booleans become their text, containers go to `details`.
[[nodiscard]] Syntax read_any_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars,
                                   Details& details, std::string& out);

/// A time in any form that time_from_sender() knows, or null. What is no time, or more than ten years from
/// `received_at`, is left out with a warning; an end later than that is set to it. Go's zero time is no time.
struct TimeField {
    Timestamp received_at;
    bool is_end = false;
    Manner manner = Manner::native;
};
[[nodiscard]] Syntax read_time(Reader& reader, ondemand::value& value, const Path& at, const TimeField& field,
                               std::optional<Timestamp>& out);

/// Labels as sent that could not be labels as they are: they go to details.
class Excess {
public:
    void add(std::string_view name, std::string text) { texts_.emplace_back(name, std::move(text)); }
    void add_json(std::string_view name, std::string json) { others_.emplace_back(name, std::move(json)); }

    [[nodiscard]] bool empty() const noexcept { return texts_.empty() && others_.empty(); }

    /// The labels as they were sent: what identity is made of.
    [[nodiscard]] domain::Labels whole(const domain::Labels& kept) const;

    /// Of a name that came many times the later ones are left out, with a warning.
    void keep_in(Reader& reader, const Path& at, Details& details, std::string_view as) const;

private:
    std::vector<std::pair<std::string, std::string>> texts_;
    std::vector<std::pair<std::string, std::string>> others_;
};

/// An object of texts; numbers and booleans become their text, null and "" are no label. What is too long is cut, what
/// is too much left out: both go whole to `excess`, with a warning.
[[nodiscard]] Syntax read_labels(Reader& reader, ondemand::value& value, const Path& at, Manner manner,
                                 const domain::AlertLimits& limits, domain::Labels& out, Excess& excess);

/// What of `all` an alert keeps within `limits`. Where there are too many, those go that mean least to an operator.
[[nodiscard]] domain::Labels fit_labels(Reader& reader, const Path& at, const domain::AlertLimits& limits,
                                        domain::Labels all, Excess& excess);

/// Everything a sender gave that has no field of its own, as one JSON object.
class Details {
public:
    /// The sender's own `details`: an object as it is, anything else as the member "value", null as nothing.
    [[nodiscard]] Syntax read(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth);

    /// A member that the format does not know.
    [[nodiscard]] Syntax keep(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth);

    /// `json` must be JSON text.
    void keep(std::string_view name, std::string json) { kept_.emplace_back(name, std::move(json)); }

    /// The object's text. A kept member whose name is taken gets underscores behind it until it is free; where that
    /// takes too many it is left out, with a warning. `at`: the alert.
    [[nodiscard]] std::string str(Reader& reader, const Path& at);

private:
    std::string members_;
    std::vector<std::string_view> names_;
    std::vector<std::pair<std::string, std::string>> kept_;
};

/// An array of {"href", "text"?}. Where one has more than that, or cannot be a link, or there are too many, the array
/// also goes to `details`.
[[nodiscard]] Syntax read_links(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth,
                                const domain::AlertLimits& limits, std::vector<domain::Link>& out, Details& details);

/// The dedup key of an alert whose sender gave none: 32 hex digits, the same for ever.
///
/// The first 16 bytes of SHA-256 over "winnow dedup 1\n" and then, each as tag, length, bytes (tag one letter, length
/// 8 bytes little-endian): I integration id (its 16 bytes), S source, C class, T title, and for each label in name
/// order L name, V value. Cryptographic, because titles carry text that outsiders choose: two of them must not be
/// able to meet in one ticket on purpose.
[[nodiscard]] std::string fingerprint(const domain::Alert& alert, const domain::Labels& labels);

/// Cuts an alert that is longer than max_alert_bytes to about that, with a warning: its details first.
void shrink(Reader& reader, const Path& at, const domain::AlertLimits& limits, domain::Alert& alert);

}  // namespace winnow::intake

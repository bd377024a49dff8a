#pragma once

/// @file
/// The fields that sender formats have in common: texts, times, labels, links, details.

#include "intake/json_document.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/intake/formats.hpp"

#include <cstddef>
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

/// True for a link that a browser may be given: http, https or mailto.
[[nodiscard]] bool is_safe_link(std::string_view href) noexcept;

/// A string of at most `max_chars`; null leaves `out` empty.
[[nodiscard]] Syntax read_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars,
                               std::string& out);

/// RFC 3339 or null, within ten years of `received_at`.
[[nodiscard]] Syntax read_time(Reader& reader, ondemand::value& value, const Path& at, Timestamp received_at,
                               std::optional<Timestamp>& out);

/// An object of texts; numbers and booleans become their text, null and "" are no label.
[[nodiscard]] Syntax read_labels(Reader& reader, ondemand::value& value, const Path& at,
                                 const domain::AlertLimits& limits, domain::Labels& out);

/// Everything a sender gave that has no field of its own, as one JSON object.
class Details {
public:
    /// The sender's own `details`: an object as it is, anything else as the member "value", null as nothing.
    [[nodiscard]] Syntax read(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth);

    /// A member that the format does not know.
    [[nodiscard]] Syntax keep(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth);

    /// `json` must be JSON text.
    void keep(std::string_view name, std::string json) { kept_.emplace_back(name, std::move(json)); }

    /// The object's text. A kept member whose name is taken gets underscores behind it until it is free.
    [[nodiscard]] std::string str();

private:
    std::string members_;
    std::vector<std::string_view> names_;
    std::vector<std::pair<std::string, std::string>> kept_;
};

/// An array of {"href", "text"?}. Where a link has more than that, the array also goes to `details`.
[[nodiscard]] Syntax read_links(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth,
                                const domain::AlertLimits& limits, std::vector<domain::Link>& out, Details& details);

/// The dedup key of an alert whose sender gave none: 32 hex digits, the same for ever.
///
/// The first 16 bytes of SHA-256 over "winnow dedup 1\n" and then, each as tag, length, bytes (tag one letter, length
/// 8 bytes little-endian): I integration id (its 16 bytes), S source, C class, T title, and for each label in name
/// order L name, V value. Cryptographic, because titles carry text that outsiders choose: two of them must not be
/// able to meet in one ticket on purpose.
[[nodiscard]] std::string fingerprint(const domain::Alert& alert);

}  // namespace winnow::intake

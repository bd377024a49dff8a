#pragma once

/// @file
/// What all JSON formats share: a body that holds alerts one after another, each good or bad on its own.

#include "intake/json/json_document.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/intake/formats.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace winnow::intake {

/// Reads one alert. `alert` is what it becomes; rules broken go to the reader.
using ReadAlert = std::function<Syntax(Reader&, ondemand::object&, const Path&, domain::Alert&)>;

/// Skips a byte order mark, which RFC 8259 §8.1 lets a reader ignore and which some senders cannot leave out.
[[nodiscard]] std::string_view without_mark(std::string_view text) noexcept;

/// A limit, and the setting whose value it is.
struct Bound {
    std::size_t most = 0;
    std::string_view setting;
};

/// Refusals that every format gives before it reads: nothing sent, or more than may be. Skips the mark of `body`.
[[nodiscard]] std::optional<Error> check_body(std::string_view& body, const Bound& bytes);

/// True for "alerts" in any case: the member that wraps a body's alerts.
[[nodiscard]] bool names_alerts(std::string_view name) noexcept;

[[nodiscard]] Error no_alerts();
[[nodiscard]] Error too_many_alerts(const Bound& alerts);

/// Reads a body, and once more with what is no text replaced where it held such bytes and was not read for them.
/// `by_lines`: NDJSON.
using ReadBody = std::function<Result<Batch>(std::string_view text, std::span<const std::size_t> repairs)>;
[[nodiscard]] Result<Batch> read_repairing(std::string_view body, bool by_lines, const ReadBody& read);

/// Ends an item: a rule that was broken takes the place of the alert, which gets its warnings otherwise. `json` is the
/// alert's text.
void finish_item(Reader& reader, const Path& at, std::string_view json, const domain::AlertLimits& limits, Item& item);

/// Reads an array's alerts behind those that `batch` holds. On success `error` may still say that there are more than
/// `most`.
[[nodiscard]] Syntax read_array(Reader& reader, ondemand::array elements, const Path& at, const ReadAlert& read,
                                const domain::AlertLimits& limits, const Bound& most, Batch& batch,
                                std::optional<Error>& error);

}  // namespace winnow::intake

#pragma once

/// @file
/// What all JSON formats share: a body that holds alerts one after another, each good or bad on its own.

#include "intake/json_document.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/intake/formats.hpp"

#include <functional>
#include <string_view>

namespace winnow::intake {

/// Reads one alert. `alert` is what it becomes; rules broken go to the reader.
using ReadAlert = std::function<Syntax(Reader&, ondemand::object&, const Path&, domain::Alert&)>;

/// Refusals that every format gives before it reads: nothing sent, or more than may be.
[[nodiscard]] std::optional<Error> check_body(std::string_view body, const domain::AlertLimits& limits);

[[nodiscard]] Error no_alerts();
[[nodiscard]] Error too_many_alerts(const domain::AlertLimits& limits);

/// Ends an item: a rule that was broken takes the place of the alert. `json` is the alert's text.
void finish_item(Reader& reader, const Path& at, std::string_view json, const domain::AlertLimits& limits, Item& item);

/// Reads an array's alerts. On success `error` may still say that there are too many.
[[nodiscard]] Syntax read_array(Reader& reader, ondemand::array elements, const Path& at, const ReadAlert& read,
                                const domain::AlertLimits& limits, Batch& batch, std::optional<Error>& error);

}  // namespace winnow::intake

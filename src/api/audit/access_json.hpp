#pragma once

/// @file
/// Entries of an access log as the API shows them, and what their lists are asked for. Pure.

#include "api/rest/page.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// An instant in Japan: "2026-11-28T17:00:00.000+09:00".
[[nodiscard]] std::string format_jst(Timestamp instant);

[[nodiscard]] nlohmann::json access_json(const ports::AccessEntry& entry);

/// A line each, as access_json() has them, ended by a line feed.
[[nodiscard]] std::string access_ndjson(const std::vector<ports::AccessEntry>& entries);

/// The header line where it is asked for, and one line an entry, each ended by CR LF.
[[nodiscard]] std::string access_csv(const std::vector<ports::AccessEntry>& entries, bool with_header);

struct AccessList {
    ports::AccessFilter filter;
    Stretch<ports::AccessPlace> stretch;
};

/// `from`, `to`, `actor`, `address`, `on`, `status`, `limit` and `cursor`; 400 `invalid_parameter` about others.
[[nodiscard]] Result<AccessList> access_list(const http::RequestHead& head);

enum class AccessFormat : std::uint8_t { ndjson, csv };

struct AccessExport {
    ports::AccessFilter filter;
    AccessFormat format = AccessFormat::ndjson;
};

/// The same filters and `format`: ndjson or csv.
[[nodiscard]] Result<AccessExport> access_export(const http::RequestHead& head);

[[nodiscard]] ports::AccessPlace access_place(const ports::AccessEntry& entry);
[[nodiscard]] Cursor access_cursor(const ports::AccessPlace& place);

}  // namespace winnow::api

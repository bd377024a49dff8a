#pragma once

/// @file
/// Successful answers of the REST surface.

#include "winnow/api/customer_api.hpp"
#include "winnow/base/time.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace winnow::api {

/// JSON text of a document that must be no deeper than what read_json() lets in. Bytes that are not UTF-8 (there
/// should be none) become U+FFFD instead of an exception.
[[nodiscard]] std::string dump(const nlohmann::json& document);

/// RFC 3339, or null.
[[nodiscard]] nlohmann::json time_json(const std::optional<Timestamp>& at);

/// `application/json` with that status.
[[nodiscard]] http::Response json_response(int status, const nlohmann::json& document);

/// /readyz: 200, or 503 where a part fails, with each part's name.
[[nodiscard]] http::Response readiness(const Checks& checks);

/// 200 with an ETag: the answer to GET, PUT and PATCH of a single versioned resource.
[[nodiscard]] http::Response versioned(const nlohmann::json& document, std::int64_t version);

/// 201 with Location (a path such as "/api/v1/rules/<id>") and ETag.
[[nodiscard]] http::Response created(std::string location, const nlohmann::json& document, std::int64_t version);

/// 204: the answer to DELETE.
[[nodiscard]] http::Response no_content();

}  // namespace winnow::api

#pragma once

/// @file
/// What a directory asks for in a query: which users, how many, and which of their attributes (RFC 7644 §3.4.2 and
/// §3.9). Pure.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/access/directory_store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

inline constexpr std::size_t kMostScimUsers = 100;  ///< Of one answer.
inline constexpr std::size_t kMostFilterBytes = 1'024;

/// `userName eq "…"` or `externalId eq "…"`; of another one: invalidFilter.
[[nodiscard]] Result<ports::DirectoryFilter> read_filter(std::string_view text);

/// Which attributes an answer has.
struct Projection {
    std::vector<std::string> only;  ///< These; empty: all.
    std::vector<std::string> but;   ///< Without these.
};

struct ScimQuery {
    ports::DirectoryFilter filter;
    std::size_t skip = 0;                ///< startIndex - 1.
    std::size_t count = kMostScimUsers;  ///< 0: how many there are is all that is asked.
    Projection projection;
};

/// Of a list. Other parameters than these are invalidValue.
[[nodiscard]] Result<ScimQuery> read_query(const http::RequestHead& head);

/// The same of a search, whose parameters are a document (RFC 7644 §3.4.3).
[[nodiscard]] Result<ScimQuery> read_search(const nlohmann::json& document);

/// Of one user: `attributes` and `excludedAttributes`.
[[nodiscard]] Result<Projection> read_projection(const http::RequestHead& head);

/// `id` and `schemas` are always there.
[[nodiscard]] nlohmann::json projected(nlohmann::json document, const Projection& projection);

}  // namespace winnow::api

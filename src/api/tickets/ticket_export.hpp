#pragma once

/// @file
/// GET /tickets.csv.

#include "api/rest/route.hpp"

#include <cstddef>

namespace winnow::api {

/// Lines of one CSV answer; its Link header leads to the rest.
inline constexpr std::size_t kMaxCsvRows = 10'000;

/// So many rows and bytes of their text are read at a time. The text of a page is about as long, at most twice that and
/// a bit: where each character is a quotation mark. One ticket may be longer than all of it.
inline constexpr std::size_t kCsvPageRows = 200;
inline constexpr std::size_t kCsvPageBytes = std::size_t{128} << 10U;

/// Which tickets it holds is fixed when it begins, by their ids: each is in it once, whatever becomes of it meanwhile,
/// as it is when its page is read. What is forgotten before is left out.
[[nodiscard]] Result<Answer> list_tickets_as_csv(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api

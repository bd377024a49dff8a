#pragma once

/// @file
/// Entries of access logs as they are written and read. Private to pg.

#include "winnow/ports/access/access_log.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <span>
#include <string>
#include <string_view>

namespace winnow::pg {

/// Of what may be anything: UTF-8 that shows all that is in it, `most` bytes of it. With it, no row is refused.
[[nodiscard]] std::string fitting(std::string_view text, std::size_t most);

/// One statement, as winnow_api (entries of its own tenant) or winnow_pipeline. Throws what libpqxx throws.
void insert_access(pqxx::transaction_base& tx, std::span<const ports::OwnedAccess> entries);

/// The partition of an instant's month, if it is not there. As winnow_pipeline; throws what libpqxx throws.
void make_access_partitions(pqxx::transaction_base& tx, Timestamp from, int months);

/// Of a row with the columns of kAccessColumns.
inline constexpr auto kAccessColumns =
    "at, entry_id, actor, means, key_id, role, address, method, route, object, status, code, bytes, request_id, times, "
    "until";
[[nodiscard]] ports::AccessEntry read_access(const pqxx::row& row);

}  // namespace winnow::pg

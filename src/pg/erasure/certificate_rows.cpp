#include "pg/erasure/certificate_rows.hpp"

#include "pg/rows/values.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace winnow::pg {

namespace {

constexpr auto kErasure = R"sql(
select erased_tenant, service_code, asked_by, asked_means, asked_request, reason, closed_at, export_until, window_waived,
       exported_at, asked_at, coalesce(began_at, begins_at) as began, now() as finished,
       now() + $2::int4 * interval '1 day' as backups_until, array_to_string(keys, ' ') as versions,
       coalesce(audit_seq, 0) as last_seq, audit_hash
  from erasures where erasure_id = $1
)sql";

// A partition is named as its table, with its day or month.
constexpr auto kTables = R"sql(
select r.relation, r.rows, r.done_at, count(p.relation) filter (where not p.left_as_is),
       count(p.relation) filter (where p.left_as_is)
  from erasure_steps r
  left join erasure_steps p on p.erasure_id = r.erasure_id and p.stage = 'pages'
                           and regexp_replace(p.relation, '_[0-9]{6}([0-9]{2})?$', '') = r.relation
 where r.erasure_id = $1 and r.stage = 'rows'
 group by r.relation, r.rows, r.done_at
)sql";

std::vector<std::int64_t> numbers_of(const std::string& text)
{
    std::vector<std::int64_t> numbers;
    std::istringstream words(text);
    for (std::int64_t number = 0; words >> number;) numbers.push_back(number);
    return numbers;
}

}  // namespace

audit::ErasureCertificate read_certificate(pqxx::transaction_base& tx, ErasureId erasure, std::chrono::days backups)
{
    const auto row = query(tx, kErasure, erasure, backups.count()).front();
    audit::ErasureCertificate certificate{.erasure = erasure.value(),
                                          .tenant = id_of<TenantId>(row["erased_tenant"]),
                                          .service_code = text_of(row["service_code"]),
                                          .asked_by = text_of(row["asked_by"]),
                                          .asked_means = text_of(row["asked_means"]),
                                          .asked_request = text_of(row["asked_request"]),
                                          .reason = text_of(row["reason"]),
                                          .closed_at = time_of(row["closed_at"]),
                                          .export_until = time_of(row["export_until"]),
                                          .window_waived = row["window_waived"].as<bool>(),
                                          .exported_at = optional_time_of(row["exported_at"]),
                                          .asked_at = time_of(row["asked_at"]),
                                          .began_at = time_of(row["began"]),
                                          .finished_at = time_of(row["finished"]),
                                          .backups_until = time_of(row["backups_until"]),
                                          .tables = {},
                                          .keys_destroyed = {},
                                          .audit_seq = row["last_seq"].as<std::int64_t>(),
                                          .audit_hash = {}};
    if (!row["versions"].is_null()) certificate.keys_destroyed = numbers_of(text_of(row["versions"]));
    if (!row["audit_hash"].is_null()) certificate.audit_hash = bytes_of(row["audit_hash"]);
    for (const auto& table : query(tx, kTables, erasure)) {
        certificate.tables.push_back({.table = text_of(table[0]),
                                      .rows = table[1].as<std::int64_t>(),
                                      .done_at = time_of(table[2]),
                                      .pages_rewritten = table[3].as<std::int64_t>(),
                                      .pages_left = table[4].as<std::int64_t>()});
    }
    return certificate;
}

}  // namespace winnow::pg

#include "winnow/ports/tenants/export_store.hpp"

#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <pqxx/except>

#include <chrono>
#include <memory>

namespace winnow::pg {
namespace {

using domain::ExportState;
using ports::Export;

const auto kInsert = R"sql(
insert into exports (tenant_id, export_id, state, created_at, created_by) values ($1, $2, )sql" +
                     sql_word(ExportState::queued) + ", $3, $4)";

#define WINNOW_EXPORT_COLUMNS                                                                                        \
    "select export_id, case when state = 'ready' and finished_at < now() - $2::int * interval '1 day' then 'gone' "  \
    "else state end as state, created_at, created_by, finished_at, error, files, rows, bytes, parts, revision from " \
    "exports where tenant_id = $1 "

constexpr auto kPage =
    WINNOW_EXPORT_COLUMNS "and ($3::uuid is null or export_id < $3::uuid) order by export_id desc limit $4";
constexpr auto kFind = WINNOW_EXPORT_COLUMNS "and export_id = $3";
#undef WINNOW_EXPORT_COLUMNS

constexpr auto kRemove = "delete from exports where tenant_id = $1 and export_id = $2";
// Its parts go by and by (forgetting.hpp).
constexpr auto kPart = R"sql(
select p.bytes from export_parts p join exports e on e.tenant_id = p.tenant_id and e.export_id = p.export_id
 where p.tenant_id = $1 and p.export_id = $2 and p.number = $3
)sql";

Export read_export(const pqxx::row& row)
{
    return {.id = id_of<ExportId>(row["export_id"]),
            .state = domain::parse_export_state(row["state"].c_str()).value_or(ExportState::failed),
            .created_at = time_of(row["created_at"]),
            .created_by = text_of(row["created_by"]),
            .finished_at = optional_time_of(row["finished_at"]),
            .error = text_of(row["error"]),
            .files = row["files"].as<std::int64_t>(),
            .rows = row["rows"].as<std::int64_t>(),
            .bytes = row["bytes"].as<std::int64_t>(),
            .parts = row["parts"].as<std::int32_t>(),
            .revision = row["revision"].as<std::int64_t>()};
}

class PgExportStore final : public ports::ExportStore {
public:
    PgExportStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Done> insert(const Export& made) override
    {
        return translated([&]() -> Result<Done> {
            try {
                query(tx_, kInsert.c_str(), tenant_, made.id, made.created_at, made.created_by);
            } catch (const pqxx::sql_error& failure) {
                if (!violates(failure, "exports_one_unfinished")) throw;
                return Error(ErrorCode::conflict, "an export is being made: wait until it is ready, or delete it");
            }
            return Done{};
        });
    }

    Result<std::vector<Export>> page(std::optional<ExportId> before, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Export>> {
            std::vector<Export> found;
            for (const auto& row : query(tx_, kPage, tenant_, domain::kExportKept.count(), before, limit)) {
                found.push_back(read_export(row));
            }
            return found;
        });
    }

    Result<Export> find(ExportId id) override
    {
        return translated([&]() -> Result<Export> {
            const auto rows = query(tx_, kFind, tenant_, domain::kExportKept.count(), id);
            if (rows.empty()) return none();
            return read_export(rows.front());
        });
    }

    Result<Done> remove(ExportId id) override
    {
        return translated([&]() -> Result<Done> {
            if (query(tx_, kRemove, tenant_, id).affected_rows() == 0) return none();
            return Done{};
        });
    }

    Result<std::string> part(ExportId id, std::int32_t number) override
    {
        return translated([&]() -> Result<std::string> {
            const auto rows = query(tx_, kPart, tenant_, id, number);
            if (rows.empty()) return none();
            return bytes_of(rows[0][0]);
        });
    }

private:
    static Error none() { return {ErrorCode::not_found, "there is no such export"}; }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ExportStore> make_export_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgExportStore>(tx, tenant);
}

}  // namespace winnow::pg

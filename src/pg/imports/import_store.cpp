#include "winnow/ports/tenants/import_store.hpp"

#include "pg/imports/import_rows.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <pqxx/except>

#include <memory>

namespace winnow::pg {
namespace {

using domain::ImportState;
using ports::Import;

constexpr auto kInsert =
    "insert into imports (tenant_id, import_id, source, created_at, created_by) values ($1, $2, $3, $4, $5)";

// What is kept of earlier ones: how many there are, as far as they are counted, and the bytes of those parts that a
// chore has not taken away yet.
constexpr auto kBefore = R"sql(
select (select count(*) from (select from imports where tenant_id = $1 limit $2) i),
       (select coalesce(sum(octet_length(bytes)), 0)::int8 from import_parts where tenant_id = $1)
)sql";
constexpr std::int64_t kMostKept = 1'000;

#define WINNOW_IMPORT_COLUMNS                                                                             \
    "select import_id, state, source, created_at, created_by, finished_at, error, faults, parts, bytes, " \
    "rows_done, rows_total, revision from imports where tenant_id = $1 "
constexpr auto kPage =
    WINNOW_IMPORT_COLUMNS "and ($2::uuid is null or import_id < $2::uuid) order by import_id desc limit $3";
constexpr auto kFind = WINNOW_IMPORT_COLUMNS "and import_id = $2";
constexpr auto kFindAlone = WINNOW_IMPORT_COLUMNS "and import_id = $2 for no key update";
#undef WINNOW_IMPORT_COLUMNS

constexpr auto kRemove = "delete from imports where tenant_id = $1 and import_id = $2";

constexpr auto kPartBefore =
    "select octet_length(bytes) from import_parts where tenant_id = $1 and import_id = $2 and number = $3";
constexpr auto kPutPart = R"sql(
insert into import_parts (tenant_id, import_id, number, bytes) values ($1, $2, $3, $4)
on conflict (tenant_id, import_id, number) do update set bytes = excluded.bytes)sql";
constexpr auto kCountPart = R"sql(
update imports set parts = parts + $3, bytes = $4, touched_at = now(), revision = revision + 1
 where tenant_id = $1 and import_id = $2)sql";
constexpr auto kStart = "select start_import($1)";

Import read_import(const pqxx::row& row)
{
    return {.id = id_of<ImportId>(row["import_id"]),
            .state = domain::parse_import_state(row["state"].c_str()).value_or(ImportState::failed),
            .created_at = time_of(row["created_at"]),
            .created_by = text_of(row["created_by"]),
            .source = text_of(row["source"]),
            .finished_at = optional_time_of(row["finished_at"]),
            .error = text_of(row["error"]),
            .faults = read_faults(text_of(row["faults"])),
            .parts = row["parts"].as<std::int32_t>(),
            .bytes = row["bytes"].as<std::int64_t>(),
            .rows_done = row["rows_done"].as<std::int64_t>(),
            .rows_total = row["rows_total"].as<std::int64_t>(),
            .revision = row["revision"].as<std::int64_t>()};
}

class PgImportStore final : public ports::ImportStore {
public:
    PgImportStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Done> insert(const Import& made, std::int64_t max_bytes) override
    {
        return translated([&]() -> Result<Done> {
            try {
                query(tx_, kInsert, tenant_, made.id, made.source, made.created_at, made.created_by);
            } catch (const pqxx::sql_error& failure) {
                if (!violates(failure, "imports_one_unfinished")) throw;
                return Error(ErrorCode::conflict, "an import is not finished: wait until it is, or delete it");
            }
            const auto before = query(tx_, kBefore, tenant_, kMostKept + 1)[0];
            if (before[0].as<std::int64_t>() > kMostKept) {
                return Error(ErrorCode::conflict,
                             "there are too many earlier imports: delete some, or wait until they are forgotten");
            }
            if (before[1].as<std::int64_t>() > max_bytes) {
                return Error(ErrorCode::conflict,
                             "what was uploaded before is not cleared away yet: try again in some minutes");
            }
            return Done{};
        });
    }

    Result<std::vector<Import>> page(std::optional<ImportId> before, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Import>> {
            std::vector<Import> found;
            for (const auto& row : query(tx_, kPage, tenant_, before, limit)) found.push_back(read_import(row));
            return found;
        });
    }

    Result<Import> find(ImportId id) override { return found_by(kFind, id); }

    Result<Done> remove(ImportId id) override
    {
        return translated([&]() -> Result<Done> {
            if (query(tx_, kRemove, tenant_, id).affected_rows() == 0) return none();
            return Done{};
        });
    }

    Result<Done> put_part(ImportId id, std::int32_t number, const std::string& bytes, std::int64_t max_bytes) override
    {
        const auto import = found_by(kFindAlone, id);
        if (!import) return import.error();
        if (import->state != ImportState::receiving) return begun(import->state);
        return translated([&]() -> Result<Done> {
            const auto before = query(tx_, kPartBefore, tenant_, id, number);
            const auto old_bytes = before.empty() ? 0 : before[0][0].as<std::int64_t>();
            const auto all = import->bytes - old_bytes + static_cast<std::int64_t>(bytes.size());
            if (all > max_bytes) {
                return Error(ErrorCode::too_large, "the archive is longer than " + std::to_string(max_bytes) +
                                                       " bytes (tenants.max_import_bytes); ask your provider");
            }
            query(tx_, kPutPart, tenant_, id, number, Bytes{bytes});
            query(tx_, kCountPart, tenant_, id, before.empty() ? 1 : 0, all);
            return Done{};
        });
    }

    Result<Done> start(ImportId id) override
    {
        const auto import = found_by(kFindAlone, id);
        if (!import) return import.error();
        if (import->state != ImportState::receiving) return begun(import->state);
        return translated([&]() -> Result<Done> {
            if (!query(tx_, kStart, id)[0][0].as<bool>()) {
                return Error(ErrorCode::conflict,
                             "parts of the archive are missing: they are numbered from 0 on, and none is left out");
            }
            return Done{};
        });
    }

    Result<std::string> in_the_way() override
    {
        return translated([&]() -> Result<std::string> { return first_in_the_way(tx_, tenant_); });
    }

private:
    Result<Import> found_by(const char* sql, ImportId id)
    {
        return translated([&]() -> Result<Import> {
            const auto rows = query(tx_, sql, tenant_, id);
            if (rows.empty()) return none();
            return read_import(rows.front());
        });
    }

    static Error none() { return {ErrorCode::not_found, "there is no such import"}; }
    static Error begun(ImportState state)
    {
        return {ErrorCode::conflict, "this import takes no parts any more: it is " + std::string(to_string(state))};
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ImportStore> make_import_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgImportStore>(tx, tenant);
}

}  // namespace winnow::pg

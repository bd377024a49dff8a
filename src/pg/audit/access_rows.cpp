#include "pg/audit/access_rows.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace winnow::pg {

namespace {

// What the table's checks allow.
constexpr std::size_t kActor = 100;
constexpr std::size_t kWord = 32;
constexpr std::size_t kCode = 64;
constexpr std::size_t kAddress = 64;
constexpr std::size_t kRoute = 200;
constexpr std::size_t kObject = 400;
constexpr std::size_t kRequestId = 200;

// What stands there already stays as it is: the outcome of its transaction was in doubt, and so it is entered again.
// Others' entries that come with it are none the worse for that.
constexpr auto kInsert = R"sql(
insert into access_log (tenant_id, at, entry_id, actor, means, key_id, role, address, method, route, object, status,
                        code, bytes, request_id, times, until)
select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::int4[], $13::text[], $14::int8[],
                     $15::text[], $16::int4[], $17::timestamptz[])
    on conflict do nothing
)sql";
constexpr std::size_t kColumns = 17;

bool is_plain(std::string_view text)
{
    return std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
}

}  // namespace

std::string fitting(std::string_view text, std::size_t most)
{
    if (is_plain(text)) return std::string(text.substr(0, most));
    const auto shown = shown_text(text);
    return std::string(truncate_utf8(shown, most));
}

void insert_access(pqxx::transaction_base& tx, std::span<const ports::OwnedAccess> entries)
{
    std::array<ArrayLiteral, kColumns> columns;
    for (const auto& [tenant, entry] : entries) {
        std::size_t next = 0;
        const auto add = [&](const auto& value) {
            columns.at(next++).add(value);
        };
        add(tenant);
        add(entry.at);
        add(entry.id);
        add(fitting(entry.actor, kActor));
        add(fitting(entry.means, kWord));
        add(entry.key);
        add(fitting(entry.role, kWord));
        add(fitting(entry.address, kAddress));
        add(fitting(entry.method, kWord));
        add(fitting(entry.route, kRoute));
        add(fitting(entry.object, kObject));
        add(entry.status);
        add(fitting(entry.code, kCode));
        add(entry.bytes);
        add(fitting(entry.request_id, kRequestId));
        add(std::max(entry.times, 1));
        add(entry.until);
    }
    Arguments arguments;
    for (auto& column : columns) arguments.add_literal(column.take());
    query(tx, kInsert, arguments);
}

void make_access_partitions(pqxx::transaction_base& tx, Timestamp from, int months)
{
    query(tx, "select make_access_partitions(($1::timestamptz at time zone 'UTC')::date, $2::int4)", from, months);
}

ports::AccessEntry read_access(const pqxx::row& row)
{
    ports::AccessEntry entry;
    entry.at = time_of(row["at"]);
    entry.id = uuid_of(row["entry_id"]);
    entry.actor = text_of(row["actor"]);
    entry.means = text_of(row["means"]);
    if (!row["key_id"].is_null()) entry.key = uuid_of(row["key_id"]);
    entry.role = text_of(row["role"]);
    entry.address = text_of(row["address"]);
    entry.method = text_of(row["method"]);
    entry.route = text_of(row["route"]);
    entry.object = text_of(row["object"]);
    entry.status = row["status"].as<int>();
    entry.code = text_of(row["code"]);
    if (!row["bytes"].is_null()) entry.bytes = row["bytes"].as<std::int64_t>();
    entry.request_id = text_of(row["request_id"]);
    entry.times = row["times"].as<std::int32_t>();
    entry.until = optional_time_of(row["until"]);
    return entry;
}

}  // namespace winnow::pg

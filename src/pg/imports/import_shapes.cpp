#include "pg/imports/import_shapes.hpp"

#include "pg/exports/exported_tables.hpp"
#include "pg/imports/imported_tables.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using domain::FieldKind;
using domain::FieldShape;
using domain::ResourceShape;

constexpr auto kFields = R"sql(
select t.name, a.attname, format_type(a.atttypid, null), not a.attnotnull,
       not a.attnotnull or a.atthasdef or a.attidentity <> '' or a.attgenerated <> ''
  from unnest($1::text[]) as t (name)
  join pg_attribute a on a.attrelid = format('public.%I', t.name)::regclass
 where a.attnum > 0 and not a.attisdropped and a.attname <> 'tenant_id'
 order by t.name, a.attnum
)sql";

// Of keys (tenant_id, something): what else a foreign key may name is not referred to.
constexpr auto kReferences = R"sql(
select f.name, a.attname, t.name
  from unnest($1::text[]) as f (name)
  join pg_constraint c on c.conrelid = format('public.%I', f.name)::regclass and c.contype = 'f'
  join unnest($1::text[]) as t (name) on c.confrelid = format('public.%I', t.name)::regclass
  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[2] and a.attgenerated = ''
 where cardinality(c.conkey) = 2
 order by f.name, a.attname
)sql";

constexpr std::array<std::pair<std::string_view, FieldKind>, 12> kKinds{{
    {"uuid", FieldKind::uuid},
    {"uuid[]", FieldKind::uuids},
    {"smallint", FieldKind::small},
    {"integer", FieldKind::integer},
    {"bigint", FieldKind::big},
    {"bigint[]", FieldKind::bigs},
    {"boolean", FieldKind::truth},
    {"text", FieldKind::text},
    {"text[]", FieldKind::texts},
    {"cidr[]", FieldKind::texts},
    {"timestamp with time zone", FieldKind::time},
    {"bytea", FieldKind::secret},
}};

FieldKind kind_of(std::string_view type)
{
    const auto* const found = std::ranges::find(kKinds, type, &std::pair<std::string_view, FieldKind>::first);
    return found == kKinds.end() ? FieldKind::anything : found->second;
}

bool is_word_of(std::string_view words, std::string_view word)
{
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

/// The columns of "t.ticket_id, t.seq", where rows can be told to stand in their order: texts sort as the database's
/// collation has it.
std::vector<std::string> key_of(std::string_view order, const std::vector<FieldShape>& fields)
{
    constexpr std::string_view kRow = "t.";
    std::vector<std::string> key;
    while (!order.empty()) {
        const auto end = std::min(order.find(", "), order.size());
        const auto name = order.substr(kRow.size(), end - kRow.size());
        const auto found = std::ranges::find(fields, name, &FieldShape::name);
        if (found == fields.end()) return {};
        if (found->kind != FieldKind::uuid && found->kind != FieldKind::small && found->kind != FieldKind::integer &&
            found->kind != FieldKind::big) {
            return {};
        }
        key.emplace_back(name);
        order.remove_prefix(std::min(end + 2, order.size()));
    }
    return key;
}

}  // namespace

domain::ArchiveShape read_shape(pqxx::transaction_base& tx)
{
    std::vector<std::string> names;
    std::map<std::string, ResourceShape, std::less<>> shapes;
    for (const auto& table : exported_tables()) {
        const auto* const imported = imported_table(table.resource);
        shapes[std::string(table.resource)].is_imported = imported != nullptr;
        if (imported != nullptr) names.emplace_back(table.resource);
    }
    const auto listed = array_of(names);
    for (const auto& row : query(tx, kFields, listed)) {
        const auto table = text_of(row[0]);
        const auto name = text_of(row[1]);
        if (is_word_of(imported_table(table)->without, name)) continue;
        const auto kind = kind_of(row[2].c_str());
        shapes[table].fields.push_back({.name = name,
                                        .kind = kind,
                                        .may_be_null = kind == FieldKind::secret || row[3].as<bool>(),
                                        .may_be_absent = row[4].as<bool>()});
    }
    for (const auto& row : query(tx, kReferences, listed)) {
        const auto field = text_of(row[1]);
        shapes[text_of(row[0])].references.push_back({.field = field, .resource = text_of(row[2])});
    }
    domain::ArchiveShape shape;
    shape.schema = text_of(tx.exec1("select max(name) from schema_migrations")[0]);
    for (const auto& table : exported_tables()) {
        auto& one = shapes[std::string(table.resource)];
        one.resource = table.resource;
        one.key = key_of(table.order, one.fields);
        shape.resources.push_back(std::move(one));
    }
    return shape;
}

}  // namespace winnow::pg

#pragma once

/// @file
/// What the lines of an export have to look like for this program to take them in: as the schema has it.

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::domain {

/// Of a value in JSON, as PostgreSQL's to_jsonb() writes a column.
enum class FieldKind : std::uint8_t {
    uuid,
    uuids,  ///< An array, as all in the plural.
    small,  ///< An integer of 16 bits; the next ones of 32 and 64.
    integer,
    big,
    bigs,
    truth,
    text,
    texts,
    time,      ///< RFC 3339.
    secret,    ///< Null: an archive holds none.
    anything,  ///< Any JSON: what it has to be is said by those who read it.
};

struct FieldShape {
    std::string name;
    FieldKind kind = FieldKind::anything;
    bool may_be_null = false;
    bool may_be_absent = false;  ///< Archives from before the field have lines without it.
};

/// A field that names a row of another resource, or of the same.
struct ReferenceShape {
    std::string field;
    std::string resource;
};

struct ResourceShape {
    std::string resource;
    std::vector<FieldShape> fields;
    /// By these rows stand in order, each once. Empty: the database tells what stands twice.
    std::vector<std::string> key = {};
    std::vector<ReferenceShape> references = {};
    bool is_imported = true;  ///< Else its lines are counted, and nothing else.
};

/// Resources in the order in which they stand in an archive, alerts aside.
struct ArchiveShape {
    std::string schema;  ///< "0058_imports": the newest that this program knows.
    std::vector<ResourceShape> resources;
};

}  // namespace winnow::domain

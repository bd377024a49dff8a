#include "pg/notify/contact_rows.hpp"

#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"

#include <stdexcept>

namespace winnow::pg {

domain::Contact read_contact(const pqxx::row& row)
{
    domain::Contact contact;
    contact.id = id_of<ContactId>(row["contact_id"]);
    contact.name = text_of(row["name"]);
    contact.url = text_of(row["url"]);
    contact.sealed_url = bytes_of(row["sealed_url"]);
    contact.address = text_of(row["address"]);
    contact.sealed_secret = bytes_of(row["sealed_secret"]);
    const bool legible = is_legible("contact", contact.id, [&] {
        const auto type = domain::parse_contact_type(row["type"].c_str());
        if (!type) throw std::runtime_error("unknown type");
        contact.type = *type;
    });
    contact.enabled = legible && row["enabled"].as<bool>();
    contact.version = row["version"].as<std::int64_t>();
    contact.updated_at = time_of(row["updated_at"]);
    return contact;
}

}  // namespace winnow::pg

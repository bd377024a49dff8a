#include "pg/contact_rows.hpp"

#include "pg/values.hpp"

#include <stdexcept>

namespace winnow::pg {

domain::Contact read_contact(const pqxx::row& row)
{
    const auto type = domain::parse_contact_type(row["type"].c_str());
    if (!type) throw std::runtime_error("a row of contacts cannot be read");
    domain::Contact contact;
    contact.id = id_of<ContactId>(row["contact_id"]);
    contact.name = text_of(row["name"]);
    contact.type = *type;
    contact.url = text_of(row["url"]);
    contact.address = text_of(row["address"]);
    contact.sealed_secret = bytes_of(row["sealed_secret"]);
    contact.enabled = row["enabled"].as<bool>();
    contact.version = row["version"].as<std::int64_t>();
    contact.updated_at = time_of(row["updated_at"]);
    return contact;
}

}  // namespace winnow::pg

#include "pg/notify/contact_rows.hpp"

#include "pg/notify/contact_settings.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"

namespace winnow::pg {

domain::Contact read_contact(const pqxx::row& row)
{
    domain::Contact contact;
    contact.id = id_of<ContactId>(row["contact_id"]);
    contact.name = text_of(row["name"]);
    contact.type = text_of(row["type"]);
    const bool legible =
        is_legible("contact", contact.id, [&] { contact.settings = read_settings(text_of(row["settings"])); });
    for (const auto& [name, setting] : contact.settings) {
        if (setting.illegible.empty()) continue;
        observe::error("a stored setting cannot be read and is left out",
                       {{"contact", contact.id.str()}, {"setting", name}});
    }
    contact.enabled = legible && row["enabled"].as<bool>();
    contact.version = row["version"].as<std::int64_t>();
    contact.updated_at = time_of(row["updated_at"]);
    return contact;
}

}  // namespace winnow::pg

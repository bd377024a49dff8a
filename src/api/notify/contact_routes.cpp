#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/contact_types.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Contact;
using domain::ContactSetting;
using http::Response;
using nlohmann::json;
using ports::ContactField;
using ports::ContactType;
using ports::Secrecy;
using ports::TenantSession;

/// Null where this program has no such channel: another version wrote it.
const ContactType* type_of(const Services& services, std::string_view word)
{
    const auto found = std::ranges::find(services.contact_types, word, &ContactType::type);
    return found == services.contact_types.end() ? nullptr : &*found;
}

domain::SealedPlace place_of(const Call& call, const Contact& contact, const ContactField& field)
{
    return domain::sealed_setting_place(call.who.tenant, contact.id, field.name);
}

/// `internal` where it is sealed under another key than this service has, or illegible; `unavailable` where the vault
/// is away.
Result<std::string> whole(const Call& call, const Contact& contact, const ContactField& field)
{
    const auto& setting = contact.setting(field.name);
    if (!setting.illegible.empty()) return Error(ErrorCode::internal, "another version of this program wrote it");
    if (setting.sealed.empty()) return setting.shown;
    return call.services.sealing->open(place_of(call, contact, field), setting.sealed);
}

/// Of a URL: whole for those who can set it, or could if the tenant were not suspended.
std::string shown_setting(const Call& call, const Contact& contact, const ContactField& field)
{
    const auto& known = contact.setting(field.name).shown;
    if (field.secrecy == Secrecy::none) return known;
    using access::Permission;
    const bool sets_it = access::has(call.who.role, Permission::write_contacts) &&
                         access::is_in_scope(call.who, Permission::write_contacts);
    if (!sets_it) return domain::masked_url(known);
    const auto all = whole(call, contact, field);
    return all ? *all : domain::masked_url(known);
}

json contact_json(const Call& call, const Contact& contact)
{
    json document{{"id", contact.id.str()},     {"name", contact.name},
                  {"type", contact.type},       {"enabled", contact.enabled},
                  {"version", contact.version}, {"updated_at", format_rfc3339(contact.updated_at)}};
    const auto* const type = type_of(call.services, contact.type);
    if (type == nullptr) return document;
    for (const auto& field : type->fields) {
        const auto known = contact.settings.find(field.name);
        const bool is_there = field.required || (known != contact.settings.end() && known->second.illegible.empty());
        if (field.secrecy == Secrecy::whole || !is_there) continue;
        document[std::string(field.name)] = shown_setting(call, contact, field);
    }
    return document;
}

struct ContactInput {
    Contact contact;                                ///< Without settings.
    const ContactType* type = nullptr;              ///< Never null where the whole could be read.
    std::map<std::string_view, std::string> given;  ///< Of the type's settings, as the client wrote them.
};

void read_setting(FieldReader& fields, const ContactField& field, const Services& services, ContactInput& input)
{
    auto text = fields.text(field.name, {1, field.max}, field.required ? Need::required : Need::optional);
    if (!text) return;
    auto problem = std::string();
    if (field.secrecy == Secrecy::url && domain::is_masked_url(*text)) {
        problem =
            "is masked: what follows the host is shown to admins only. Send the whole URL; a PATCH without it keeps "
            "the stored one";
    } else if (field.problem != nullptr) {
        problem = field.problem(*text, {.plain_http = services.plain_http, .any = services.webhook_host});
    }
    if (!problem.empty()) fields.error(field.name, std::move(problem));
    input.given.emplace(field.name, *std::move(text));
}

bool has_field(const ContactType& type, std::string_view name)
{
    return std::ranges::find(type.fields, name, &ContactField::name) != type.fields.end();
}

void read_settings(FieldReader& fields, const Services& services, ContactInput& input)
{
    for (const auto& field : input.type->fields) read_setting(fields, field, services, input);
    std::vector<std::string_view> told;
    for (const auto& other : services.contact_types) {
        for (const auto& field : other.fields) {
            if (has_field(*input.type, field.name) || std::ranges::find(told, field.name) != told.end()) continue;
            told.push_back(field.name);
            if (!fields.has(field.name)) continue;
            fields.error(field.name, "belongs to contacts of type \"" + std::string(other.type) + '"');
        }
    }
}

/// @param current  nullptr for a new contact. The type of a stored one stays.
Result<ContactInput> read_contact(const Call& call, const json& document, const Contact* current)
{
    ContactInput input;
    FieldReader fields(document);
    input.contact.name = fields.text("name", {1, 200}, Need::required).value_or("");
    input.contact.enabled = fields.boolean("enabled").value_or(true);
    std::vector<std::string_view> words;
    for (const auto& type : call.services.contact_types) words.push_back(type.type);
    if (const auto word = fields.word("type", words, Need::required)) {
        input.type = type_of(call.services, *word);
        input.contact.type = *word;
        if (current != nullptr && current->type != *word) {
            fields.error("type", "cannot be changed; create another contact");
        } else {
            read_settings(fields, call.services, input);
        }
    }
    fields.read_only({"id", "version", "updated_at"});
    for (const auto& type : call.services.contact_types) {
        for (const auto& field : type.fields) fields.read_only({field.name});
    }
    if (const auto read = fields.finish(); !read) return read.error();
    return input;
}

/// Errors as ports::Sealing has them.
Result<ContactSetting> sealed(const Call& call, const Contact& contact, const ContactField& field,
                              const std::string& text)
{
    if (field.secrecy == Secrecy::none) return ContactSetting{.shown = text};
    auto secret = call.services.sealing->seal(place_of(call, contact, field), text);
    if (!secret) return secret.error();
    ContactSetting setting{.sealed = *std::move(secret)};
    if (field.secrecy == Secrecy::url) {
        setting.shown = domain::base_of_url(text);
        setting.clear = text;
    }
    return setting;
}

/// What is there and what was left out: the answer shows the latter this once.
json make_left_out(ContactInput& input)
{
    auto made = json::object();
    for (const auto& field : input.type->fields) {
        if (field.make == nullptr || input.given.contains(field.name)) continue;
        made[std::string(field.name)] = input.given.emplace(field.name, field.make()).first->second;
    }
    return made;
}

Result<Response> list_contacts(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ContactId>(head);
    if (!page) return page.error();
    auto response = id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.contacts().page(after, most); },
        [&](const Contact& contact) { return contact_json(call, contact); });
    if (!response) return response.error();
    return with_secret(*std::move(response));
}

Result<Response> get_contact(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactId>();
    if (!id) return id.error();
    const auto contact = session.contacts().find(*id);
    if (!contact) return contact.error();
    return with_secret(shown(call, contact_json(call, *contact), contact->version));
}

Result<Response> create_contact(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto input = read_contact(call, *document, nullptr);
    if (!input) return input.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = has_room(call, session, domain::Quota::contacts); !room) return room.error();
    auto& contact = input->contact;
    contact.id = ContactId(call.services.new_id());
    contact.version = 1;
    contact.updated_at = call.now;
    const auto made = make_left_out(*input);
    for (const auto& field : input->type->fields) {
        const auto given = input->given.find(field.name);
        if (given == input->given.end()) continue;
        auto setting = sealed(call, contact, field, given->second);
        if (!setting) return setting.error();
        contact.settings.emplace(field.name, *std::move(setting));
    }
    if (const auto stored = session.contacts().insert(contact); !stored) return stored.error();

    auto answer = contact_json(call, contact);
    answer.update(made);  // nobody knows it otherwise
    return with_secret(created("/api/v1/contacts/" + contact.id.str(), answer, contact.version));
}

/// Of a document that says of a URL what is shown of it where this service cannot open it: which those are. They stay,
/// and their place is taken by what passes for a URL.
std::vector<std::string_view> take_unreadable(const Call& call, const Contact& current, json& document)
{
    std::vector<std::string_view> kept;
    const auto* const type = type_of(call.services, current.type);
    if (type == nullptr) return kept;
    for (const auto& field : type->fields) {
        if (field.secrecy != Secrecy::url || whole(call, current, field)) continue;
        const auto& known = current.setting(field.name).shown;
        const auto name = std::string(field.name);
        if (document.value(name, json()) != domain::masked_url(known)) continue;
        document[name] = known;
        kept.push_back(field.name);
    }
    return kept;
}

/// PUT and PATCH. A secret that is left out stays; a URL does, too, even where this service cannot open it. So does
/// what this program does not know, or cannot read: a newer one's.
Result<Response> change_contact(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.contacts().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    auto document = wanted_document(call, contact_json(call, *current));
    if (!document) return document.error();
    const auto unreadable = take_unreadable(call, *current, *document);
    auto input = read_contact(call, *document, &*current);
    if (!input) return input.error();

    auto& contact = input->contact;
    contact.id = *id;
    contact.version = current->version + 1;
    contact.updated_at = call.now;
    contact.settings = current->settings;
    for (const auto& field : input->type->fields) {
        const auto known = contact.settings.find(field.name);
        const auto given = input->given.find(field.name);
        const bool keeps =
            field.secrecy == Secrecy::whole || (known != contact.settings.end() && !known->second.illegible.empty());
        const bool stays =
            std::ranges::find(unreadable, field.name) != unreadable.end() || (given == input->given.end() && keeps);
        if (stays && known != contact.settings.end()) continue;
        if (given != input->given.end()) {
            auto setting = sealed(call, contact, field, given->second);
            if (!setting) return setting.error();
            contact.settings[std::string(field.name)] = *std::move(setting);
        } else if (known != contact.settings.end()) {
            contact.settings.erase(known);
        }
    }
    if (const auto stored = session.contacts().update(contact); !stored) return stored.error();
    return with_secret(versioned(contact_json(call, contact), contact.version));
}

/// Somebody counts on a group that would have nobody left. A group that was emptied on purpose is another matter.
Result<Done> leaves_nobody(const Contact& contact, TenantSession& session)
{
    constexpr std::size_t kAll = 1'000'000;
    const auto groups = session.contacts().page_groups(std::nullopt, kAll);
    if (!groups) return groups.error();
    for (const auto& group : *groups) {
        if (group.contact_ids != std::vector<ContactId>{contact.id}) continue;
        const auto use = session.contacts().use_of_group(group.id);
        if (!use) return use.error();
        if (!use->any()) continue;
        const auto user = use->default_route ? std::string("the default route is made of")
                                             : "the rule \"" + use->rules.front().second + "\" routes to";
        return Error(ErrorCode::conflict, "this is the only contact of the contact group \"" + group.name +
                                              "\", which " + user + ": nobody would be told. Give the group (" +
                                              group.id.str() + ") other contact_ids first, or none");
    }
    return Done{};
}

Result<Response> delete_contact(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.contacts().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    if (const auto others = leaves_nobody(*current, session); !others) return others.error();
    if (const auto removed = session.contacts().remove(*id); !removed) return removed.error();
    return no_content();
}

}  // namespace

std::vector<Route> contact_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/contacts", read_contacts, "listContacts", list_contacts},
        {"POST", "/api/v1/contacts", write_contacts, "createContact", create_contact},
        {"GET", "/api/v1/contacts/{id}", read_contacts, "getContact", get_contact},
        {"PUT", "/api/v1/contacts/{id}", write_contacts, "replaceContact", change_contact},
        {"PATCH", "/api/v1/contacts/{id}", write_contacts, "updateContact", change_contact},
        {"DELETE", "/api/v1/contacts/{id}", write_contacts, "deleteContact", delete_contact},
    };
}

}  // namespace winnow::api

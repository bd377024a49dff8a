#include "api/notify/contact_address.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Contact;
using domain::ContactType;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kMinSecretBytes = 24;  // Standard Webhooks
constexpr std::size_t kMaxSecretBytes = 64;
constexpr std::size_t kNewSecretBytes = 32;

/// `internal` where it is sealed under another key than this service has.
Result<std::string> whole_url(const Call& call, const Contact& contact)
{
    if (contact.sealed_url.empty()) return contact.url;
    return call.services.sealer->open(contact.sealed_url, domain::sealed_url_context(call.who.tenant, contact.id));
}

/// Whole for admins, who alone can set it; a token stands in it where chat services are called.
std::string shown_url(const Call& call, const Contact& contact)
{
    if (call.who.role != access::Role::admin) return domain::masked_url(contact.url);
    const auto whole = whole_url(call, contact);
    return whole ? *whole : domain::masked_url(contact.url);
}

json contact_json(const Call& call, const Contact& contact)
{
    json document{{"id", contact.id.str()},          {"name", contact.name},
                  {"type", to_string(contact.type)}, {"enabled", contact.enabled},
                  {"version", contact.version},      {"updated_at", format_rfc3339(contact.updated_at)}};
    if (contact.type == ContactType::webhook) document["url"] = shown_url(call, contact);
    if (contact.type == ContactType::email) document["address"] = contact.address;
    return document;
}

bool is_signing_secret(std::string_view text)
{
    if (!text.starts_with(kSecretPrefix)) return false;
    std::string bytes;
    return crypto::from_base64(text.substr(kSecretPrefix.size()), bytes) && bytes.size() >= kMinSecretBytes &&
           bytes.size() <= kMaxSecretBytes;
}

struct ContactInput {
    Contact contact;
    std::optional<std::string> secret;  ///< As the client gave it.
};

void read_webhook(FieldReader& fields, ContactInput& input, const Services& services)
{
    if (const auto url = fields.text("url", {1, kMaxWebhookUrl}, Need::required)) {
        auto problem = domain::is_masked_url(*url)
                           ? std::string(
                                 "is masked: what follows the host is shown to admins only. Send the whole "
                                 "URL; a PATCH without it keeps the stored one")
                           : webhook_url_problem(*url, services.plain_http, services.webhook_host);
        if (!problem.empty()) fields.error("url", std::move(problem));
        input.contact.url = *url;
    }
    input.secret = fields.text("secret", {1, 128});
    if (input.secret && !is_signing_secret(*input.secret)) {
        fields.error("secret", R"(must be "whsec_" and the base64 of 24 to 64 random bytes; leave it out to get one)");
    }
    if (fields.has("address")) fields.error("address", "belongs to contacts of type \"email\"");
}

void read_email(FieldReader& fields, ContactInput& input)
{
    if (const auto address = fields.text("address", {1, kMaxMailbox}, Need::required)) {
        auto problem = mailbox_problem(*address);
        if (!problem.empty()) fields.error("address", std::move(problem));
        input.contact.address = *address;
    }
    for (const auto* const name : {"url", "secret"}) {
        if (fields.has(name)) fields.error(name, "belongs to contacts of type \"webhook\"");
    }
}

/// @param current  nullptr for a new contact. The type of a stored one stays.
Result<ContactInput> read_contact(const Call& call, const json& document, const Contact* current)
{
    ContactInput input;
    FieldReader fields(document);
    input.contact.name = fields.text("name", {1, 200}, Need::required).value_or("");
    input.contact.enabled = fields.boolean("enabled").value_or(true);
    if (const auto word = fields.word("type", {"webhook", "email"}, Need::required)) {
        input.contact.type = domain::parse_contact_type(*word).value_or(ContactType::webhook);
        if (current != nullptr && current->type != input.contact.type) {
            fields.error("type", "cannot be changed; create another contact");
        } else if (input.contact.type == ContactType::webhook) {
            read_webhook(fields, input, call.services);
        } else {
            read_email(fields, input);
        }
    }
    fields.read_only({"id", "version", "updated_at", "url", "address", "secret"});
    if (const auto read = fields.finish(); !read) return read.error();
    return input;
}

void seal_url(const Call& call, Contact& contact)
{
    if (contact.type != ContactType::webhook) return;
    const auto context = domain::sealed_url_context(call.who.tenant, contact.id);
    contact.sealed_url = call.services.sealer->seal(contact.url, context);
}

std::string sealed(const Call& call, const Contact& contact, std::string_view secret)
{
    return call.services.sealer->seal(secret, "contact:" + call.who.tenant.str() + ':' + contact.id.str());
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
    if (const auto room = below_limit(session.contacts().count(), call.services.tenant_limits.max_contacts, "contacts");
        !room) {
        return room.error();
    }
    auto& contact = input->contact;
    contact.id = ContactId(call.services.new_id());
    contact.version = 1;
    contact.updated_at = call.now;
    const bool makes_secret = contact.type == ContactType::webhook && !input->secret;
    if (makes_secret) {
        input->secret = std::string(kSecretPrefix) + crypto::to_base64(crypto::random_bytes(kNewSecretBytes));
    }
    if (input->secret) contact.sealed_secret = sealed(call, contact, *input->secret);
    seal_url(call, contact);
    if (const auto stored = session.contacts().insert(contact); !stored) return stored.error();

    auto answer = contact_json(call, contact);
    if (makes_secret) answer["secret"] = *input->secret;  // this once; nobody knows it otherwise
    return with_secret(created("/api/v1/contacts/" + contact.id.str(), answer, contact.version));
}

/// PUT and PATCH. Without `secret` the stored one stays; without `url`, too, even where this service cannot open it.
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
    const bool keeps_url =
        !whole_url(call, *current) && document->value("url", json()) == domain::masked_url(current->url);
    if (keeps_url) (*document)["url"] = current->url;
    auto input = read_contact(call, *document, &*current);
    if (!input) return input.error();

    auto& contact = input->contact;
    contact.id = *id;
    contact.version = current->version + 1;
    contact.updated_at = call.now;
    contact.sealed_secret = input->secret ? sealed(call, contact, *input->secret) : current->sealed_secret;
    if (keeps_url) {
        contact.sealed_url = current->sealed_url;
    } else {
        seal_url(call, contact);
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

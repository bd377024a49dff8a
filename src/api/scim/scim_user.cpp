#include "api/scim/scim_user.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/mailbox.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr std::string_view kPatchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
constexpr std::size_t kMostName = 254;
constexpr std::size_t kMostDisplayName = 200;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Null where there is none.
const json* member(const json& object, std::string_view name)
{
    if (!object.is_object()) return nullptr;
    for (auto at = object.begin(); at != object.end(); ++at) {
        if (same_word(at.key(), name)) return at->is_null() ? nullptr : &*at;
    }
    return nullptr;
}

/// "" where it is absent.
Result<std::string> text_at(const json& object, std::string_view name, std::size_t most)
{
    const auto* const value = member(object, name);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return scim_error("invalidValue", std::string(name) + " must be a string");
    const auto& text = value->get_ref<const std::string&>();
    if (count_code_points(text) > most || has_hidden(text)) {
        return scim_error("invalidValue", std::string(name) + " must be at most " + std::to_string(most) +
                                              " characters, without controls");
    }
    return text;
}

/// Some directories send it as a word.
Result<bool> active_at(const json& document)
{
    const auto* const value = member(document, "active");
    if (value == nullptr) return true;
    if (value->is_boolean()) return value->get<bool>();
    if (value->is_string()) {
        const auto& word = value->get_ref<const std::string&>();
        if (same_word(word, "true")) return true;
        if (same_word(word, "false")) return false;
    }
    return scim_error("invalidValue", "active must be true or false");
}

bool is_primary(const json& email)
{
    const auto* const primary = member(email, "primary");
    return primary != nullptr && primary->is_boolean() && primary->get<bool>();
}

/// The primary one, or the first; "" where there is none.
Result<std::string> address_at(const json& document)
{
    const auto* const emails = member(document, "emails");
    if (emails == nullptr) return std::string();
    if (!emails->is_array() || emails->size() > kMostEmails) {
        return scim_error("invalidValue", "emails must be at most " + std::to_string(kMostEmails) + " addresses");
    }
    if (emails->empty()) return std::string();
    const auto at = std::find_if(emails->begin(), emails->end(), is_primary);
    return text_at(at == emails->end() ? emails->front() : *at, "value", domain::kMaxMailbox);
}

/// displayName, or what name holds; "" where neither is there.
Result<std::string> display_name_at(const json& document)
{
    auto shown = text_at(document, "displayName", kMostDisplayName);
    if (!shown || !shown->empty()) return shown;
    const auto* const name = member(document, "name");
    if (name == nullptr) return std::string();
    auto formatted = text_at(*name, "formatted", kMostDisplayName);
    if (!formatted || !formatted->empty()) return formatted;
    const auto given = text_at(*name, "givenName", kMostDisplayName / 2 - 1);
    if (!given) return given.error();
    const auto family = text_at(*name, "familyName", kMostDisplayName / 2 - 1);
    if (!family) return family.error();
    return given->empty() || family->empty() ? *given + *family : *given + ' ' + *family;
}

/// A list of addresses, however they are given.
json emails_of(const json& value)
{
    if (value.is_array()) return value;
    if (value.is_object()) return json::array({value});
    return json::array({{{"value", value}}});
}

void set(json& document, std::string_view name, json value)
{
    for (auto at = document.begin(); at != document.end(); ++at) {
        if (!same_word(at.key(), name)) continue;
        *at = std::move(value);
        return;
    }
    document[std::string(name)] = std::move(value);
}

bool is_part_of_emails(std::string_view path)
{
    constexpr std::string_view kEmails = "emails";
    if (path.size() <= kEmails.size() || !same_word(path.substr(0, kEmails.size()), kEmails)) return false;
    return path[kEmails.size()] == '[' || path[kEmails.size()] == '.';
}

/// What stands at a path takes a value. False: nothing of the kind is kept.
bool put(json& document, std::string_view path, const json& value)
{
    for (const std::string_view plain : {"userName", "displayName", "externalId", "active"}) {
        if (!same_word(path, plain)) continue;
        set(document, plain, value);
        return true;
    }
    if (same_word(path, "emails") || is_part_of_emails(path)) {
        set(document, "emails", emails_of(value));
        return true;
    }
    if (same_word(path, "name.formatted")) {
        set(document, "displayName", value);
        return true;
    }
    return false;
}

bool is_read_only(std::string_view path)
{
    return same_word(path, "id") || same_word(path, "meta") || same_word(path, "groups");
}

Result<Done> replace(json& document, std::string_view path, const json& value)
{
    if (is_read_only(path)) return scim_error("mutability", std::string(path) + " cannot be changed");
    if (!put(document, path, value)) return scim_error("invalidPath", "there is no attribute " + std::string(path));
    return Done{};
}

/// Without a path: each member of the value is one. What is not kept is left out, as of a document that is sent whole.
Result<Done> replace_members(json& document, const json& value)
{
    if (!value.is_object()) return scim_error("invalidSyntax", "without a path, value must be an object");
    for (const auto& [name, each] : value.items()) {
        const auto path = without_schema(name);
        if (is_read_only(path)) return scim_error("mutability", name + " cannot be changed");
        if (same_word(path, "name") && each.is_object()) {
            const auto shown = display_name_at({{"name", each}});
            if (!shown) return shown.error();
            if (!shown->empty()) set(document, "displayName", *shown);
        } else {
            put(document, path, each);
        }
    }
    return Done{};
}

Result<Done> remove(json& document, std::string_view path)
{
    if (path.empty()) return scim_error("noTarget", "remove needs a path");
    for (const std::string_view optional : {"displayName", "externalId"}) {
        if (!same_word(path, optional)) continue;
        document.erase(std::string(optional));
        return Done{};
    }
    for (const std::string_view needed : {"userName", "emails", "active"}) {
        if (same_word(path, needed) || (needed == "emails" && is_part_of_emails(path))) {
            return scim_error("invalidValue", std::string(needed) + " cannot be removed: replace it");
        }
    }
    if (is_read_only(path)) return scim_error("mutability", std::string(path) + " cannot be changed");
    return scim_error("invalidPath", "there is no attribute " + std::string(path));
}

Result<Done> apply(json& document, const json& operation)
{
    const auto op = text_at(operation, "op", kMostName);
    if (!op) return op.error();
    const auto given = text_at(operation, "path", kMostName);
    if (!given) return given.error();
    const auto path = without_schema(*given);
    if (same_word(*op, "remove")) return remove(document, path);
    if (!same_word(*op, "add") && !same_word(*op, "replace")) {
        return scim_error("invalidSyntax", "op must be add, replace or remove");
    }
    const auto* const value = member(operation, "value");
    if (value == nullptr) return scim_error("invalidValue", *op + " needs a value");
    return path.empty() ? replace_members(document, *value) : replace(document, path, *value);
}

}  // namespace

bool names_schema(const json& document, std::string_view schema)
{
    const auto* const schemas = member(document, "schemas");
    return schemas != nullptr && schemas->is_array() &&
           std::any_of(schemas->begin(), schemas->end(), [&](const json& each) {
               return each.is_string() && same_word(each.get_ref<const std::string&>(), schema);
           });
}

bool same_word(std::string_view a, std::string_view b) noexcept
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_schema(std::string_view name) noexcept
{
    const bool is_long = name.size() > kScimUser.size() && name[kScimUser.size()] == ':';
    if (is_long && same_word(name.substr(0, kScimUser.size()), kScimUser)) name.remove_prefix(kScimUser.size() + 1);
    return name;
}

Error scim_error(std::string_view kind, std::string detail)
{
    return Error(std::vector<FieldError>{{.pointer = "", .code = std::string(kind), .detail = std::move(detail)}});
}

Result<ScimUser> read_scim_user(const json& document)
{
    if (!names_schema(document, kScimUser)) {
        return scim_error("invalidSyntax", "schemas must name " + std::string(kScimUser));
    }
    ScimUser user;
    auto user_name = text_at(document, "userName", kMostName);
    if (!user_name) return user_name.error();
    user.user_name = *std::move(user_name);
    auto external_id = text_at(document, "externalId", kMostName);
    if (!external_id) return external_id.error();
    user.external_id = *std::move(external_id);
    if (user.user_name.empty()) return scim_error("invalidValue", "userName is missing");
    auto address = address_at(document);
    if (!address) return address.error();
    user.email = *std::move(address);
    if (user.email.empty()) user.email = user.user_name;
    if (const auto problem = domain::mailbox_problem(user.email); !problem.empty()) {
        return scim_error("invalidValue", "emails must hold the user's address, or userName be one: " + problem);
    }
    auto shown = display_name_at(document);
    if (!shown) return shown.error();
    user.display_name = *std::move(shown);
    if (user.display_name.empty()) user.display_name = truncate_utf8(user.user_name, kMostDisplayName);
    const auto active = active_at(document);
    if (!active) return active.error();
    user.active = *active;
    return user;
}

Result<json> patched(json document, const json& patch)
{
    if (!names_schema(patch, kPatchOp)) {
        return scim_error("invalidSyntax", "schemas must name " + std::string(kPatchOp));
    }
    const auto* const operations = member(patch, "Operations");
    if (operations == nullptr || !operations->is_array() || operations->empty() ||
        operations->size() > kMostOperations) {
        return scim_error("invalidSyntax", "Operations must be 1 to " + std::to_string(kMostOperations));
    }
    for (const auto& operation : *operations) {
        if (const auto done = apply(document, operation); !done) return done.error();
    }
    return document;
}

json scim_json(const ports::User& user, const ports::DirectoryUser& known)
{
    json document{{"schemas", {kScimUser}},
                  {"id", user.id.str()},
                  {"userName", known.user_name},
                  {"displayName", user.name},
                  {"active", user.active},
                  {"roles", json::array({{{"value", to_string(user.role)}}})},
                  {"emails", json::array({{{"value", user.email}}})},
                  {"meta",
                   {{"resourceType", "User"},
                    {"created", format_rfc3339(user.created_at)},
                    {"lastModified", format_rfc3339(user.updated_at)},
                    {"location", "/scim/v2/Users/" + user.id.str()}}}};
    if (!known.external_id.empty()) document["externalId"] = known.external_id;
    return document;
}

}  // namespace winnow::api

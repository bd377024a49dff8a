#include "api/support/provider_support.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"
#include "api/support/support_json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using access::Permission;
using access::PermissionSet;
using nlohmann::json;
using ports::TenantSupportGrant;

constexpr std::size_t kMaxScopeText = 64;

json tenants_grant_json(const TenantSupportGrant& of)
{
    auto document = support_grant_json(of.grant);
    document["tenant_id"] = of.tenant.str();
    document["service_code"] = of.service_code;
    return document;
}

Result<http::Response> answered(int status, const Result<TenantSupportGrant>& of)
{
    if (!of) return of.error();
    return json_response(status, tenants_grant_json(*of));
}

/// Two persons are two only where each is known.
Result<StaffId> person(const http::Request& request)
{
    const auto* const staff = staff_caller(request);
    if (staff != nullptr) return staff->session.member.id;
    return Error(ErrorCode::permission_denied, "this takes one of the staff who has signed in: a key is no person");
}

std::vector<Permission> listed(PermissionSet all)
{
    std::vector<Permission> each;
    for (const auto permission : access::all_permissions()) {
        if (all.contains(permission)) each.push_back(permission);
    }
    return each;
}

std::string no_scope(const std::string& word)
{
    std::string text = "\"" + word + "\" is nothing that a support grant can name; there are";
    const auto all = listed(access::support_permissions());
    for (const auto each : all) text += (each == all.front() ? " " : ", ") + std::string(to_string(each));
    return text;
}

/// All of them where it names none.
PermissionSet read_scopes(FieldReader& fields)
{
    const auto all = access::support_permissions();
    const auto words = fields.texts("scopes", {1, kMaxScopeText}, listed(all).size());
    if (!words) return all;
    if (words->empty()) fields.error("scopes", "name at least one, or leave the field out: all that there are");
    PermissionSet scopes;
    for (std::size_t i = 0; i < words->size(); ++i) {
        const auto scope = access::parse_scope((*words)[i]);
        if (scope && all.contains(*scope)) {
            scopes.insert(*scope);
        } else {
            fields.item_error("scopes", i, no_scope((*words)[i]));
        }
    }
    return scopes;
}

Result<ports::NewSupportGrant> read_request(const json& document)
{
    ports::NewSupportGrant asked;
    FieldReader fields(document);
    asked.tenant = fields.id<TenantId>("tenant_id", Need::required).value_or(TenantId());
    asked.reason =
        fields.text("reason", {access::kLeastSupportReason, access::kMostSupportReason}, Need::required).value_or("");
    if (asked.reason.find_first_of("\r\n") != std::string::npos) fields.error("reason", "a reason is one line");
    asked.minutes = fields.integer("minutes", 1, access::kMostSupportMinutes).value_or(access::kMostSupportMinutes);
    asked.scopes = read_scopes(fields);
    if (auto read = fields.finish(); !read) return read.error();
    return asked;
}

}  // namespace

Result<http::Response> request_support(const http::Request& request, ports::ProviderSupport& store, std::size_t most,
                                       const std::function<Uuid()>& new_id)
{
    const auto who = person(request);
    if (!who) return who.error();
    const auto document = read_object(request);
    if (!document) return document.error();
    auto asked = read_request(*document);
    if (!asked) return asked.error();
    asked->id = SupportGrantId(new_id());
    asked->asked_by = *who;
    const auto made = store.request(*asked, most, provider_request_of(request));
    if (!made && made.error().code() == ErrorCode::not_found) {
        return field_error("/tenant_id", "there is no such tenant");
    }
    auto response = answered(201, made);
    if (response) response->set("Location", "/admin/v1/support-grants/" + asked->id.str());
    return response;
}

Result<http::Response> list_support_grants(const http::Request& request, ports::ProviderSupport& store)
{
    if (const auto known = only_parameters(request.head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<SupportGrantId>(request.head);
    if (!page) return page.error();
    return id_page_response(
        request.head, *page, [&](const auto& after, std::size_t most) { return store.page(after, most); },
        tenants_grant_json, [](const TenantSupportGrant& of) { return of.grant.id; });
}

Result<http::Response> show_support_grant(SupportGrantId id, ports::ProviderSupport& store)
{
    return answered(200, store.find(id));
}

Result<http::Response> approve_support(SupportGrantId id, const http::Request& request, ports::ProviderSupport& store)
{
    const auto who = person(request);
    if (!who) return who.error();
    return answered(200, store.approve(id, *who, provider_request_of(request)));
}

Result<http::Response> end_support(SupportGrantId id, const http::Request& request, ports::ProviderSupport& store)
{
    return answered(200, store.end(id, provider_request_of(request)));
}

Result<access::Principal> supporter(SupportGrantId id, const http::Request& request, ports::ProviderSupport& store)
{
    const auto who = person(request);
    if (!who) return who.error();
    const auto of = store.find(id);
    if (!of) return of.error();
    if (of->grant.asked_by != *who) return Error(ErrorCode::not_found, "there is no such support grant");
    if (of->grant.state != access::SupportState::active) {
        return Error(ErrorCode::permission_denied,
                     "the support grant is " + std::string(to_string(of->grant.state)) + ": by it nothing is read");
    }
    if (of->closing) {
        return Error(ErrorCode::permission_denied, "the tenant is closing: only its own admins get in");
    }
    access::Principal reader;
    reader.kind = access::CredentialKind::support;
    reader.tenant = of->tenant;
    reader.service_code = of->service_code;
    reader.user_name = "support";
    reader.staff = *who;
    reader.key = of->grant.id.value();
    reader.scopes = of->grant.scopes;
    reader.tenant_suspended = of->suspended;
    return reader;
}

}  // namespace winnow::api

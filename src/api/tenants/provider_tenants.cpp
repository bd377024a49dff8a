#include "api/tenants/provider_tenants.hpp"

#include "api/audit/audit_json.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/page.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/user_json.hpp"
#include "winnow/base/time.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr std::size_t kGeneratedCodeLength = 6;
constexpr int kCodeAttempts = 8;
constexpr std::size_t kMinReasonChars = 10;
constexpr std::size_t kMaxReasonChars = 500;
/// Of a tenant's first key, which the provider has seen: long enough to make another one, or to accept an invitation.
constexpr std::chrono::milliseconds kFirstKeyLife = std::chrono::days{7};

json rates_json(const domain::RateOverrides& rates)
{
    auto shown = json::object();
    for (const auto& [kind, word] : domain::kRateTable) {
        const auto& [rate, burst] = rates.of(kind);
        if (rate) shown[std::string(word)]["rate"] = *rate;
        if (burst) shown[std::string(word)]["burst"] = *burst;
    }
    return shown;
}

/// The tenant by itself, with what its histories take.
Result<http::Response> shown(const domain::Tenant& tenant, ports::ProviderStore& store)
{
    const auto history = store.history(tenant.id);
    if (!history) return history.error();
    auto document = tenant_json(tenant);
    document["history_bytes"] = history->used;
    document["max_history_bytes"] = history->own ? json(*history->own) : json(nullptr);
    return json_response(200, document);
}

/// Letters and digits that nobody mistakes for one another on the telephone.
std::string generated_service_code()
{
    constexpr std::string_view kAlphabet = "23456789abcdefghjkmnpqrstuvwxyz";
    std::string code;
    for (const char byte : crypto::random_bytes(kGeneratedCodeLength)) {
        code += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
    }
    return code;
}

bool is_service_code(std::string_view code)
{
    return code.size() >= 4 && code.size() <= 32 &&
           std::ranges::all_of(code, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

struct Wanted {
    std::string name;
    std::string service_code;  ///< "" : generate one.
    std::string email;
    std::string admin_name;
    std::string data_region;
};

/// `region`: where this installation's data lies, which a tenant may only confirm.
Result<Wanted> read_wanted(const json& document, const std::string& region)
{
    Wanted wanted;
    FieldReader fields(document);
    wanted.name = fields.text("name", {1, 200}, Need::required).value_or("");
    if (auto code = fields.text("service_code", {4, 32})) {
        wanted.service_code = *std::move(code);
        if (!is_service_code(wanted.service_code)) {
            fields.error("service_code", "service_code takes 4 to 32 characters of a-z and 0-9");
        }
    }
    wanted.data_region = fields.text("data_region", {1, 32}).value_or(region);
    if (wanted.data_region != region) {
        fields.error("data_region",
                     "this installation " +
                         (region.empty() ? "says of no region (node.data_region)"
                                         : "keeps data in " + region + " (node.data_region), and nowhere else"));
    }
    if (auto admin = fields.object("admin", Need::required)) {
        wanted.email = admin->text("email", {3, 254}, Need::required).value_or("");
        if (const auto wrong = domain::mailbox_problem(wanted.email); !wanted.email.empty() && !wrong.empty()) {
            admin->error("email", wrong);
        }
        wanted.admin_name = admin->text("name", {1, 200}).value_or(wanted.email);
        admin->close();
    }
    if (auto read = fields.finish(); !read) return read.error();
    return wanted;
}

/// Reads what RFC 7396 would make of the rates and of the limit of histories: null takes away. Absent fields change
/// nothing.
class TenantPatch {
public:
    static Result<TenantPatch> read(const json& document)
    {
        TenantPatch patch;
        FieldReader fields(document);
        const auto given = document.find("rates");
        patch.clears_all_ = given != document.end() && given->is_null();
        if (auto rates = fields.object("rates")) {
            for (const auto& [kind, word] : domain::kRateTable) patch.read_class(*rates, *given, kind, word);
            rates->close();
        }
        patch.history_ =
            read_number(fields, document, "max_history_bytes", domain::kLeastHistoryBytes, domain::kMostHistoryBytes);
        if (auto read = fields.finish(); !read) return read.error();
        return patch;
    }

    [[nodiscard]] domain::RateOverrides applied_to(domain::RateOverrides rates) const
    {
        if (clears_all_) rates = {};
        for (const auto& [kind, word] : domain::kRateTable) {
            const auto& change = of_[static_cast<std::size_t>(kind)];
            if (change.rate) rates.of(kind).rate = *change.rate;
            if (change.burst) rates.of(kind).burst = *change.burst;
        }
        return rates;
    }

    /// nullopt: left as it is.
    [[nodiscard]] const std::optional<std::optional<std::int64_t>>& history_limit() const { return history_; }

private:
    using Number = std::optional<std::int64_t>;
    struct Change {
        std::optional<Number> rate;  ///< nullopt: left as it is; of nullopt: taken away.
        std::optional<Number> burst;
    };

    void read_class(FieldReader& rates, const json& given, domain::RateClass kind, std::string_view word)
    {
        auto& change = of_[static_cast<std::size_t>(kind)];
        const auto found = given.find(word);
        if (found != given.end() && found->is_null()) change = {.rate = Number(), .burst = Number()};
        auto fields = rates.object(word);
        if (!fields) return;
        change.rate = read_number(*fields, *found, "rate");
        change.burst = read_number(*fields, *found, "burst");
        fields->close();
    }

    static std::optional<Number> read_number(FieldReader& fields, const json& given, std::string_view name,
                                             std::int64_t least = 0, std::int64_t most = domain::kMostRate)
    {
        const auto number = fields.integer(name, least, most);
        const auto found = given.find(name);
        if (found != given.end() && found->is_null()) return Number();
        return number ? std::optional<Number>(number) : std::nullopt;
    }

    bool clears_all_ = false;
    std::optional<Number> history_;
    std::array<Change, domain::kRateClasses> of_;
};

/// One transaction: load, decide, store.
Result<domain::Tenant> change_limits(TenantId id, const TenantPatch& patch, ports::ProviderStore& store,
                                     const ports::ProviderRequest& by)
{
    const auto limits = store.lock_limits(id);
    if (!limits) return limits.error();
    const auto rates = patch.applied_to((*limits)->rates());
    auto tenant = (*limits)->store({.rates = rates, .history_bytes = patch.history_limit()});
    if (!tenant) return tenant;
    if (const auto committed = (*limits)->commit(by); !committed) return committed.error();
    return tenant;
}

}  // namespace

json tenant_json(const domain::Tenant& tenant)
{
    json shown{{"id", tenant.id.str()},
               {"tenant_id", tenant.id.str()},
               {"service_code", tenant.service_code},
               {"name", tenant.name},
               {"state", to_string(tenant.state)},
               {"created_at", format_rfc3339(tenant.created_at)},
               {"rates", rates_json(tenant.rates)}};
    if (tenant.closed_at) shown["closed_at"] = format_rfc3339(*tenant.closed_at);
    if (tenant.export_until) shown["export_until"] = format_rfc3339(*tenant.export_until);
    if (!tenant.data_region.empty()) shown["data_region"] = tenant.data_region;
    return shown;
}

Result<http::Response> create_tenant(const http::Request& request, ports::ProviderStore& store,
                                     const std::function<Uuid()>& new_id, const std::string& region)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto wanted = read_wanted(*document, region);
    if (!wanted) return wanted.error();

    const auto key = identity::make_key(access::CredentialKind::user_key);
    ports::NewTenant tenant;
    tenant.id = TenantId(new_id());
    tenant.name = wanted->name;
    tenant.data_region = wanted->data_region;
    tenant.admin_id = UserId(new_id());
    tenant.admin_email = wanted->email;
    tenant.admin_name = wanted->admin_name;
    tenant.admin_key_id = ApiKeyId(new_id());
    tenant.admin_key_hash = key.hash;
    tenant.admin_key_hint = key.hint;
    tenant.admin_key_life = kFirstKeyLife;

    const auto by = provider_request_of(request);
    const bool generated = wanted->service_code.empty();
    Result<domain::Tenant> created =
        Error(ErrorCode::conflict, "no free service code was found: send the request again");
    for (int attempt = 0; attempt < (generated ? kCodeAttempts : 1); ++attempt) {
        tenant.service_code = generated ? generated_service_code() : wanted->service_code;
        created = store.create_tenant(tenant, by);
        if (created || created.error().code() != ErrorCode::conflict) break;
    }
    if (!created) return created.error();

    auto answer = tenant_json(*created);
    answer["admin"] = {{"user_id", tenant.admin_id.str()}, {"email", tenant.admin_email}, {"key", key.secret}};
    auto response = json_response(201, answer);
    response.set("Location", "/admin/v1/tenants/" + created->id.str());
    return response;
}

Result<http::Response> invite_admin(TenantId id, const http::Request& request, ports::ProviderStore& store,
                                    ports::Sealing& sealing, const std::function<Uuid()>& new_id)
{
    // An admin reads and writes all of a tenant, for good: that is no single person's to give.
    if (staff_caller(request) != nullptr) {
        return Error(ErrorCode::permission_denied, "this takes the provider's own key or certificate");
    }
    const auto document = read_object(request);
    if (!document) return document.error();
    ports::AdminInvitation invitation;
    FieldReader fields(*document);
    invitation.email = fields.text("email", {3, domain::kMaxMailbox}, Need::required).value_or("");
    if (auto wrong = domain::mailbox_problem(invitation.email); !invitation.email.empty() && !wrong.empty()) {
        fields.error("email", std::move(wrong));
    }
    invitation.name = fields.text("name", {1, 200}).value_or(invitation.email.substr(0, 200));
    invitation.locale = read_locale(fields);
    invitation.reason = fields.text("reason", {kMinReasonChars, kMaxReasonChars}).value_or("");
    if (auto read = fields.finish(); !read) return read.error();
    const auto token = crypto::make_token();
    invitation.user_id = UserId(new_id());
    invitation.id = InvitationId(new_id());
    invitation.token_hash = token.hash;
    invitation.mail_id = ServerMailId(new_id());
    auto sealed = sealing.seal(ports::mail_token_place(id, invitation.mail_id), token.text);
    if (!sealed) return sealed.error();
    invitation.sealed_token = *std::move(sealed);
    const auto user = store.invite_admin(id, invitation, provider_request_of(request));
    if (!user) return user.error();
    return json_response(202, {{"user_id", user->str()}});
}

Result<http::Response> list_tenants(const http::Request& request, ports::ProviderStore& store)
{
    if (const auto known = only_parameters(request.head, {"limit", "cursor"}); !known) return known.error();
    const auto page = page_request(request.head, 1);
    if (!page) return page.error();
    Stretch<std::string> stretch{.limit = page->limit, .after = {}};
    if (!page->cursor.empty()) stretch.after = page->cursor.front();
    return page_response(
        request.head, std::move(stretch),
        [&](const auto& after, std::size_t most) { return store.tenants(after.value_or(""), most); },
        [](const auto& tenant) { return tenant_json(tenant); }, [](const auto& tenant) { return tenant.service_code; },
        [](const std::string& code) { return Cursor{code}; });
}

Result<http::Response> show_tenant(TenantId id, ports::ProviderStore& store)
{
    const auto tenant = store.tenant(id);
    if (!tenant) return tenant.error();
    return shown(*tenant, store);
}

Result<http::Response> change_tenant(TenantId id, const http::Request& request, ports::ProviderStore& store)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto patch = TenantPatch::read(*document);
    if (!patch) return patch.error();
    const auto tenant = change_limits(id, *patch, store, provider_request_of(request));
    if (!tenant) return tenant.error();
    return shown(*tenant, store);
}

Result<http::Response> suspend_tenant(TenantId id, bool suspended, const http::Request& request,
                                      ports::ProviderStore& store)
{
    const auto tenant = store.set_suspended(id, suspended, provider_request_of(request));
    if (!tenant) return tenant.error();
    return json_response(200, tenant_json(*tenant));
}

Result<http::Response> reset_networks(TenantId id, const http::Request& request, ports::ProviderStore& store)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto reason = fields.text("reason", {1, kMaxReasonChars}, Need::required);
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto reset = store.reset_networks(id, *reason, provider_request_of(request)); !reset)
        return reset.error();
    return no_content();
}

Result<http::Response> list_provider_audit(const http::Request& request, ports::ProviderStore& store)
{
    const auto list = audit_list(request.head);
    if (!list) return list.error();
    return page_response(
        request.head, list->stretch,
        [&](const auto& after, std::size_t most) { return store.audit(list->filter, after, most); }, audit_json,
        audit_place, audit_cursor);
}

Result<http::Response> list_quarantine(TenantId id, ports::ProviderStore& store, const domain::AlertIds& ids)
{
    constexpr std::size_t kMost = 200;
    auto rows = store.set_aside_rows(id, kMost + 1);
    if (!rows) return rows.error();
    const bool more = rows->size() > kMost;
    if (more) rows->resize(kMost);
    const auto names = ids.of(id);
    auto items = json::array();
    for (const auto& row : *rows) {
        items.push_back({{"first_alert_id", names.row(row.position).alert(0).str()},
                         {"received_at", format_rfc3339(row.position.received_at)},
                         {"alerts", row.alerts},
                         {"set_aside_at", format_rfc3339(row.set_aside_at)},
                         {"release_asked", row.release_asked}});
    }
    return json_response(200, {{"items", std::move(items)}, {"more", more}});
}

Result<http::Response> release_quarantine(TenantId id, const http::Request& request, ports::ProviderStore& store)
{
    const auto rows = store.release(id, provider_request_of(request));
    if (!rows) return rows.error();
    return json_response(202, {{"rows", *rows}});
}

}  // namespace winnow::api

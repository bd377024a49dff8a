#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace winnow::api {
namespace {

using domain::Settings;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::chrono::milliseconds kMaxReopenWindow = std::chrono::days{365};
constexpr std::size_t kMaxDefaultGroups = 50;

/// In days, within the provider's limit, which may be younger than the choice.
std::int64_t days_of(const Settings& settings, domain::Kept kept, const domain::TenantLimits& limits)
{
    return std::min<std::int64_t>(settings.retention.of(kept).count(),
                                  static_cast<std::int64_t>(limits.max_retention_days));
}

json settings_json(const Settings& settings, const domain::TenantLimits& limits)
{
    auto route = json::array();
    for (const auto& id : settings.default_route) route.push_back(id.str());
    json shown = {{"reopen_window", format_iso8601_duration(settings.reopen_window)},
                  {"close_approval", settings.close_approval},
                  {"default_route", std::move(route)},
                  {"version", settings.version}};
    for (const auto& each : domain::kKeptTable) {
        shown[std::string(each.setting)] = days_of(settings, each.kept, limits);
    }
    return shown;
}

/// What is absent gets its default: a patch that sets null to a field asks for just that.
Result<Settings> read_settings(const json& document, const domain::TenantLimits& limits, TenantSession& session)
{
    Settings settings;
    FieldReader fields(document);
    settings.reopen_window = fields.duration("reopen_window", std::chrono::milliseconds{0}, kMaxReopenWindow)
                                 .value_or(settings.reopen_window);
    settings.close_approval = fields.boolean("close_approval").value_or(settings.close_approval);
    for (const auto& each : domain::kKeptTable) {
        const auto days = fields.integer(each.setting, 1, static_cast<std::int64_t>(limits.max_retention_days));
        if (days && *days != each.usual.count()) settings.retention.choose(each.kept, std::chrono::days(*days));
    }
    if (auto route = fields.ids<ContactGroupId>("default_route", kMaxDefaultGroups)) {
        settings.default_route = *std::move(route);
        const auto found = session.contacts().existing_groups(settings.default_route);
        if (!found) return found.error();
        for (std::size_t i = 0; i < settings.default_route.size(); ++i) {
            if (std::ranges::find(*found, settings.default_route[i]) != found->end()) continue;
            fields.item_error("default_route", i, "there is no contact group " + settings.default_route[i].str());
        }
    }
    fields.read_only({"version"});
    if (const auto read = fields.finish(); !read) return read.error();
    return settings;
}

Result<Response> get_settings(const Call& call, TenantSession& session)
{
    const auto settings = session.settings().load();
    if (!settings) return settings.error();
    return shown(call, settings_json(*settings, call.services.tenant_limits), settings->version);
}

Result<Response> change_settings(const Call& call, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.settings().load();
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    const auto& limits = call.services.tenant_limits;
    const auto document = wanted_document(call, settings_json(*current, limits));
    if (!document) return document.error();
    auto settings = read_settings(*document, limits, session);
    if (!settings) return settings.error();
    settings->version = current->version + 1;
    if (const auto stored = session.settings().save(*settings); !stored) return stored.error();
    return versioned(settings_json(*settings, limits), settings->version);
}

}  // namespace

std::vector<Route> settings_routes()
{
    using access::Permission;
    return {
        {"GET", "/api/v1/settings", Permission::read_settings, "getSettings", get_settings},
        {"PATCH", "/api/v1/settings", Permission::write_settings, "updateSettings", change_settings},
        {"GET", "/api/v1/quotas", Permission::read_settings, "listQuotas", list_quotas},
    };
}

}  // namespace winnow::api

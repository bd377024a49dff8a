#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/session_store.hpp"

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

/// All that a tenant sets, of its alerts and of its people.
struct Whole {
    Settings settings;
    ports::SignInPolicy people;
};

Result<Whole> load_whole(TenantSession& session)
{
    auto settings = session.settings().load();
    if (!settings) return settings.error();
    auto people = session.sessions().policy();
    if (!people) return people.error();
    return Whole{.settings = *std::move(settings), .people = *std::move(people)};
}

json settings_json(const Whole& whole, const domain::TenantLimits& limits)
{
    const auto& settings = whole.settings;
    const auto& viewers = whole.people.sessions.viewer_idle;
    auto route = json::array();
    for (const auto& id : settings.default_route) route.push_back(id.str());
    json shown = {{"reopen_window", format_iso8601_duration(settings.reopen_window)},
                  {"close_approval", settings.close_approval},
                  {"default_route", std::move(route)},
                  {"mfa_policy", to_string(whole.people.mfa)},
                  {"session_idle", format_iso8601_duration(whole.people.sessions.idle)},
                  {"session_idle_viewer", viewers ? json(format_iso8601_duration(*viewers)) : json(nullptr)},
                  {"version", settings.version}};
    for (const auto& each : domain::kKeptTable) {
        shown[std::string(each.setting)] = days_of(settings, each.kept, limits);
    }
    return shown;
}

void read_people(FieldReader& fields, ports::SignInPolicy& people)
{
    const auto policy = fields.word("mfa_policy", {"all", "admins"});
    if (policy) people.mfa = signin::parse_mfa_policy(*policy).value_or(signin::MfaPolicy::all);
    auto& sessions = people.sessions;
    sessions.idle =
        fields.duration("session_idle", signin::kShortestIdle, signin::kLongestIdle).value_or(sessions.idle);
    sessions.viewer_idle = fields.duration("session_idle_viewer", signin::kShortestIdle, signin::kLongestViewerIdle);
}

/// What is absent gets its default: a patch that sets null to a field asks for just that.
Result<Whole> read_settings(const json& document, const domain::TenantLimits& limits, TenantSession& session)
{
    Whole whole;
    auto& settings = whole.settings;
    FieldReader fields(document);
    read_people(fields, whole.people);
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
    return whole;
}

Result<Response> get_settings(const Call& call, TenantSession& session)
{
    const auto whole = load_whole(session);
    if (!whole) return whole.error();
    return shown(call, settings_json(*whole, call.services.tenant_limits), whole->settings.version);
}

Result<Response> change_settings(const Call& call, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = load_whole(session);
    if (!current) return current.error();
    const auto version = current->settings.version;
    if (const auto fresh = check_if_match(call.request.head, version); !fresh) return fresh.error();
    const auto& limits = call.services.tenant_limits;
    const auto document = wanted_document(call, settings_json(*current, limits));
    if (!document) return document.error();
    auto whole = read_settings(*document, limits, session);
    if (!whole) return whole.error();
    whole->settings.version = version + 1;
    if (const auto stored = session.settings().save(whole->settings); !stored) return stored.error();
    if (const auto stored = session.sessions().set_policy(whole->people); !stored) return stored.error();
    // Of whom a second factor is asked from now on goes on with one, or not at all.
    if (whole->people.mfa == signin::MfaPolicy::all && current->people.mfa != signin::MfaPolicy::all) {
        const auto ended = session.sessions().end_without_factor(std::nullopt, signin::Ending::by_admin);
        if (!ended) return ended.error();
    }
    return versioned(settings_json(*whole, limits), whole->settings.version);
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

#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tenants/key_fields.hpp"
#include "winnow/access/source_networks.hpp"
#include "winnow/ports/settings_store.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using access::OutOfPlace;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// For so long new lists are in force unless somebody who is let in by them says that they hold.
constexpr std::chrono::minutes kTrial{10};

json list_json(const std::vector<Network>& networks)
{
    auto list = json::array();
    for (const auto& network : networks) list.push_back(to_string(network));
    return list;
}

json places_json(const ports::PlacesInForce& places)
{
    return {{"users", list_json(places.lists.users)},
            {"admins", list_json(places.lists.admins)},
            {"keys", list_json(places.lists.keys)},
            {"on_trial_until", time_json(places.revert_at)}};
}

/// What is absent holds every address.
Result<access::SourceNetworks> read_lists(const json& document)
{
    FieldReader fields(document);
    access::SourceNetworks lists{
        .users = read_networks(fields, "users", access::kMaxSourceNetworks).value_or(std::vector<Network>()),
        .admins = read_networks(fields, "admins", access::kMaxSourceNetworks).value_or(std::vector<Network>()),
        .keys = read_networks(fields, "keys", access::kMaxSourceNetworks).value_or(std::vector<Network>())};
    fields.read_only({"on_trial_until", "warnings"});
    if (const auto read = fields.finish(); !read) return read.error();
    return lists;
}

Response would_lock_out(OutOfPlace list, const std::string& address)
{
    const std::string name = list == OutOfPlace::users ? "users" : list == OutOfPlace::admins ? "admins" : "keys";
    const auto detail = "this would shut you out: " + address + ", from which you ask, is in none of these networks";
    return problem(422, "would_lock_out", detail,
                   {{.pointer = '/' + name, .code = "would_lock_out", .detail = detail}});
}

Result<Response> get_networks(const Call& /*call*/, TenantSession& session)
{
    const auto places = session.settings().places();
    if (!places) return places.error();
    return json_response(200, places_json(*places));
}

Result<Response> replace_networks(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    const auto lists = read_lists(*document);
    if (!lists) return lists.error();
    // Whoever may change settings is an active admin, and seen here: where the lists hold the caller, one gets in.
    auto caller = call.who;
    caller.places = std::make_shared<const access::SourceNetworks>(*lists);
    const auto& address = call.request.head.remote_address;
    if (const auto list = access::out_of_place(caller, address); list != OutOfPlace::none) {
        return would_lock_out(list, address);
    }
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto before = session.settings().places();
    if (!before) return before.error();
    const auto tried = session.settings().try_places(*lists, kTrial);
    if (!tried) return tried.error();
    auto answer = places_json(*tried);
    if (!lists->keys.empty() && lists->keys != before->lists.keys) {
        answer["warnings"].push_back(
            {{"pointer", "/keys"},
             {"detail",
              "keys are refused elsewhere from now on, on trial or not, those of senders too, and senders do not send "
              "again what was refused: see in the access log (status 403) whom it met"}});
    }
    return json_response(200, answer);
}

Result<Response> keep_networks(const Call& /*call*/, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto kept = session.settings().keep_places();
    if (!kept) return kept.error();
    if (!*kept) return Error(ErrorCode::conflict, "no source networks are on trial: what is in force stays");
    const auto places = session.settings().places();
    if (!places) return places.error();
    return json_response(200, places_json(*places));
}

}  // namespace

std::vector<Route> networks_routes()
{
    using access::Permission;
    constexpr auto kPath = "/api/v1/settings/networks";
    return {
        {"GET", kPath, Permission::read_settings, "getSourceNetworks", get_networks},
        {"PUT", kPath, Permission::write_settings, "replaceSourceNetworks", replace_networks},
        {"POST", "/api/v1/settings/networks/confirm", Permission::write_settings, "keepSourceNetworks", keep_networks},
    };
}

}  // namespace winnow::api

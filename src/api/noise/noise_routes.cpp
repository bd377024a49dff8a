/// @file
/// GET /stats/noise: how many alerts came and what became of them.

#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/noise_store.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::NoiseGroup;
using ports::TenantSession;

constexpr std::size_t kMaxGroups = 2'500;  // more than the hours that are kept
constexpr auto kDefaultRange = std::chrono::hours{7 * 24};

std::optional<NoiseGroup> parse_group(std::string_view word)
{
    if (word == "rule") return NoiseGroup::rule;
    if (word == "source") return NoiseGroup::source;
    if (word == "service") return NoiseGroup::service;
    if (word == "hour") return NoiseGroup::hour;
    if (word == "day") return NoiseGroup::day;
    return std::nullopt;
}

json counts_json(const domain::NoiseCounts& counts)
{
    return {
        {"received", counts.received}, {"dropped", counts.dropped},       {"suppressed", counts.suppressed},
        {"silenced", counts.silenced}, {"inhibited", counts.inhibited},   {"held", counts.held},
        {"ticketed", counts.ticketed}, {"resolved", counts.resolved},     {"ignored", counts.ignored},
        {"notified", counts.notified}, {"would_drop", counts.would_drop}, {"would_suppress", counts.would_suppress}};
}

json group_json(const ports::NoiseLine& line, NoiseGroup group)
{
    auto document = counts_json(line.counts);
    document["key"] = line.key;
    if (group == NoiseGroup::rule) document["name"] = line.name.empty() ? json(nullptr) : json(line.name);
    return document;
}

Result<Response> get_noise(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"from", "to", "group_by"}); !known) return known.error();
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    const auto to = time_parameter(head, "to");
    if (!to) return to.error();
    const auto until = to->value_or(call.now);
    const auto since = from->value_or(until - kDefaultRange);
    if (since >= until) return query_error("from", "must be before \"to\"");
    const auto word = head.query_parameter("group_by");
    const auto group = word ? parse_group(*word) : NoiseGroup::none;
    if (!group) return query_error("group_by", "must be rule, source, service, hour or day");

    const auto total = session.noise().read(since, until, NoiseGroup::none, 1);
    if (!total) return total.error();
    json document{{"from", format_rfc3339(since)},
                  {"to", format_rfc3339(until)},
                  {"group_by", word ? json(*word) : json(nullptr)},
                  {"total", counts_json(total->empty() ? domain::NoiseCounts{} : total->front().counts)},
                  {"groups", json::array()}};
    if (*group == NoiseGroup::none) return json_response(200, document);
    const auto lines = session.noise().read(since, until, *group, kMaxGroups);
    if (!lines) return lines.error();
    for (const auto& line : *lines) document["groups"].push_back(group_json(line, *group));
    return json_response(200, document);
}

}  // namespace

std::vector<Route> noise_routes()
{
    return {{"GET", "/api/v1/stats/noise", access::Permission::read_rules, "getNoise", get_noise, nullptr, false, false,
             true}};
}

}  // namespace winnow::api

/// @file
/// The versions of the rule set, and the way back to one.

#include "api/rest/etag.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/page.hpp"
#include "api/rest/respond.hpp"
#include "api/rules/rule_work.hpp"
#include "winnow/ports/ruleset_history.hpp"
#include "winnow/ports/settings_store.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::RulesetVersion;
using ports::TenantSession;

std::optional<std::int64_t> parse_version(std::string_view text)
{
    const auto version = number_in<std::int64_t>(text);
    return version && *version >= 1 ? version : std::nullopt;
}

json version_json(const RulesetVersion& version)
{
    return {{"version", version.version}, {"made_at", format_rfc3339(version.made_at)},
            {"made_by", version.made_by}, {"comment", version.comment},
            {"created", version.created}, {"updated", version.updated},
            {"deleted", version.deleted}, {"moved", version.moved},
            {"rule_count", version.rules}};
}

}  // namespace

Result<Response> list_ruleset_versions(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto stretch = numbered_stretch<std::int64_t>(head);
    if (!stretch) return stretch.error();
    if (stretch->after && *stretch->after < 1) return bad_cursor();
    return page_response(
        head, *stretch,
        [&](const auto& before, std::size_t most) { return session.ruleset_history().page(before, most); },
        version_json, [](const RulesetVersion& version) { return version.version; }, numbered_cursor);
}

Result<Response> get_ruleset_version(const Call& call, TenantSession& session)
{
    const auto version = parse_version(call.parameter("version"));
    if (!version) return Error(ErrorCode::not_found, "there is no such version of the rule set");
    const auto found = session.ruleset_history().find(*version);
    if (!found) return found.error();
    auto document = version_json(found->about);
    document["rules"] = json::parse(found->rules);
    return json_response(200, document);
}

Result<Response> roll_back_ruleset(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto to = fields.integer("to", 1, INT64_MAX, Need::required);
    const auto comment = fields.text("comment", {0, kMaxRulesetComment});
    if (const auto read = fields.finish(); !read) return read.error();

    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.ruleset_history().version();
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, *current); !fresh) return fresh.error();
    const auto found = session.ruleset_history().find(*to);
    if (!found && found.error().code() == ErrorCode::not_found) {
        return field_error("/to", "there is no version " + std::to_string(*to) + " of the rule set (any more)");
    }
    if (!found) return found.error();
    const auto rules = json::parse(found->rules);
    const auto groups = named_groups(session, rules);
    if (!groups) return groups.error();
    auto wanted = sound_rules(*groups, rules, "/rules", bounds_beside_stored(call, session));
    if (!wanted) return wanted.error();
    return change_ruleset(
        call, session,
        {.wanted = *std::move(wanted), .comment = comment.value_or("back to version " + std::to_string(*to))});
}

}  // namespace winnow::api

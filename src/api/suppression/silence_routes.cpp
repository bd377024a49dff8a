#include "api/costs/cost_json.hpp"
#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/suppression/scope_json.hpp"
#include "api/suppression/silence_work.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/silence_store.hpp"
#include "winnow/suppression/breadth.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {
namespace {

using domain::Silence;
using domain::SilenceState;
using http::Response;
using nlohmann::json;
using ports::StoredSilence;
using ports::TenantSession;

json silence_json(const StoredSilence& stored, Timestamp now)
{
    const auto& silence = stored.silence;
    json document{
        {"id", silence.id.str()},
        {"starts_at", format_rfc3339(silence.starts_at)},
        {"ends_at", format_rfc3339(silence.ends_at)},
        {"state", to_string(state_of(silence, now))},
        {"comment", silence.comment},
        {"end_when_quiet", nullptr},
        {"created_by", silence.created_by},
        {"created_at", format_rfc3339(silence.created_at)},
        {"ended_by", silence.ended_by.empty() ? json(nullptr) : json(silence.ended_by)},
        {"stats", {{"matched", stored.stats.matched}, {"last_matched_at", time_json(stored.stats.last_matched_at)}}},
        {"version", silence.version},
        {"updated_at", format_rfc3339(silence.updated_at)},
        {"updated_by", silence.updated_by}};
    document["cost"] = cost_json(stored.cost, now);
    if (silence.end_when_quiet) document["end_when_quiet"] = format_iso8601_duration(*silence.end_when_quiet);
    show_scope(document, silence.scope);
    show_problem(document, silence.scope);
    return document;
}

/// With what whoever saved it is to hear.
json saved_json(const StoredSilence& stored, Timestamp now)
{
    auto document = silence_json(stored, now);
    const auto& silence = stored.silence;
    warn_of_scope(document, silence.scope,
                  suppression::instants_within(std::max(now, silence.starts_at), silence.ends_at));
    return document;
}

Result<Response> list_silences(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor", "state[]"}); !known) return known.error();
    const auto page = id_page<SilenceId>(head);
    if (!page) return page.error();
    const auto states = word_parameter<SilenceState>(head, "state", domain::parse_silence_state,
                                                     domain::listed(domain::silence_states()));
    if (!states) return states.error();
    if (states->size() > 1) return query_error("state", "takes one state");
    const auto state = states->empty() ? std::nullopt : std::optional(states->front());
    return id_page_response(
        head, *page,
        [&](const auto& after, std::size_t most) { return session.silences().page(state, call.now, after, most); },
        [&](const auto& stored) { return silence_json(stored, call.now); },
        [](const auto& stored) { return stored.silence.id; });
}

Result<Response> get_silence(const Call& call, TenantSession& session)
{
    const auto id = call.id<SilenceId>();
    if (!id) return id.error();
    const auto found = session.silences().find(*id);
    if (!found) return found.error();
    // Not 304: the state changes with time, and no version with it.
    return versioned(silence_json(*found, call.now), found->silence.version);
}

Result<Response> create_silence(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    const auto everything = everything_of(call.request.head);
    if (!everything) return everything.error();
    FieldReader fields(*document);
    auto input = read_silence(fields, call.now, {.at = {}, .everything = *everything});
    auto& silence = input.silence;
    settle_new_times(fields, input, call.now);
    if (const auto read = fields.finish(); !read) return read.error();

    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto unexpired = session.silences().count_unexpired(call.now);
    if (const auto room = has_room_beside(call, session, domain::Quota::silences, unexpired); !room)
        return room.error();
    silence.id = SilenceId(call.services.new_id());
    silence.created_by = silence.updated_by = call.who.actor();
    silence.created_at = silence.updated_at = call.now;
    silence.version = 1;
    if (const auto stored = session.silences().insert(silence); !stored) return stored.error();
    return created("/api/v1/silences/" + silence.id.str(), saved_json({silence, {}}, call.now), silence.version);
}

Error is_over()
{
    return {ErrorCode::conflict, "this silence is over and stays as it was; create a new one"};
}

/// What has been cannot be changed: a begun silence keeps its start, and an end in the past means now.
void settle_times(FieldReader& fields, const SilenceInput& input, const Silence& before, const Call& call,
                  Silence& after)
{
    const bool begun = before.starts_at <= call.now;
    after.starts_at = input.starts_at.value_or(begun ? before.starts_at : call.now);
    if (begun && after.starts_at != before.starts_at) {
        fields.error("starts_at", "cannot be changed: the silence has begun");
    }
    if (!input.ends_at) return;  // told already
    after.ends_at = *input.ends_at;
    if (after.ends_at <= call.now) {
        after.ends_at = call.now;
        after.starts_at = std::min(after.starts_at, after.ends_at);
        after.ended_by = call.who.actor();
    } else if (after.ends_at <= after.starts_at) {
        fields.error("ends_at", "must be later than starts_at");
    }
}

/// PUT and PATCH.
Result<Response> change_silence(const Call& call, TenantSession& session)
{
    const auto id = call.id<SilenceId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.silences().find(*id);
    if (!current) return current.error();
    const auto& before = current->silence;
    if (const auto fresh = check_if_match(call.request.head, before.version); !fresh) return fresh.error();
    if (state_of(before, call.now) == SilenceState::expired) return is_over();
    const auto document = wanted_document(call, silence_json(*current, call.now));
    if (!document) return document.error();
    const auto everything = everything_of(call.request.head);
    if (!everything) return everything.error();
    FieldReader fields(*document);
    auto input = read_silence(fields, call.now, {.at = {}, .everything = *everything, .before = &before.scope});
    auto& after = input.silence;
    settle_times(fields, input, before, call, after);
    if (const auto read = fields.finish(); !read) return read.error();

    after.id = *id;
    after.created_by = before.created_by;
    after.created_at = before.created_at;
    after.version = before.version + 1;
    after.updated_at = call.now;
    after.updated_by = call.who.actor();
    if (const auto stored = session.silences().update(after); !stored) return stored.error();
    return versioned(saved_json({after, current->stats}, call.now), after.version);
}

/// Ends it at once; it stays to be looked up. One that is over is left as it is.
Result<Response> expire_silence(const Call& call, TenantSession& session)
{
    const auto id = call.id<SilenceId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.silences().find(*id);
    if (!current) return current.error();
    auto silence = current->silence;
    if (const auto fresh = check_if_match(call.request.head, silence.version); !fresh) return fresh.error();
    if (state_of(silence, call.now) == SilenceState::expired) return no_content();
    silence.ends_at = call.now;
    silence.starts_at = std::min(silence.starts_at, silence.ends_at);
    silence.ended_by = silence.updated_by = call.who.actor();
    silence.updated_at = call.now;
    ++silence.version;
    if (const auto stored = session.silences().update(silence); !stored) return stored.error();
    return no_content();
}

}  // namespace

SilenceInput read_silence(FieldReader& fields, Timestamp now, ScopeGuard guard, Need need)
{
    constexpr std::size_t kMaxCommentChars = 1'000;
    SilenceInput input;
    auto& silence = input.silence;
    input.starts_at = fields.timestamp("starts_at");
    input.ends_at = fields.timestamp("ends_at", need);
    const auto from = std::max(now, input.starts_at.value_or(now));
    guard.at = suppression::instants_within(from, input.ends_at.value_or(from));
    silence.scope = read_scope(fields, guard);
    silence.comment = fields.text("comment", {1, kMaxCommentChars}, need).value_or("");
    silence.end_when_quiet = fields.duration("end_when_quiet", domain::kShortestQuiet, domain::kLongestQuiet);
    fields.read_only({"id", "state", "created_by", "created_at", "ended_by", "problem", "stats", "cost", "version",
                      "updated_at", "updated_by", "warnings"});
    return input;
}

void settle_new_times(FieldReader& fields, SilenceInput& input, Timestamp now)
{
    auto& silence = input.silence;
    silence.starts_at = input.starts_at.value_or(now);
    silence.ends_at = input.ends_at.value_or(silence.starts_at);
    if (!input.ends_at) return;
    if (silence.ends_at <= now) {
        fields.error("ends_at", "must be in the future");
    } else if (silence.ends_at <= silence.starts_at) {
        fields.error("ends_at", "must be later than starts_at");
    }
}

std::vector<Route> silence_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/silences", read_silences, "listSilences", list_silences},
        {"POST", "/api/v1/silences", write_silences, "createSilence", create_silence},
        {"POST", "/api/v1/silences/preview", read_silences, "previewSilence", preview_silence, always, false, false,
         true},
        {"GET", "/api/v1/silences/{id}", read_silences, "getSilence", get_silence},
        {"PUT", "/api/v1/silences/{id}", write_silences, "replaceSilence", change_silence},
        {"PATCH", "/api/v1/silences/{id}", write_silences, "updateSilence", change_silence},
        {"DELETE", "/api/v1/silences/{id}", write_silences, "expireSilence", expire_silence},
    };
}

}  // namespace winnow::api

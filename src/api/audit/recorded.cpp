#include "api/audit/recorded.hpp"

#include "api/rest/respond.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using audit::Recorded;
using nlohmann::json;

/// A longer answer is not looked into: a rule set's.
constexpr std::size_t kMaxReadBytes = std::size_t{64} << 10U;
constexpr std::size_t kMaxAgentBytes = 256;
constexpr int kRefused = 400;
constexpr int kBegun = 202;

/// An answer as a document; null where it is none.
json document_of(std::string_view text)
{
    if (text.empty() || text.size() > kMaxReadBytes) return {};
    auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    return document.is_object() ? document : json();
}

/// Takes out what only the asker may ever see: keys and secrets, wherever they stand, also within other texts; and of
/// URLs what follows the host (ports::Secrecy).
class Cleaner {
public:
    explicit Cleaner(std::span<const ports::ContactType> contacts)
    {
        for (const auto& type : contacts) {
            for (const auto& field : type.fields) {
                if (field.secrecy == ports::Secrecy::whole) whole_.emplace_back(field.name);
                if (field.secrecy == ports::Secrecy::url) urls_.emplace_back(field.name);
            }
        }
    }

    void clean(json& document)
    {
        collect(document);
        take_out(document);
    }

private:
    static bool holds(const std::vector<std::string>& names, const std::string& name)
    {
        return std::ranges::find(names, name) != names.end();
    }

    void collect(const json& value)
    {
        for (const auto& [name, member] : value.items()) {
            if (holds(whole_, name)) keep_texts(member);
            if (member.is_structured()) collect(member);
        }
    }

    /// Of {"from", "to"}, too.
    void keep_texts(const json& value)
    {
        if (value.is_string() && !value.get_ref<const std::string&>().empty()) secrets_.push_back(value);
        if (!value.is_structured()) return;
        for (const auto& member : value) keep_texts(member);
    }

    void take_out(json& value) const
    {
        if (value.is_string()) {
            const auto& text = value.get_ref<const std::string&>();
            const bool tells = std::ranges::any_of(secrets_, [&](const auto& secret) { return text.contains(secret); });
            if (tells) value = nullptr;
            return;
        }
        if (!value.is_structured()) return;
        for (const auto& [name, member] : value.items()) {
            if (value.is_object() && holds(whole_, name)) {
                member = nullptr;
            } else if (value.is_object() && holds(urls_, name)) {
                shorten(member);
            } else {
                take_out(member);
            }
        }
    }

    static void shorten(json& value)
    {
        if (value.is_string()) value = domain::base_of_url(value.get_ref<const std::string&>());
        if (!value.is_structured()) return;
        for (auto& member : value) shorten(member);
    }

    std::vector<std::string> whole_{"secret", "recovery_codes"};
    std::vector<std::string> urls_;
    std::vector<std::string> secrets_;
};

/// What GET of the same path shows, while nobody else can change it; null where it shows nothing.
Result<json> shown_before(const Call& call, const Route& route, ports::TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    http::Request request;
    request.head.method = "GET";
    request.head.path = call.request.head.path;
    const Call asked{
        .request = request, .who = call.who, .path = call.path, .now = call.now, .services = call.services};
    const auto answer = made_of(route.shows(asked, session), asked);
    return answer ? document_of(answer->body.text()) : json();  // the handler says what is wrong
}

/// {"name": {"from": …, "to": …}} of what both have, and what differs.
json changes_between(const json& before, const json& after)
{
    auto changes = json::object();
    for (const auto& [name, value] : before.items()) {
        const auto found = after.find(name);
        if (found == after.end() || *found == value || name == "updated_at") continue;
        changes[name] = {{"from", value}, {"to", *found}};
    }
    return changes;
}

json what_was_done(const json& before, const json& after)
{
    if (before.is_object() && after.is_object()) return {{"changes", changes_between(before, after)}};
    if (before.is_object()) return {{"before", before}};
    if (after.is_object()) return {{"after", after}};
    return json::object();
}

/// "rule:<id>", "ruleset:<version>", "settings".
std::string object_of(const audit::KnownAct& act, const Call& call, const json& after)
{
    std::string object(act.object);
    const auto member = [&](const char* name) {
        const auto found = after.is_object() ? after.find(name) : after.end();
        return found == after.end() ? json() : *found;
    };
    if (!call.path.empty()) {
        object += ':' + call.path.back().second;
        // Of what stands below something else, its own.
        if (const auto id = member("id"); id.is_string() && act.recorded == Recorded::with_answer) {
            object = std::string(act.object) + ':' + id.get<std::string>();
        }
    } else if (const auto id = member("id"); id.is_string()) {
        object += ':' + id.get<std::string>();
    } else if (const auto version = member("version"); version.is_number_integer() && act.object == "ruleset") {
        object += ':' + version.dump();
    }
    return object;
}

Result<Done> append(const Call& call, const Route& route, ports::TenantSession& session, audit::Act act)
{
    act.actor = actor_of(call);
    act.name = route.act->act;
    const auto appended = session.audit().append(act);
    if (!appended) return appended.error();
    return Done{};
}

}  // namespace

audit::Actor actor_of(const Call& call)
{
    return {.id = call.who.actor(),
            .means = std::string(identity::means_of(call.who.kind)),
            .request_id = call.request.head.request_id};
}

std::string detail_of(const Call& call, json what)
{
    const auto& head = call.request.head;
    const auto& who = call.who;
    what["address"] = head.remote_address;
    if (const auto agent = head.header("User-Agent"); !agent.empty()) {
        what["user_agent"] = truncate_utf8(agent, kMaxAgentBytes);
    }
    what["name"] = who.user_name.empty() ? who.integration_name : who.user_name;
    if (!who.email.empty()) what["email"] = who.email;
    // Somebody else may have made it: the record of that tells who.
    if (!who.key.is_nil()) what["key"] = who.key.str();
    auto text = dump(what);
    if (text.size() <= audit::kMaxDetailBytes) return text;
    // The names of what changed, at least.
    auto changed = json::array();
    if (const auto changes = what.find("changes"); changes != what.end()) {
        for (const auto& [name, value] : changes->items()) changed.push_back(name);
    }
    for (const auto* long_one : {"changes", "before", "after"}) what.erase(long_one);
    what["changed"] = std::move(changed);
    what["left_out_bytes"] = text.size();
    text = dump(what);
    if (text.size() <= audit::kMaxDetailBytes) return text;
    return dump(json{{"left_out_bytes", text.size()}});
}

bool is_recorded_beforehand(const Route& route) noexcept
{
    return route.act != nullptr && route.act->recorded == Recorded::beforehand;
}

bool is_recorded_beforehand(const Route& route, const http::RequestHead& head, int status) noexcept
{
    return is_recorded_beforehand(route) && status < kRefused && head.method != "HEAD";
}

Result<Done> record_beforehand(const Call& call, const Route& route, ports::TenantSession& session)
{
    audit::Act act;
    act.object = route.act->object;
    if (!call.path.empty() && Uuid::parse(call.path.back().second)) act.object += ':' + call.path.back().second;
    act.result = kBegun;
    act.detail = detail_of(call, {{"query", truncate_utf8(call.request.head.query, kMaxAgentBytes)}});
    return append(call, route, session, std::move(act));
}

Result<Answer> recorded_answer(const Call& call, const Route& route, ports::TenantSession& session)
{
    const auto* const known = route.act;
    const bool compares = known != nullptr && known->recorded == Recorded::with_changes;
    const bool records = compares || (known != nullptr && known->recorded == Recorded::with_answer);
    if (!records || only_reads(route, call.request.head)) return route.handler(call, session);

    json before;
    if (compares) {
        auto seen = shown_before(call, route, session);
        if (!seen) return seen.error();
        before = *std::move(seen);
    }
    auto response = made_of(route.handler(call, session), call);
    if (!response) return response.error();
    if (response->status >= kRefused) return Answer(*std::move(response));

    const auto after = document_of(response->body.text());
    audit::Act act;
    act.object = object_of(*known, call, after);
    act.result = response->status;
    auto what = what_was_done(before, after);
    Cleaner(call.services.contact_types).clean(what);
    act.detail = detail_of(call, std::move(what));
    if (const auto appended = append(call, route, session, std::move(act)); !appended) return appended.error();
    return Answer(*std::move(response));
}

}  // namespace winnow::api

#include "api/audit/access_note.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/refusal.hpp"
#include "winnow/api/denials.hpp"
#include "winnow/base/network.hpp"
#include "winnow/observe/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::api {

namespace {

using http::Response;

constexpr std::array kSummed{401, 403, 429};
constexpr int kRefused = 400;
constexpr int kForbidden = 403;
constexpr int kFailed = 500;  // by a fault of ours
constexpr std::size_t kMaxReadBytes = 4'096;

/// What a problem document calls itself; "" of another answer.
std::string code_of(const Response& response)
{
    const auto text = response.body.text();
    if (text.empty() || text.size() > kMaxReadBytes || text.front() != '{') return "";
    const auto problem = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto code = problem.is_object() ? problem.find("code") : problem.end();
    return problem.is_object() && code != problem.end() && code->is_string() ? code->get<std::string>() : "";
}

/// What somebody may not do is for the audit log, too.
void note_denial(const AccessLogs& logs, const access::Principal& who, int status, Denied what)
{
    if (status != kForbidden || logs.denials == nullptr) return;
    if (what.code.empty()) what.code = "forbidden";  // in the form of a sender, whose clients read no such word
    logs.denials->note(who, what);
}

void refuse(const AccessNote& note, const Error& why, http::ResponseSink& sink)
{
    const auto& entry = note.entry;
    observe::error("a call was refused because its entry in the access log could not be stored",
                   {{"request_id", entry.request_id}, {"tenant", note.who.service_code}, {"reason", why.message()}});
    const Error error(ErrorCode::unavailable,
                      "what is asked for is answered only when it stands in the access log, and that cannot be written "
                      "just now; ask again");
    sink(refusal(note.sender, error, entry.request_id));
}

}  // namespace

std::shared_ptr<AccessNote> note_of(const access::Principal& who, const Route& route, const PathParameters& path,
                                    const http::RequestHead& head, Timestamp now, Uuid id)
{
    auto note = std::make_shared<AccessNote>();
    note->tenant = who.tenant;
    note->who = who;
    note->sender = route.sender;
    note->operation = route.operation_id;
    note->is_head = head.method == "HEAD";
    auto& entry = note->entry;
    entry.at = now;
    entry.id = id;
    entry.actor = who.actor();
    entry.means = identity::means_of(who.kind);
    if (!who.key.is_nil()) entry.key = who.key;
    if (access::is_user(who.kind)) entry.role = to_string(who.role);
    entry.address = canonical_address(head.remote_address);
    entry.method = head.method;
    entry.route = route.pattern;
    for (const auto& [name, value] : path) {
        if (name == "token") continue;  // a key
        entry.object += (entry.object.empty() ? "" : "/") + value;
    }
    entry.request_id = head.request_id;
    return note;
}

bool is_summed(int status) noexcept
{
    return std::ranges::find(kSummed, status) != kSummed.end();
}

void conclude(AccessNote& note, const Response& response)
{
    auto& entry = note.entry;
    entry.status = response.status;
    if (response.status >= kRefused) entry.code = code_of(response);
    entry.bytes.reset();
    if (note.is_head) {
        entry.bytes = 0;
    } else if (response.body.source() == nullptr) {
        entry.bytes = static_cast<std::int64_t>(response.body.text().size());
    }
}

http::ResponseSink recording(std::shared_ptr<AccessNote> note, AccessLogs logs, http::ResponseSink sink)
{
    return [note = std::move(note), logs, sink = std::move(sink)](Response response) mutable {
        if (note->is_stored) return sink(std::move(response));
        conclude(*note, response);
        const auto& entry = note->entry;
        if (is_summed(response.status)) {
            logs.refused.note(note->who, {.address = entry.address,
                                          .method = entry.method,
                                          .route = entry.route,
                                          .status = entry.status,
                                          .code = entry.code});
            note_denial(logs, note->who, entry.status,
                        {.operation = std::string(note->operation),
                         .code = entry.code,
                         .address = entry.address,
                         .request_id = entry.request_id});
            return sink(std::move(response));
        }
        if (response.status >= kFailed) {  // it shows nothing, and waiting would tell a client later that we are away
            logs.records.store({.tenant = note->tenant, .entry = entry}, 0, [](const Result<Done>&) {});
            return sink(std::move(response));
        }
        const auto held = response.body.text().size();
        logs.records.store(
            {.tenant = note->tenant, .entry = entry}, held,
            [note, sink = std::move(sink), response = std::move(response)](const Result<Done>& stored) mutable {
                if (!stored) return refuse(*note, stored.error(), sink);
                sink(std::move(response));
            });
    };
}

Recorder recorder_of(AccessLogs logs, const Route& route, const PathParameters& path, Timestamp (*clock)(),
                     Uuid (*new_id)())
{
    return [=, &route, &path](const access::Principal& who, const http::RequestHead& head, http::ResponseSink sink) {
        return recording(note_of(who, route, path, head, clock(), new_id()), logs, std::move(sink));
    };
}

void note_refusal(const AccessLogs& logs, const access::Principal& who, const Route& route,
                  const http::RequestHead& head, int status, std::string_view code)
{
    logs.refused.note(who, refused_call(head, route, status, code));
    note_denial(logs, who, status,
                {.operation = std::string(route.operation_id),
                 .code = std::string(code),
                 .address = head.remote_address,
                 .request_id = head.request_id});
}

identity::RefusedCall refused_call(const http::RequestHead& head, const Route& route, int status,
                                   std::string_view code) noexcept
{
    return {
        .address = head.remote_address, .method = head.method, .route = route.pattern, .status = status, .code = code};
}

}  // namespace winnow::api

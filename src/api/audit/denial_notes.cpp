#include "api/audit/denial_notes.hpp"

#include "winnow/api/denials.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::api {

namespace {

constexpr int kForbidden = 403;

Denied denied(const Route& route, const http::RequestHead& head)
{
    return {.operation = std::string(route.operation_id),
            .code = "forbidden",
            .address = head.remote_address,
            .request_id = head.request_id};
}

/// Of a problem document; what its form has is another's where a sender's answers are read by its own clients.
std::string code_of(std::string_view body)
{
    const auto document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    const auto code = document.is_object() ? document.find("code") : document.end();
    return code != document.end() && code->is_string() ? code->get<std::string>() : "forbidden";
}

}  // namespace

void note_denial(Denials* denials, const access::Principal& who, const Route& route, const http::RequestHead& head,
                 std::string_view code)
{
    if (denials == nullptr) return;
    auto what = denied(route, head);
    what.code = code;
    denials->note(who, what);
}

http::ResponseSink noting_denials(Denials* denials, std::shared_ptr<const access::Principal> who, const Route& route,
                                  const http::RequestHead& head, http::ResponseSink sink)
{
    if (denials == nullptr) return sink;
    return [denials, who = std::move(who), what = denied(route, head),
            sink = std::move(sink)](http::Response response) mutable {
        if (response.status == kForbidden) {
            what.code = code_of(response.body.text());
            denials->note(*who, what);
        }
        sink(std::move(response));
    };
}

}  // namespace winnow::api

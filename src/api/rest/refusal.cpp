#include "api/rest/refusal.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/scim_form.hpp"
#include "winnow/base/text.hpp"

#include <utility>
#include <vector>

namespace winnow::api {

namespace {

constexpr std::string_view kUnsupported = "unsupported_media_type";

/// Whose form whoever asks for `path` reads.
const intake::Sender* reader_of(std::string_view path)
{
    return is_scim(path) ? &scim_form() : intake::sender_at(path);
}

http::Response refuse(intake::Refuse in_its_form, intake::Refusal why)
{
    const auto text = is_valid_utf8(why.detail) ? std::string() : shown_text(why.detail);
    if (!text.empty()) why.detail = text;
    auto response = response_of(in_its_form(why));
    add_headers_of_status(response);
    return response;
}

}  // namespace

http::Response response_of(intake::Reply reply)
{
    constexpr std::size_t kOfRates = 2;
    http::Response response(reply.status);
    response.headers.reserve(1 + reply.headers.size() + kOfRates);
    if (!reply.content_type.empty()) {
        response.headers.push_back({.name = "Content-Type", .value = std::string(reply.content_type)});
    }
    for (auto& [name, value] : reply.headers) {
        response.headers.push_back({.name = std::string(name), .value = std::move(value)});
    }
    response.body = std::move(reply.body);
    return response;
}

http::Response refusal(const intake::Sender* sender, const Error& error, std::string_view request_id)
{
    if (sender == nullptr || sender->refuse == nullptr) return problem(error, instance_of(request_id));
    const auto kind = kind_of(error);
    const auto detail = error.code() == ErrorCode::internal ? "The error was logged." : explained(error);
    return refuse(sender->refuse, {.status = kind.status,
                                   .code = kind.code,
                                   .detail = detail,
                                   .fields = error.fields(),
                                   .request_id = request_id});
}

http::Response refusal(const intake::Sender* sender, int status, std::string_view code, std::string_view detail,
                       std::string_view request_id)
{
    if (sender == nullptr || sender->refuse == nullptr) {
        return problem(status, code, detail, {}, request_id.empty() ? std::string() : instance_of(request_id));
    }
    return refuse(sender->refuse, {.status = status, .code = code, .detail = detail, .request_id = request_id});
}

http::Response refusal(const SenderRoute& at, const Error& error, std::string_view request_id)
{
    if (is_unsupported(error)) return refusal(at.sender, 415, kUnsupported, error.message(), request_id);
    if (error.code() == ErrorCode::rate_limited && at.path != nullptr) {
        return refusal(at.sender, at.path->too_much, kind_of(error).code, error.message(), request_id);
    }
    return refusal(at.sender, error, request_id);
}

RefusalForm rate_form(const SenderRoute& at) noexcept
{
    RefusalForm form;
    if (at.path != nullptr) form.status = at.path->too_fast;
    if (at.sender != nullptr) form.refuse = at.sender->refuse;
    return form;
}

http::Response error_at(std::string_view path, const Error& error, std::string_view request_id)
{
    return refusal(reader_of(path), error, request_id);
}

http::Response error_at(std::string_view path, int status, std::string_view code, std::string_view detail,
                        std::string_view request_id)
{
    return refusal(reader_of(path), status, code, detail, request_id);
}

Error unsupported_content(std::string detail)
{
    std::vector<FieldError> fields(1);
    fields.front().code = kUnsupported;
    fields.front().detail = std::move(detail);
    return Error(std::move(fields));
}

bool is_unsupported(const Error& error)
{
    return !error.fields().empty() && error.fields().front().code == kUnsupported;
}

}  // namespace winnow::api

#include "api/staff/staff.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/domain/mailbox.hpp"

#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::StaffMember;

constexpr std::string_view kTokenPrefix = "wnst_";

json staff_json(const StaffMember& member)
{
    return {{"id", member.id.str()},
            {"email", member.email},
            {"name", member.name},
            {"role", member.role},
            {"state", member.state},
            {"created_at", format_rfc3339(member.created_at)},
            {"signed_in_at", member.signed_in_at ? json(format_rfc3339(*member.signed_in_at)) : json(nullptr)}};
}

/// Whoever holds what enrols can be that person. So nobody of the staff is given it of another one, and who approves
/// what another one asks for is not the same.
std::optional<Error> refused_to_staff(const http::Request& request)
{
    if (staff_caller(request) == nullptr) return std::nullopt;
    return Error(ErrorCode::permission_denied, "this takes the provider's own key or certificate");
}

/// With what enrols, which is shown this once.
http::Response with_token(int status, const StaffMember& member, const std::string& token)
{
    auto document = staff_json(member);
    document["enrolment_token"] = token;
    return with_secret(json_response(status, document));
}

}  // namespace

std::optional<std::string> staff_session_hash(const http::RequestHead& head)
{
    constexpr std::string_view kBearer = "Bearer ";
    auto text = std::string_view(head.header("Authorization"));
    if (!text.starts_with(kBearer)) return std::nullopt;
    text.remove_prefix(kBearer.size());
    if (!text.starts_with(kTokenPrefix)) return std::nullopt;
    return crypto::token_hash(text.substr(kTokenPrefix.size()));
}

std::optional<Error> staff_refusal(const ports::StaffSession& session, const http::RequestHead& head, bool works)
{
    if (session.member.role == "admin" || works || head.method == "GET" || head.method == "HEAD") return std::nullopt;
    return Error(ErrorCode::permission_denied, "this takes one of the staff whose role is admin");
}

Result<http::Response> create_staff(const http::Request& request, const StaffParts& parts,
                                    const std::function<Uuid()>& new_id)
{
    if (auto refused = refused_to_staff(request)) return *std::move(refused);
    const auto document = read_object(request);
    if (!document) return document.error();
    StaffMember member;
    FieldReader fields(*document);
    member.email = fields.text("email", {3, domain::kMaxMailbox}, Need::required).value_or("");
    if (auto wrong = domain::mailbox_problem(member.email); !member.email.empty() && !wrong.empty()) {
        fields.error("email", std::move(wrong));
    }
    member.name = fields.text("name", {1, 200}, Need::required).value_or("");
    member.role = fields.word("role", {"support", "admin"}, Need::required).value_or("support");
    if (auto read = fields.finish(); !read) return read.error();
    member.id = StaffId(new_id());
    const auto token = crypto::make_token();
    const auto made = parts.store.create(member, token.hash, provider_request_of(request));
    if (!made) return made.error();
    return with_token(201, *made, token.text);
}

Result<http::Response> list_staff(const http::Request& request, const StaffParts& parts)
{
    if (const auto known = only_parameters(request.head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<StaffId>(request.head);
    if (!page) return page.error();
    return id_page_response(
        request.head, *page, [&](const auto& after, std::size_t most) { return parts.store.page(after, most); },
        staff_json);
}

Result<http::Response> reset_staff(StaffId id, const http::Request& request, const StaffParts& parts)
{
    if (auto refused = refused_to_staff(request)) return *std::move(refused);
    const auto token = crypto::make_token();
    const auto member = parts.store.reset(id, token.hash, provider_request_of(request));
    if (!member) return member.error();
    return with_token(200, *member, token.text);
}

Result<http::Response> disable_staff(StaffId id, const http::Request& request, const StaffParts& parts)
{
    const auto member = parts.store.disable(id, provider_request_of(request));
    if (!member) return member.error();
    return json_response(200, staff_json(*member));
}

Result<http::Response> sign_out_staff(const http::Request& request, const StaffParts& parts)
{
    const auto* const caller = staff_caller(request);
    if (caller == nullptr) return Error(ErrorCode::conflict, "who shows the provider's key has not signed in");
    const auto ended = parts.store.sign_out(caller->session.id, provider_request_of(request));
    if (!ended) return ended.error();
    return no_content();
}

}  // namespace winnow::api

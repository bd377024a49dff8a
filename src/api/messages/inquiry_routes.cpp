#include "api/messages/inquiry_json.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/messages/inquiry_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Inquiry;
using domain::InquiryEvent;
using domain::InquiryMessage;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

InquiryMessage said(const Call& call, std::int64_t seq, std::string text)
{
    return {.seq = seq,
            .side = domain::InquirySide::tenant,
            .author = call.who.actor(),
            .author_name = call.who.user_name,
            .text = std::move(text),
            .at = call.now};
}

/// The provider is told by mail, where somebody is there to be told. An inquiry stands although too many mails wait.
Result<Done> tell_provider(const Call& call, TenantSession& session, const Inquiry& inquiry)
{
    if (call.services.support_address.empty()) return Done{};
    ports::ServerMail mail;
    mail.id = ServerMailId(call.services.new_id());
    mail.kind = signin::MailKind::inquiry_asked;
    mail.to = call.services.support_address;
    mail.at = call.now;
    mail.about = inquiry.subject;
    auto owed = session.server_mails().owe(mail);
    if (!owed && owed.error().code() == ErrorCode::rate_limited) return Done{};
    return owed;
}

Result<Response> list_inquiries(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<InquiryId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.inquiries().page(after, most); },
        inquiry_json);
}

Result<Response> open_inquiry(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    Inquiry inquiry;
    FieldReader fields(*document);
    inquiry.subject = fields.text("subject", {1, domain::kMaxInquirySubject}, Need::required).value_or("");
    if (inquiry.subject.find_first_of("\r\n") != std::string::npos) fields.error("subject", "a subject is one line");
    auto text = read_inquiry_text(fields);
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto room = below_limit(session.inquiries().count(), call.services.tenant_limits.max_inquiries, "inquiries");
    if (!room) return room.error();
    inquiry.id = InquiryId(call.services.new_id());
    inquiry.opened_by = call.who.user;
    inquiry.opened_by_name = call.who.user_name;
    inquiry.messages = 1;
    inquiry.opened_at = call.now;
    inquiry.changed_at = call.now;
    const auto message = said(call, 1, std::move(text));
    if (const auto opened = session.inquiries().open(inquiry, message); !opened) return opened.error();
    if (const auto told = tell_provider(call, session, inquiry); !told) return told.error();
    auto response = json_response(201, inquiry_json(inquiry));
    response.set("Location", "/api/v1/inquiries/" + inquiry.id.str());
    return response;
}

Result<Response> get_inquiry(const Call& call, TenantSession& session)
{
    const auto id = call.id<InquiryId>();
    if (!id) return id.error();
    const auto inquiry = session.inquiries().find(*id);
    if (!inquiry) return inquiry.error();
    return json_response(200, inquiry_json(*inquiry));
}

Result<Response> list_messages(const Call& call, TenantSession& session)
{
    const auto id = call.id<InquiryId>();
    if (!id) return id.error();
    if (const auto inquiry = session.inquiries().find(*id); !inquiry) return inquiry.error();
    return inquiry_messages_response(call.request.head, [&](std::int64_t after, std::size_t most) {
        return session.inquiries().messages(*id, after, most);
    });
}

/// Locked, and moved on.
Result<Inquiry> moved(const Call& call, TenantSession& session, InquiryEvent event)
{
    const auto id = call.id<InquiryId>();
    if (!id) return id.error();
    auto inquiry = session.inquiries().lock(*id);
    if (!inquiry) return inquiry;
    const auto state = next(inquiry->state, event);
    if (!state) return Error(ErrorCode::conflict, "the inquiry is closed: open another one");
    inquiry->state = *state;
    inquiry->changed_at = call.now;
    if (*state == domain::InquiryState::closed) inquiry->closed_at = call.now;
    return inquiry;
}

Result<Response> add_message(const Call& call, TenantSession& session)
{
    auto text = read_inquiry_message(call.request);
    if (!text) return text.error();
    auto inquiry = moved(call, session, InquiryEvent::ask);
    if (!inquiry) return inquiry.error();
    if (inquiry->messages >= domain::kMaxInquiryMessages) {
        return Error(ErrorCode::conflict, "the inquiry has as many messages as one may have: open another one");
    }
    const auto message = said(call, ++inquiry->messages, *std::move(text));
    if (const auto changed = session.inquiries().change(*inquiry, message); !changed) return changed.error();
    if (const auto told = tell_provider(call, session, *inquiry); !told) return told.error();
    return json_response(201, inquiry_message_json(message));
}

Result<Response> close_inquiry(const Call& call, TenantSession& session)
{
    const auto inquiry = moved(call, session, InquiryEvent::close);
    if (!inquiry) return inquiry.error();
    if (const auto changed = session.inquiries().change(*inquiry, std::nullopt); !changed) return changed.error();
    return json_response(200, inquiry_json(*inquiry));
}

}  // namespace

std::vector<Route> inquiry_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/inquiries", read_inquiries, "listInquiries", list_inquiries},
        {"POST", "/api/v1/inquiries", write_inquiries, "openInquiry", open_inquiry},
        {"GET", "/api/v1/inquiries/{id}", read_inquiries, "getInquiry", get_inquiry},
        {"GET", "/api/v1/inquiries/{id}/messages", read_inquiries, "listInquiryMessages", list_messages},
        {"POST", "/api/v1/inquiries/{id}/messages", write_inquiries, "addInquiryMessage", add_message},
        {"POST", "/api/v1/inquiries/{id}/close", write_inquiries, "closeInquiry", close_inquiry},
    };
}

}  // namespace winnow::api

#include "delivery/channels/mail/server_mail.hpp"

#include "delivery/channels/mail/attempt.hpp"
#include "delivery/channels/mail/message.hpp"
#include "delivery/channels/setting.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/signin/mail_text.hpp"

#include <utility>

namespace winnow::delivery {

namespace {

signin::MailFacts facts_of(const ports::OwedMail& owed, const DeliveryOptions& options, std::string token)
{
    return {.tenant_name = owed.tenant_name,
            .service_code = owed.service_code,
            .public_url = options.public_url,
            .token = std::move(token),
            .source = owed.mail.source,
            .at = owed.mail.at,
            .number = owed.mail.number,
            .about = owed.mail.about};
}

/// Tried again: the operator may have started this node with another key file.
std::unexpected<ports::SendReport> sealed_otherwise(const ports::OwedMail& owed, const Error& error)
{
    observe::error("the link of a mail cannot be opened", {{"mail", owed.mail.id.str()}, {"reason", error.message()}});
    ports::SendReport report;
    report.error = "The link of the mail cannot be opened by this service.";
    return std::unexpected(std::move(report));
}

}  // namespace

Prepared prepare_server_mail(const ports::OwedMail& owed, const Tools& tools)
{
    const auto& mail = owed.mail;
    if (tools.options.smtp.host.empty()) return refused("This service has no mail server configured.");
    if (!is_plain_mailbox(mail.to)) return refused("The address is not one plain mail address.");
    const auto link = signin::link_of(mail.kind);
    if (link && tools.options.public_url.empty()) {
        return refused("This service does not know its own address (delivery.public_url), where the link would lead.");
    }
    std::string token;
    if (link) {
        auto opened = tools.sealing.open(ports::mail_token_place(owed.tenant, mail.id), mail.sealed_token);
        if (!opened) return sealed_otherwise(owed, opened.error());
        token = std::move(*opened);
    }
    const auto text = signin::render_mail(mail.kind, mail.locale, facts_of(owed, tools.options, std::move(token)));
    return make_mail_attempt(tools.options, mail.to,
                             [&options = tools.options, text, to = mail.to, id = mail.id](auto now) {
                                 return compose_mail({.from = options.smtp.from,
                                                      .to = to,
                                                      .subject = text.subject,
                                                      .text = text.text,
                                                      .delivery_id = DeliveryId(id.value()),
                                                      .ticket_id = {},
                                                      .date = now});
                             });
}

}  // namespace winnow::delivery

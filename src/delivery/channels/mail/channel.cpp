/// @file
/// Mail, by the operator's server.

#include "delivery/channels/mail/attempt.hpp"
#include "delivery/channels/mail/message.hpp"
#include "delivery/channels/setting.hpp"
#include "delivery/channels/table.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/routing/message.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::delivery {

namespace {

std::string address_problem(std::string_view text, const ports::AllowedHosts& /*hosts*/)
{
    return domain::mailbox_problem(text);
}

constexpr std::array kFields{
    ports::ContactField{.name = "address", .max = domain::kMaxMailbox, .required = true, .problem = &address_problem}};

/// A last line for the text; "" where nobody has said how this service is reached.
std::string link_to_ticket(std::string_view public_url, TicketId ticket)
{
    while (public_url.ends_with('/')) public_url.remove_suffix(1);
    if (public_url.empty()) return {};
    return "Its resource: " + std::string(public_url) + "/api/v1/tickets/" + ticket.str() + "\n";
}

ComposeMail composer(const ports::ClaimedDelivery& message, const DeliveryOptions& options, const std::string& to)
{
    return [&options, to, delivery = message.delivery,
            public_url = message.public_url.value_or(options.public_url)](std::chrono::sys_seconds now) {
        auto mail = routing::render_mail(delivery.payload);
        return compose_mail({.from = options.smtp.from,
                             .to = to,
                             .subject = std::move(mail.subject),
                             .text = mail.text + link_to_ticket(public_url, delivery.ticket_id),
                             .delivery_id = delivery.id,
                             .ticket_id = delivery.ticket_id,
                             .date = now});
    };
}

Prepared prepare(const ports::ClaimedDelivery& message, const Tools& tools)
{
    if (tools.options.smtp.host.empty()) return refused("This service has no mail server configured; use a webhook.");
    // The API takes plain mailboxes only; this holds whatever came into the database by other ways.
    const auto known = setting_of(message, "address", tools.sealing);
    if (!known) {
        return unreadable(message, known.error(), "a contact's address cannot be read",
                          "The contact's address cannot be read by this service; set it anew.");
    }
    if (!is_plain_mailbox(*known)) return refused("The contact's address is not one plain mail address.");
    const auto& to = message.contact.setting("address").shown;
    return make_mail_attempt(tools.options, to, composer(message, tools.options, to));
}

}  // namespace

const ChannelType& mail_channel()
{
    static constexpr ChannelType kMail{
        .contact = {.type = "email", .fields = kFields},
        .prepare = &prepare,
        .bound = {.at_once = 16, .told_if_late = "The mail server was busy with other mails."}};
    return kMail;
}

}  // namespace winnow::delivery

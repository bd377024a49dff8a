/// @file
/// Mail, by the operator's server.

#include "delivery/channels/mail/message.hpp"
#include "delivery/channels/setting.hpp"
#include "delivery/channels/table.hpp"
#include "delivery/curl/transfer.hpp"
#include "delivery/send_report.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/routing/message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::delivery {

namespace {

using Outcome = ports::SendReport::Outcome;
using Security = SmtpOptions::Security;

std::string address_problem(std::string_view text, const ports::AllowedHosts& /*hosts*/)
{
    return domain::mailbox_problem(text);
}

constexpr std::array kFields{
    ports::ContactField{.name = "address", .max = domain::kMaxMailbox, .required = true, .problem = &address_problem}};

class MailAttempt final : public Attempt {
public:
    MailAttempt(const ports::ClaimedDelivery& message, const DeliveryOptions& options)
        : options_(options),
          delivery_(message.delivery),
          public_url_(message.public_url.value_or(options.public_url)),
          to_(message.contact.setting("address").shown)
    {
    }

    void arm(CURL* transfer, std::chrono::sys_seconds now) override
    {
        const auto& smtp = options_.smtp;
        set_common(transfer, options_, "smtp,smtps", smtp.ca_file);
        const bool is_v6 = smtp.host.contains(':') && !smtp.host.starts_with('[');
        const auto host = is_v6 ? "[" + smtp.host + "]" : smtp.host;
        const auto scheme = smtp.security == Security::tls ? "smtps://" : "smtp://";
        set(transfer, CURLOPT_URL, (scheme + host + ":" + std::to_string(smtp.port)).c_str());
        set(transfer, CURLOPT_USE_SSL,
            static_cast<long>(smtp.security == Security::starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
        if (!smtp.username.empty()) {
            set(transfer, CURLOPT_USERNAME, smtp.username.c_str());
            set(transfer, CURLOPT_PASSWORD, smtp.password.c_str());
        }
        set(transfer, CURLOPT_MAIL_FROM, ("<" + std::string(mailbox_of(smtp.from)) + ">").c_str());
        append(receivers_, "<" + to_ + ">");
        set(transfer, CURLOPT_MAIL_RCPT, receivers_.get());

        auto mail = routing::render_mail(delivery_.payload);
        text_ = compose_mail({.from = smtp.from,
                              .to = to_,
                              .subject = std::move(mail.subject),
                              .text = mail.text + link_to_ticket(),
                              .delivery_id = delivery_.id,
                              .ticket_id = delivery_.ticket_id,
                              .date = now});
        set(transfer, CURLOPT_UPLOAD, 1L);
        set(transfer, CURLOPT_READFUNCTION, &read_text);
        set(transfer, CURLOPT_READDATA, static_cast<void*>(this));
        set(transfer, CURLOPT_WRITEFUNCTION, &swallow);
        set(transfer, CURLOPT_HEADERFUNCTION, &swallow);
    }

    ports::SendReport judge(CURL* transfer, CURLcode end, std::chrono::sys_seconds /*now*/) override
    {
        constexpr int kFirstFailure = 400;
        ports::SendReport report;
        const int reply = reply_code(transfer);
        if (end == CURLE_OK) {
            report.outcome = Outcome::delivered;
            report.status = reply;
            report.heard = ports::SendReport::Heard::answer;
            return report;
        }
        const bool answered = end == CURLE_SEND_ERROR || end == CURLE_LOGIN_DENIED ||
                              end == CURLE_REMOTE_ACCESS_DENIED || end == CURLE_WEIRD_SERVER_REPLY;
        if (answered && reply >= kFirstFailure) return judge_smtp(reply, stage(end));
        report.heard = heard_of(end);
        report.error = describe_failure(transfer, end, "The mail server", options_);
        return report;
    }

private:
    /// A last line for the text; "" where nobody has said how this service is reached.
    [[nodiscard]] std::string link_to_ticket() const
    {
        std::string_view place = public_url_;
        while (place.ends_with('/')) place.remove_suffix(1);
        if (place.empty()) return {};
        return "Its resource: " + std::string(place) + "/api/v1/tickets/" + delivery_.ticket_id.str() + "\n";
    }

    [[nodiscard]] SmtpStage stage(CURLcode end) const
    {
        if (sent_ > 0) return SmtpStage::message;
        return end == CURLE_SEND_ERROR ? SmtpStage::envelope : SmtpStage::session;
    }

    static std::size_t read_text(char* buffer, std::size_t size, std::size_t count, void* self)
    {
        auto& attempt = *static_cast<MailAttempt*>(self);
        const auto length = std::min(size * count, attempt.text_.size() - attempt.sent_);
        attempt.text_.copy(buffer, length, attempt.sent_);
        attempt.sent_ += length;
        return length;
    }

    static std::size_t swallow(const char*, std::size_t size, std::size_t count, void*) { return size * count; }

    const DeliveryOptions& options_;
    const domain::Delivery delivery_;
    const std::string public_url_;
    const std::string to_;
    TextList receivers_;
    std::string text_;
    std::size_t sent_ = 0;
};

Prepared prepare(const ports::ClaimedDelivery& message, const Tools& tools)
{
    if (tools.options.smtp.host.empty()) return refused("This service has no mail server configured; use a webhook.");
    // The API takes plain mailboxes only; this holds whatever came into the database by other ways.
    const auto known = setting_of(message, "address", tools.sealing);
    if (!known) {
        return unreadable(message, known.error(), "a contact's address cannot be read",
                          "The contact's address cannot be read by this service; set it anew.");
    }
    const auto& address = *known;
    const bool plain =
        std::ranges::all_of(address, [](char c) { return c > ' ' && c < '\x7F' && c != '<' && c != '>'; });
    if (address.empty() || !plain) return refused("The contact's address is not one plain mail address.");
    return std::make_unique<MailAttempt>(message, tools.options);
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

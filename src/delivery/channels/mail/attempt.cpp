#include "delivery/channels/mail/attempt.hpp"

#include "delivery/channels/mail/message.hpp"
#include "delivery/curl/transfer.hpp"
#include "delivery/send_report.hpp"

#include <algorithm>
#include <utility>

namespace winnow::delivery {

namespace {

using Outcome = ports::SendReport::Outcome;
using Security = SmtpOptions::Security;

class MailAttempt final : public Attempt {
public:
    MailAttempt(const DeliveryOptions& options, std::string to, ComposeMail compose)
        : options_(options), to_(std::move(to)), compose_(std::move(compose))
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

        text_ = compose_(now);
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
    const std::string to_;
    const ComposeMail compose_;
    TextList receivers_;
    std::string text_;
    std::size_t sent_ = 0;
};

}  // namespace

bool is_plain_mailbox(std::string_view address)
{
    const bool plain =
        std::ranges::all_of(address, [](char c) { return c > ' ' && c < '\x7F' && c != '<' && c != '>'; });
    return plain && !address.empty();
}

std::unique_ptr<Attempt> make_mail_attempt(const DeliveryOptions& options, std::string to, ComposeMail compose)
{
    return std::make_unique<MailAttempt>(options, std::move(to), std::move(compose));
}

}  // namespace winnow::delivery

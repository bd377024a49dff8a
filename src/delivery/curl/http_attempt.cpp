#include "delivery/curl/http_attempt.hpp"

#include "delivery/curl/egress_socket.hpp"
#include "delivery/curl/transfer.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace winnow::delivery {

namespace {

using Outcome = ports::SendReport::Outcome;

constexpr auto kNotInPlain =
    "The URL leads to a network to which this service does not send without TLS; use https://, or let its operator "
    "allow the network.";

bool is_plain(std::string_view url)
{
    constexpr std::string_view kPlain = "http://";
    return std::ranges::equal(url.substr(0, kPlain.size()), kPlain, [](char has, char wants) {
        return (has >= 'A' && has <= 'Z' ? has - 'A' + 'a' : has) == wants;
    });
}

class HttpAttempt final : public Attempt {
public:
    HttpAttempt(HttpPost post, const Tools& tools)
        : options_(tools.options), post_(std::move(post)), plain_(is_plain(post_.url)), socket_(tools.guard, plain_)
    {
    }

    void arm(CURL* transfer, std::chrono::sys_seconds now) override
    {
        set_common(transfer, options_, plain_ ? "http" : "https", options_.webhook_ca_file);
        set(transfer, CURLOPT_URL, post_.url.c_str());
        set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(transfer, CURLOPT_USERAGENT, "winnow/" WINNOW_VERSION);
        set(transfer, CURLOPT_POSTFIELDS, post_.body.c_str());
        set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post_.body.size()));
        for (const auto& line : post_.headers(now, post_.body)) append(headers_, line);
        append(headers_, "Expect:");  // no round trip before the body
        set(transfer, CURLOPT_HTTPHEADER, headers_.get());
        socket_.arm(transfer);
        set(transfer, CURLOPT_WRITEFUNCTION, &swallow);
        set(transfer, CURLOPT_WRITEDATA, static_cast<void*>(this));
        set(transfer, CURLOPT_HEADERFUNCTION, &swallow);
        set(transfer, CURLOPT_HEADERDATA, static_cast<void*>(this));
    }

    ports::SendReport judge(CURL* transfer, CURLcode end, std::chrono::sys_seconds now) override
    {
        constexpr int kFirstFinalStatus = 200;
        const int status = reply_code(transfer);
        // Once a final status is there it decides, whatever becomes of the rest of the reply.
        if (status >= kFirstFinalStatus) return post_.judge(status, header(transfer, "Retry-After"), now);
        ports::SendReport report;
        if (socket_.was_refused()) {
            report.outcome = Outcome::refused;
            report.error = plain_ ? kNotInPlain
                                  : "The URL leads to a private or reserved network, which is not allowed; use a host "
                                    "that is reachable "
                                    "from the Internet.";
            return report;
        }
        if (end == CURLE_URL_MALFORMAT || (end == CURLE_UNSUPPORTED_PROTOCOL && !is_request_sent(transfer))) {
            report.outcome = Outcome::refused;
            report.error = "The URL cannot be called: it must be a well-formed https:// address.";
            return report;
        }
        const bool too_large = received_ > options_.max_reply_bytes;
        report.heard = too_large ? ports::SendReport::Heard::answer : heard_of(end);
        report.error = too_large ? "The receiver's answer is too large."
                                 : describe_failure(transfer, end, "The receiver", options_);
        return report;
    }

private:
    static std::string header(CURL* transfer, const char* name)
    {
        curl_header* found = nullptr;
        if (curl_easy_header(transfer, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
        return found->value;
    }

    /// An answer in another protocol than HTTP ends with the same code as a URL of another scheme.
    static bool is_request_sent(CURL* transfer)
    {
        long bytes = 0;
        curl_easy_getinfo(transfer, CURLINFO_REQUEST_SIZE, &bytes);
        return bytes > 0;
    }

    static std::size_t swallow(const char*, std::size_t size, std::size_t count, void* self)
    {
        auto& attempt = *static_cast<HttpAttempt*>(self);
        attempt.received_ += size * count;
        return attempt.received_ > attempt.options_.max_reply_bytes ? 0 : size * count;
    }

    const DeliveryOptions& options_;
    const HttpPost post_;
    const bool plain_;
    EgressSocket socket_;
    TextList headers_;
    std::size_t received_ = 0;  ///< Headers and body together.
};

}  // namespace

std::unique_ptr<Attempt> make_http_attempt(HttpPost post, const Tools& tools)
{
    return std::make_unique<HttpAttempt>(std::move(post), tools);
}

}  // namespace winnow::delivery

#include "delivery/send_report.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace winnow::delivery {

namespace {

using Outcome = ports::SendReport::Outcome;

/// A receiver that is being deployed anew answers 404 for a minute, one whose proxy restarts 401 or 403: giving up
/// there would lose a page. The back-off bounds what a URL that is simply wrong costs.
bool may_pass(int status)
{
    static constexpr std::array kMayPass = {401, 403, 404, 408, 425, 429};
    return status >= 500 || std::ranges::find(kMayPass, status) != kMayPass.end();
}

std::string advice(int status)
{
    if (status >= 300 && status < 400) return "; redirects are not followed, so give the final URL";
    if (status == 401 || status == 403) return "; it does not let us in";
    if (status == 404 || status == 405 || status == 410) return "; check the URL";
    return {};
}

/// Replies that tell of the relay's settings and not of the mail.
bool is_about_login(int reply)
{
    return reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::chrono::sys_seconds now)
{
    using std::chrono::seconds;
    constexpr auto kLongest = std::chrono::duration_cast<seconds>(kMaxRetryAfter);
    if (!value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
        std::int64_t count = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), count);
        return failure == std::errc{} ? std::min(seconds{count}, kLongest) : kLongest;
    }
    if (!value.contains("GMT")) return std::nullopt;  // curl_getdate guesses at much else
    const auto instant = curl_getdate(std::string(value).c_str(), nullptr);
    if (instant == -1) return std::nullopt;
    return std::clamp(seconds{instant} - now.time_since_epoch(), seconds{0}, kLongest);
}

ports::SendReport judge_http(int status, std::string_view retry_after, std::chrono::sys_seconds now)
{
    ports::SendReport report;
    report.status = status;
    report.heard = ports::SendReport::Heard::answer;
    if (status >= 200 && status < 300) {
        report.outcome = Outcome::delivered;
        return report;
    }
    report.error = "The receiver answered " + std::to_string(status) + advice(status) + ".";
    report.outcome = may_pass(status) ? Outcome::retry : Outcome::refused;
    if (report.outcome == Outcome::retry) report.retry_after = parse_retry_after(retry_after, now);
    return report;
}

ports::SendReport judge_smtp(int reply, SmtpStage stage)
{
    ports::SendReport report;
    report.status = reply;
    report.heard = ports::SendReport::Heard::answer;
    const auto code = std::to_string(reply);
    if (stage == SmtpStage::session || is_about_login(reply)) {
        report.error = "The mail server does not let this service send (" + code + "); its operator has to look.";
        return report;
    }
    report.outcome = reply >= 500 ? Outcome::refused : Outcome::retry;
    report.error = report.outcome == Outcome::refused
                       ? "The mail server refused the mail (" + code + "); check the address."
                       : "The mail server cannot take the mail now (" + code + ").";
    return report;
}

}  // namespace winnow::delivery

#include "delivery_fixture.hpp"
#include "webhook_receiver.hpp"
#include "winnow/crypto/digest.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>

namespace winnow::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Outcome = ports::SendReport::Outcome;

class Webhook : public DeliveryTest {
protected:
    static std::string url(const WebhookReceiver& receiver, const std::string& host = "localhost")
    {
        return "https://" + host + ":" + std::to_string(receiver.port()) + "/hooks/ops?team=a";
    }

    /// What comes of one call that is answered so.
    ports::SendReport answered(const WebhookAnswer& reply)
    {
        const WebhookReceiver receiver(certificate(), [&](const WebhookCall&) { return reply; });
        return send(webhook(url(receiver)));
    }
};

TEST_F(Webhook, ArrivesByteForByteAndItsSignatureVerifies)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(204); });
    const auto before = std::chrono::system_clock::now();
    const auto report = send(webhook(url(receiver)));

    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    EXPECT_EQ(report.status, 204);
    EXPECT_EQ(report.error, "");
    ASSERT_EQ(receiver.calls().size(), 1U);
    const auto call = receiver.calls().front();
    EXPECT_THAT(call.head, StartsWith("POST /hooks/ops?team=a HTTP/1.1\r\n"));
    EXPECT_EQ(call.body, kPayload);
    EXPECT_EQ(call.header("Content-Type"), "application/json");
    EXPECT_THAT(call.header("User-Agent"), StartsWith("winnow/"));
    EXPECT_EQ(call.header("Expect"), "");
    EXPECT_EQ(call.header("Accept-Encoding"), "");
    EXPECT_EQ(call.header("Cookie"), "");

    EXPECT_EQ(call.header("webhook-id"), "018f3a5e-0000-7000-8000-000000000001");
    const auto timestamp = call.header("webhook-timestamp");
    const auto sent_at = std::chrono::sys_seconds(seconds(std::stoll(timestamp)));
    EXPECT_GE(sent_at, std::chrono::floor<seconds>(before));
    EXPECT_LE(sent_at, std::chrono::system_clock::now());
    std::string key;
    ASSERT_TRUE(crypto::from_base64(std::string(kSecret).substr(6), key));
    EXPECT_EQ(call.header("webhook-signature"),
              "v1," + crypto::to_base64(
                          crypto::hmac_sha256(key, call.header("webhook-id") + "." + timestamp + "." + call.body)));
}

TEST_F(Webhook, ASecondCallUsesTheSameConnection)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200, "", "ok"); });
    const auto own = channel();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*own, webhook(url(receiver))).outcome, Outcome::delivered);
    EXPECT_EQ(receiver.calls().size(), 5U);
    EXPECT_EQ(receiver.connections(), 1U);
}

TEST_F(Webhook, ManyAtOnceAllArriveAndNoHostIsFlooded)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); });
    options.max_concurrent = 8;
    const auto own = channel();
    std::vector<std::future<ports::SendReport>> reports;
    for (int i = 0; i < 200; ++i) reports.push_back(begin(*own, webhook(url(receiver))));
    for (auto& report : reports) EXPECT_EQ(await(std::move(report)).outcome, Outcome::delivered);
    EXPECT_EQ(receiver.calls().size(), 200U);
    EXPECT_LE(receiver.connections(), 8U);
}

TEST_F(Webhook, AReceiverThatNeverAnswersTimesOutAndHoldsUpNobody)
{
    options.total_timeout = milliseconds{400};
    const WebhookReceiver silent(certificate(),
                                 [](const WebhookCall&) { return WebhookAnswer{"", WebhookAnswer::Then::hang}; });
    const WebhookReceiver good(certificate(), [](const WebhookCall&) { return answer(200); });
    const auto own = channel();
    auto late = begin(*own, webhook(url(silent)));
    ASSERT_TRUE(silent.wait_for_calls(1));
    EXPECT_EQ(send(*own, webhook(url(good))).outcome, Outcome::delivered);
    EXPECT_NE(late.wait_for(seconds{0}), std::future_status::ready) << "the good one had to wait";
    const auto report = await(std::move(late));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.error, "The receiver did not answer within 400 ms.");
    EXPECT_EQ(report.heard, ports::SendReport::Heard::timeout);
}

TEST_F(Webhook, WhoHangsAtOneHostHoldsUpNoOtherMessageToIt)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall& call) {
        return call.head.starts_with("POST /good ") ? answer(200) : WebhookAnswer{"", WebhookAnswer::Then::hang};
    });
    const auto own = channel();
    std::vector<std::future<ports::SendReport>> hanging;
    for (int i = 0; i < 40; ++i) hanging.push_back(begin(*own, webhook(url(receiver))));
    ASSERT_TRUE(receiver.wait_for_calls(40)) << "whose they are was decided before";
    EXPECT_EQ(send(*own, webhook("https://localhost:" + std::to_string(receiver.port()) + "/good")).outcome,
              Outcome::delivered);
}

TEST_F(Webhook, ARefusedConnectionIsSilence)
{
    std::string nobody;
    {
        const WebhookReceiver gone(certificate(), [](const WebhookCall&) { return answer(200); });
        nobody = url(gone);
    }
    EXPECT_EQ(send(webhook(nobody)).heard, ports::SendReport::Heard::silence);
}

TEST_F(Webhook, SilenceOnAConnectionThatIsUsedAgainIsCalledByItsName)
{
    options.total_timeout = milliseconds{300};
    std::atomic<int> calls = 0;
    const WebhookReceiver receiver(certificate(), [&](const WebhookCall&) {
        return ++calls == 1 ? answer(200) : WebhookAnswer{"", WebhookAnswer::Then::hang};
    });
    const auto own = channel();
    EXPECT_EQ(send(*own, webhook(url(receiver))).outcome, Outcome::delivered);
    EXPECT_EQ(send(*own, webhook(url(receiver))).error, "The receiver did not answer within 300 ms.");
    EXPECT_EQ(receiver.connections(), 1U);
}

TEST_F(Webhook, AConnectionThatTheReceiverDroppedMeanwhileIsMadeAnew)
{
    const WebhookReceiver receiver(certificate(), [&](const WebhookCall&) {
        auto reply = answer(200);
        reply.then = WebhookAnswer::Then::close;
        return reply;
    });
    const auto own = channel();
    for (int i = 0; i < 5; ++i) {
        const auto report = send(*own, webhook(url(receiver)));
        EXPECT_EQ(report.outcome, Outcome::delivered) << i << ": " << report.error;
    }
}

TEST_F(Webhook, AStatusDecidesEvenIfItsBodyNeverEnds)
{
    options.total_timeout = milliseconds{300};
    const auto report =
        answered({"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\nslow", WebhookAnswer::Then::hang});
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
    EXPECT_EQ(report.status, 202);
}

TEST_F(Webhook, AGiantReplyIsCutOffAndItsStatusDecides)
{
    const std::string giant(50'000'000, 'x');
    EXPECT_EQ(answered(answer(200, "", giant)).outcome, Outcome::delivered);
    const auto report = answered(answer(503, "Retry-After: 7\r\n", giant));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.status, 503);
    EXPECT_EQ(report.retry_after, milliseconds{7'000});
}

TEST_F(Webhook, EndlessHeadersAreCutOff)
{
    std::string headers;
    for (int i = 0; i < 10'000; ++i) headers += "X-Filler-" + std::to_string(i) + ": xxxxxxxxxxxxxxxx\r\n";
    const auto report = answered({"HTTP/1.1 100 Continue\r\n" + headers, WebhookAnswer::Then::hang});
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The receiver's answer is too large.");
}

TEST_F(Webhook, ARedirectIsNotFollowed)
{
    const WebhookReceiver target(certificate(), [](const WebhookCall&) { return answer(200); });
    const auto report = answered(answer(302, "Location: " + url(target) + "\r\n"));
    EXPECT_EQ(report.outcome, Outcome::refused);
    EXPECT_EQ(report.status, 302);
    EXPECT_THAT(report.error, HasSubstr("redirects are not followed"));
    EXPECT_EQ(target.connections(), 0U);
}

TEST_F(Webhook, StatusesMeanWhatTheirSendersMean)
{
    EXPECT_EQ(answered(answer(410)).outcome, Outcome::refused);
    EXPECT_EQ(answered(answer(400)).outcome, Outcome::refused);
    EXPECT_EQ(answered(answer(500)).outcome, Outcome::retry);
    const auto busy = answered(answer(429, "retry-after: 120\r\n"));
    EXPECT_EQ(busy.outcome, Outcome::retry);
    EXPECT_EQ(busy.status, 429);
    EXPECT_EQ(busy.retry_after, milliseconds{120'000});
    EXPECT_EQ(busy.error, "The receiver answered 429.");
}

TEST_F(Webhook, AConnectionThatIsCutIsTriedAgain)
{
    const auto report = answered({"", WebhookAnswer::Then::close});
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.error, "The receiver closed the connection without an answer.");
}

TEST_F(Webhook, AnAnswerThatIsNotHttpIsTriedAgain)
{
    const auto report = answered({"SSH-2.0-OpenSSH_9.2\r\n\r\n", WebhookAnswer::Then::close});
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The receiver's answer cannot be understood.");
}

TEST_F(Webhook, NobodyListeningIsTriedAgain)
{
    std::string gone;
    {
        const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); });
        gone = url(receiver, "127.0.0.1");
    }
    const auto report = send(webhook(gone));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The receiver could not be reached: no connection.");
}

TEST_F(Webhook, ANameThatDoesNotResolveIsTriedAgain)
{
    const auto report = send(webhook("https://nowhere.invalid/"));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_THAT(report.error, HasSubstr("The receiver"));
    EXPECT_THAT(report.error, Not(HasSubstr("nowhere")));
}

TEST_F(Webhook, ACertificateOfAnotherAuthorityIsNotTrusted)
{
    const auto stranger = make_authority("somebody else");
    const WebhookReceiver receiver(make_certificate(stranger, "localhost"),
                                   [](const WebhookCall&) { return answer(200); });
    const auto report = send(webhook(url(receiver)));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The receiver's certificate is not from an authority that is trusted here.");
    EXPECT_TRUE(receiver.calls().empty()) << "the message must not be told to a stranger";

    options.webhook_ca_file.clear();  // the system's authorities do not know ours either
    const WebhookReceiver ours(certificate(), [](const WebhookCall&) { return answer(200); });
    EXPECT_EQ(send(webhook(url(ours))).outcome, Outcome::retry);
    EXPECT_TRUE(ours.calls().empty());
}

TEST_F(Webhook, ACertificateOfAnotherHostIsNotTrusted)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); }, "127.0.0.2");
    const auto report = send(webhook(url(receiver, "127.0.0.2")));
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_EQ(report.error, "The receiver's certificate is for another host name.");
    EXPECT_TRUE(receiver.calls().empty());
}

TEST_F(Webhook, AProxyOfTheEnvironmentIsNotUsed)
{
    ::setenv("https_proxy", "http://127.0.0.1:1", 1);
    ::setenv("all_proxy", "http://127.0.0.1:1", 1);
    const auto report = answered(answer(200));
    ::unsetenv("https_proxy");
    ::unsetenv("all_proxy");
    EXPECT_EQ(report.outcome, Outcome::delivered) << report.error;
}

TEST_F(Webhook, NoProtocolButHttpIsSpoken)
{
    // Where it may be http:// is egress_test.cpp's.
    for (const auto* const text : {"file:///etc/passwd", "ftp://localhost/", "gopher://localhost/", "smtp://localhost/",
                                   "httpx://localhost/", "https://", "https://exa mple/", "http://exa mple/"}) {
        const auto report = send(webhook(text));
        EXPECT_EQ(report.outcome, Outcome::refused) << text;
        EXPECT_THAT(report.error, HasSubstr("well-formed https://")) << text;
    }
}

TEST_F(Webhook, ASecretOfAnotherContactOpensNothing)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); });
    auto message = webhook(url(receiver));
    message.contact.id = *ContactId::parse("018f3a5e-0000-7000-8000-0000000000ff");
    const auto report = send(message);
    EXPECT_EQ(report.outcome, Outcome::retry);
    EXPECT_THAT(report.error, HasSubstr("set a new one"));
    EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(Webhook, WhatIsInFlightAtTheEndIsHandedBack)
{
    const WebhookReceiver silent(certificate(),
                                 [](const WebhookCall&) { return WebhookAnswer{"", WebhookAnswer::Then::hang}; });
    options.max_concurrent = 1;  // the second one is still waiting
    auto own = channel();
    auto first = begin(*own, webhook(url(silent)));
    auto second = begin(*own, webhook(url(silent)));
    ASSERT_TRUE(silent.wait_for_calls(1));
    const auto began = std::chrono::steady_clock::now();
    own.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{2});
    for (auto* report : {&first, &second}) {
        ASSERT_EQ(report->wait_for(seconds{0}), std::future_status::ready);
        EXPECT_EQ(report->get().outcome, Outcome::retry);
    }
}

TEST_F(Webhook, WhoseUrlIsStillStoredWholeIsCalledToo)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); });
    auto message = webhook("https://elsewhere.example/");
    message.contact.settings["url"] = {.shown = url(receiver)};
    EXPECT_EQ(send(message).outcome, Outcome::delivered);
    EXPECT_THAT(receiver.calls().at(0).head, StartsWith("POST /hooks/ops?team=a HTTP/1.1\r\n"));
}

TEST_F(Webhook, WhoseUrlCannotBeOpenedIsCalledNowhereAndTriedAgain)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200); });
    auto moved = webhook(url(receiver));
    moved.contact.settings["url"].sealed = sealer.seal(url(receiver), "contact-url:of another one");
    auto damaged = webhook(url(receiver));
    damaged.contact.settings["url"].sealed.back() ^= 1;
    for (const auto& message : {moved, damaged}) {
        const auto report = send(message);
        EXPECT_EQ(report.outcome, Outcome::retry) << "the operator may have started with another key file";
        EXPECT_EQ(report.error, "The contact's URL cannot be read by this service; set it anew.");
    }
    EXPECT_TRUE(receiver.calls().empty()) << "least of all at what is left of the URL";
}

TEST_F(Webhook, WhateverGoesWrongNothingOfTheUrlButItsHostIsTold)
{
    options.connect_timeout = options.total_timeout = milliseconds{300};
    const WebhookReceiver silent(certificate(),
                                 [](const WebhookCall&) { return WebhookAnswer{"", WebhookAnswer::Then::hang}; });
    const WebhookReceiver failing(certificate(), [](const WebhookCall&) { return answer(500); });
    const WebhookReceiver gone(certificate(), [](const WebhookCall&) { return answer(410); });
    std::vector<ports::SendReport> reports;
    for (const auto& where :
         {url(silent), url(failing), url(gone), url(gone, "127.0.0.2"), std::string("https://localhost:1/hooks/ops"),
          std::string("https://no.such.host.invalid/hooks/ops"), std::string("https://10.0.0.1/hooks/ops"),
          std::string("http://10.0.0.1/hooks/ops"), std::string("https:///hooks/ops"), std::string("hooks/ops"),
          std::string("gopher://localhost/hooks/ops"), std::string("https://local host/hooks/ops")}) {
        reports.push_back(send(webhook(where)));
    }
    for (const auto& report : reports) {
        EXPECT_NE(report.outcome, Outcome::delivered);
        EXPECT_FALSE(report.error.empty());
        EXPECT_THAT(report.error, Not(HasSubstr("hooks")));
    }
}

TEST_F(Webhook, AttemptsAreCountedByTypeAndOutcome)
{
    std::ignore = answered(answer(200));
    std::ignore = answered(answer(500));
    std::ignore = answered(answer(410));
    const auto text = metrics.exposition();
    for (const auto* const outcome : {"delivered", "retry", "refused"}) {
        EXPECT_THAT(text, HasSubstr("winnow_delivery_attempts_total{outcome=\"" + std::string(outcome) +
                                    "\",type=\"webhook\"} 1"));
    }
    EXPECT_THAT(text, HasSubstr("winnow_delivery_attempt_seconds_count{type=\"webhook\"} 3"));
}

}  // namespace
}  // namespace winnow::test

#include "https_fixture.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <vector>

namespace winnow::http {
namespace {

using test::Answer;
using test::ClientError;
using test::TlsClient;

TEST_F(HttpsTest, AnswersWithTheServersOwnHeaders)
{
    TlsClient client(port());
    const auto answer = client.ask(post("/alerts?x=1", "hello"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.version, "HTTP/1.1");
    EXPECT_EQ(answer.body, "POST /alerts hello");
    EXPECT_EQ(answer.header("Content-Type"), "text/plain");
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_THAT(answer.header("Strict-Transport-Security"), testing::MatchesRegex("max-age=[0-9]+; includeSubDomains"));
    EXPECT_EQ(answer.header("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_THAT(answer.header("Date"), testing::MatchesRegex("[A-Z][a-z]+, .. [A-Z][a-z]+ .... ..:..:.. GMT"));
    EXPECT_THAT(answer.header("X-Request-Id"), testing::SizeIs(36));
    EXPECT_EQ(answer.header("Server"), "");
    EXPECT_EQ(answer.header("Connection"), "");
}

TEST_F(HttpsTest, ShowsTheHandlerTheRequestAsSent)
{
    Held<Request> seen;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        seen.put(std::move(request));
        sink(Response(204));
    };
    TlsClient client(port());
    const auto answer = client.ask(
        "PATCH /a%20b?q=%7B&r HTTP/1.1\r\nHost: localhost:1\r\nX-Odd:  v \xC3\xA9 \r\n"
        "X-Request-Id: my.id-1_A\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("Content-Length"), "");
    EXPECT_EQ(answer.header("X-Request-Id"), "my.id-1_A");
    const auto request = seen.take();
    EXPECT_EQ(request.head.method, "PATCH");
    EXPECT_EQ(request.head.path, "/a%20b");
    EXPECT_EQ(request.head.query, "q=%7B&r");
    EXPECT_EQ(request.head.header("x-odd"), "v \xC3\xA9");
    EXPECT_EQ(request.head.remote_address, "127.0.0.1");
    EXPECT_EQ(request.head.request_id, "my.id-1_A");
    EXPECT_EQ(request.head.client_certificate_subject, "");
    EXPECT_EQ(request.body, "abc");
}

TEST_F(HttpsTest, ReplacesARequestIdThatIsNotSane)
{
    TlsClient client(port());
    const auto with_id = [](const std::string& id) {
        return "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: " + id + "\r\n\r\n";
    };
    const std::string longest(128, 'a');
    EXPECT_EQ(client.ask(with_id(longest)).header("X-Request-Id"), longest);
    EXPECT_THAT(client.ask(with_id(longest + "a")).header("X-Request-Id"), testing::SizeIs(36));
    EXPECT_THAT(client.ask(with_id("a b")).header("X-Request-Id"), testing::SizeIs(36));
}

TEST_F(HttpsTest, HandsTheAttachmentFromAdmissionToTheHandler)
{
    struct Caller : Attachment {};
    const auto caller = std::make_shared<const Caller>();
    handler_.on_admit = [&](const RequestHead&, AdmissionSink sink) {
        Admission admission;
        admission.attachment = caller;
        sink(std::move(admission));
    };
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        sink(Response(request.attachment == caller ? 200 : 500));
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(HttpsTest, AnswersPipelinedRequestsInOrderOnOneConnection)
{
    TlsClient client(port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += post("/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        const auto answer = client.receive();
        ASSERT_EQ(answer.body, "POST /" + std::to_string(i) + " " + std::string(static_cast<std::size_t>(i), 'x'));
    }
    EXPECT_TRUE(has_metric("winnow_http_connections_total{listener=\"customer\"} 1"));
    EXPECT_TRUE(has_metric("winnow_http_requests_total{class=\"2xx\",listener=\"customer\"} 50"));
}

TEST_F(HttpsTest, AnswersARequestThatComesByteByByte)
{
    TlsClient client(port());
    for (const char c : "\r\n" + post("/slow", "abc")) client.send({&c, 1});
    EXPECT_EQ(client.receive().body, "POST /slow abc");
}

TEST_F(HttpsTest, SendsNoBodyInAnswerToHead)
{
    TlsClient client(port());
    client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto answer = client.receive(true);
    EXPECT_EQ(answer.header("Content-Length"), "8");  // of "HEAD /x "
    EXPECT_EQ(client.ask(kGet).body, "GET / ");       // and nothing was left in between
}

TEST_F(HttpsTest, PassesOptionsToTheHandler)
{
    TlsClient client(port());
    EXPECT_EQ(client.ask("OPTIONS /x HTTP/1.1\r\nHost: h\r\n\r\n").body, "OPTIONS /x ");
    EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").body, "OPTIONS / ");
}

TEST_F(HttpsTest, ClosesAfterAnswerWhenAskedTo)
{
    TlsClient client(port());
    const auto answer = client.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpsTest, Http10ClosesUnlessItAsksToStay)
{
    TlsClient brief(port());
    EXPECT_EQ(brief.ask("GET / HTTP/1.0\r\n\r\n").header("Connection"), "close");
    EXPECT_TRUE(brief.at_end());

    TlsClient staying(port());
    const std::string request = "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n";
    EXPECT_EQ(staying.ask(request).header("Connection"), "keep-alive");
    EXPECT_EQ(staying.ask(request).status, 200);
}

TEST_F(HttpsTest, ReadsChunkedBodies)
{
    TlsClient client(port());
    const auto answer = client.ask(
        "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
    EXPECT_EQ(answer.body, "POST /c abcde");
    EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(HttpsTest, SendsLargeAnswersWhole)
{
    const std::string large(5'000'000, 'x');
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", large));
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).body, large);
}

TEST_F(HttpsTest, NeverLetsAHandlersValueStartAnotherHeader)
{
    handler_.on_handle = [](const Request&, ResponseSink sink) {
        Response response(200);
        response.set("Location", "/x\r\nSet-Cookie: stolen=1");
        response.set("Content-Length", "7");
        response.set("Cache-Control", "max-age=60");
        sink(std::move(response));
    };
    TlsClient client(port());
    const auto answer = client.ask(kGet);
    EXPECT_EQ(answer.header("Location"), "");
    EXPECT_EQ(answer.header("Set-Cookie"), "");
    EXPECT_EQ(answer.header("Content-Length"), "0");
    EXPECT_EQ(answer.header("Cache-Control"), "max-age=60");
}

TEST_F(HttpsTest, BelievesForwardedAddressesOfTrustedProxiesOnly)
{
    handler_.on_handle = [](const Request& request, ResponseSink sink) {
        sink(Response(200, "text/plain", request.head.remote_address));
    };
    const std::string request = "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9, 203.0.113.7\r\n\r\n";
    TlsClient direct(port());
    EXPECT_EQ(direct.ask(request).body, "127.0.0.1");

    options_.trusted_proxies = {"127.0.0.0/8"};
    Server behind_proxy(threads_, handler_, metrics_, options_);
    behind_proxy.start();
    TlsClient proxied(behind_proxy.port());
    EXPECT_EQ(proxied.ask(request).body, "203.0.113.7");
}

TEST_F(HttpsTest, AllowsExactlySoManyRequestsAConnection)
{
    options_.limits.max_requests_per_connection = 3;
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).header("Connection"), "");
    EXPECT_EQ(client.ask(kGet).header("Connection"), "");
    EXPECT_EQ(client.ask(kGet).header("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpsTest, AllowsExactlySoManyConnectionsAnAddress)
{
    options_.limits.max_connections_per_address = 2;
    auto first = std::make_unique<TlsClient>(port());
    TlsClient second(port());
    EXPECT_THROW(TlsClient third(port()), ClientError);
    EXPECT_TRUE(has_metric("winnow_http_connections_refused_total{limit=\"address\",listener=\"customer\"} 1"));
    EXPECT_EQ(second.ask(kGet).status, 200);

    first.reset();
    ASSERT_TRUE(has_metric("winnow_http_connections{listener=\"customer\"} 1"));
    // The place is given back just after the gauge falls.
    const auto until = std::chrono::steady_clock::now() + 10s;
    std::optional<TlsClient> again;
    while (!again && std::chrono::steady_clock::now() < until) {
        try {
            again.emplace(port());
        } catch (const ClientError&) {
            std::this_thread::yield();
        }
    }
    ASSERT_TRUE(again);
    EXPECT_EQ(again->ask(kGet).status, 200);
}

TEST_F(HttpsTest, DrainClosesIdleConnectionsAndFinishesBusyOnes)
{
    Held<ResponseSink> held;
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        held.put(std::move(sink));
    };
    TlsClient idle(port());
    TlsClient busy(port());
    busy.send(kGet);
    auto sink = held.take();

    bool clean = false;
    {
        std::jthread drainer([&] { clean = server().drain(10s); });
        EXPECT_TRUE(idle.at_end());
        sink(Response(200, "text/plain", "finished"));
        const auto answer = busy.receive();
        EXPECT_EQ(answer.body, "finished");
        EXPECT_EQ(answer.header("Connection"), "close");
        EXPECT_TRUE(busy.at_end());
    }
    EXPECT_THROW(TlsClient late(port()), ClientError);
    EXPECT_TRUE(clean);
}

TEST_F(HttpsTest, DrainCutsOffWhatOutlastsItsGrace)
{
    Held<ResponseSink> held;
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        held.put(std::move(sink));
    };
    TlsClient busy(port());
    busy.send(kGet);
    auto sink = held.take();
    EXPECT_FALSE(server().drain(50ms));
    sink(Response(200));  // falls into nothing
    EXPECT_THROW(static_cast<void>(busy.receive()), ClientError);
}

TEST_F(HttpsTest, TwoServersMayShareTheirThreads)
{
    ScriptedHandler other;
    other.on_handle = [](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", "management"));
    };
    auto options = options_;
    options.name = "management";
    Server management(threads_, other, metrics_, options);
    management.start();
    TlsClient customer(port());
    TlsClient manager(management.port());
    EXPECT_EQ(customer.ask(kGet).body, "GET / ");
    EXPECT_EQ(manager.ask(kGet).body, "management");
    management.drain(0ms);
    EXPECT_EQ(customer.ask(kGet).status, 200);  // still served after the other has gone
}

TEST_F(HttpsTest, SaysWhyItCannotStart)
{
    const auto reason = [&] {
        try {
            Server failing(threads_, handler_, metrics_, options_);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    options_.address = "nowhere";
    EXPECT_THAT(reason(), testing::HasSubstr("nowhere"));
    options_.address = "127.0.0.1";
    options_.trusted_proxies = {"10.0.0.0/33"};
    EXPECT_THAT(reason(), testing::HasSubstr("10.0.0.0/33"));
    options_.trusted_proxies = {};
    options_.port = port();
    EXPECT_THAT(reason(), testing::HasSubstr("in use"));
    options_.port = 0;
    options_.tls.certificate_chain = "/nonexistent.pem";
    EXPECT_THAT(reason(), testing::HasSubstr("/nonexistent.pem"));
}

}  // namespace
}  // namespace winnow::http

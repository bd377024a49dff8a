#include "https_fixture.hpp"

#include <sys/socket.h>

namespace winnow::http {
namespace {

using test::ClientError;
using test::TcpClient;
using test::TlsClient;
using Clock = std::chrono::steady_clock;

/// A short deadline for the one under test; the others stay far away, so that no other can be what ends the wait.
class Deadline : public HttpsTest {
protected:
    static constexpr auto kShort = 300ms;

    /// Sends `bytes` one at a time until the server has answered or closed; total time.
    Clock::duration trickle(TlsClient& client, std::string_view prefix)
    {
        EXPECT_EQ(client.ask(kGet).status, 200);  // takes in the session ticket, too
        const auto begin = Clock::now();
        client.send(prefix);
        while (client.try_send("x") && Clock::now() < begin + 8s) {
            // A slow peer is one that pauses; the deadline is total, so the pause's length does not matter.
            std::this_thread::sleep_for(10ms);  // the peer's pace
            if (has_answer(client)) break;
        }
        return Clock::now() - begin;
    }

    static bool has_answer(TlsClient& client)
    {
        char byte = 0;
        return ::recv(SSL_get_fd(client.ssl()), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }
};

TEST_F(Deadline, AClientThatNeverShakesHandsIsClosedWithoutAWord)
{
    options_.limits.handshake = kShort;
    TcpClient client(port());
    const auto begin = Clock::now();
    EXPECT_EQ(client.receive_all(), "");
    EXPECT_GE(Clock::now() - begin, kShort - 10ms);
    EXPECT_TRUE(has_metric("winnow_http_handshake_failures_total{listener=\"customer\"} 1"));
}

TEST_F(Deadline, AnIdleConnectionIsClosedWithoutAWord)
{
    options_.limits.idle = kShort;
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).status, 200);
    const auto begin = Clock::now();
    EXPECT_TRUE(client.at_end());
    EXPECT_GE(Clock::now() - begin, kShort - 10ms);
}

TEST_F(Deadline, ASlowHeadIsCutOffHoweverSteadilyItComes)
{
    options_.limits.header = kShort;
    TlsClient client(port());
    const auto took = trickle(client, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.header("X-Detail").contains("head did not arrive")) << answer.header("X-Detail");
    EXPECT_TRUE(client.at_end());
    EXPECT_LT(took, 5s);
    EXPECT_GE(took, kShort - 10ms);
}

TEST_F(Deadline, ASlowBodyIsCutOffHoweverSteadilyItComes)
{
    options_.limits.body = kShort;
    TlsClient client(port());
    const auto took = trickle(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.header("X-Detail").contains("body did not arrive")) << answer.header("X-Detail");
    EXPECT_TRUE(client.at_end());
    EXPECT_LT(took, 5s);
}

TEST_F(Deadline, AChunkedBodyThatStopsIsAnswered408)
{
    options_.limits.body = kShort;
    TlsClient client(port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_TRUE(client.at_end());
}

TEST_F(Deadline, ALargeBodyThatStallsIsCutOffLongBeforeItsDeadline)
{
    handler_.max_body = 1'000'000;
    options_.limits.body = 1h;
    options_.limits.body_pace = kShort;
    for (const std::string head : {"Content-Length: 900000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\ndbba0\r\n"}) {
        TlsClient client(port());
        client.send("POST / HTTP/1.1\r\nHost: h\r\n" + head + std::string(200'000, 'x'));
        const auto answer = client.receive();
        EXPECT_EQ(answer.status, 408) << head;
        EXPECT_TRUE(answer.header("X-Detail").contains("slower than the 4096 bytes")) << answer.header("X-Detail");
        EXPECT_TRUE(client.at_end());
    }
}

TEST_F(Deadline, ALargeBodyThatKeepsThePaceMayTakeAsLongAsItsDeadline)
{
    handler_.max_body = 1'000'000;
    options_.limits.body = 1h;
    options_.limits.body_pace = kShort;
    options_.limits.min_body_rate = 100;  // 30 bytes each time
    TlsClient client(port());
    const auto begin = Clock::now();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" + std::string(200'000, 'x'));
    std::size_t sent = 200'000;
    while (Clock::now() - begin < 4 * kShort) {
        client.send(std::string(100, 'x'));
        sent += 100;
        std::this_thread::sleep_for(10ms);  // the client's pace: slow, not stalled
    }
    client.send(std::string(900'000 - sent, 'x'));
    EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Deadline, AClientThatDoesNotReadItsAnswerIsCutOff)
{
    options_.limits.write = kShort;
    options_.limits.shutdown = kShort;
    handler_.on_handle = [](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", std::string(50'000'000, 'x')));
    };
    TlsClient client(port());
    client.send(kGet);
    EXPECT_TRUE(has_metric("winnow_http_connections{listener=\"customer\"} 0"));
}

TEST_F(Deadline, AClientThatDoesNotCloseIsNotWaitedFor)
{
    options_.limits.shutdown = kShort;
    TlsClient client(port());
    EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").status, 200);
    EXPECT_TRUE(has_metric("winnow_http_connections{listener=\"customer\"} 0"));
}

TEST_F(Deadline, TheIdleDeadlineDoesNotCutAnAnswerShort)
{
    options_.limits.idle = kShort;
    Held<ResponseSink> held;
    handler_.on_handle = [&](const Request&, ResponseSink sink) {
        held.put(std::move(sink));
    };
    TlsClient client(port());
    client.send(kGet);
    auto sink = held.take();
    // One on each of the server's threads: when both are closed the deadline has passed for all that it is for.
    TlsClient idle[] = {TlsClient(port()), TlsClient(port())};
    for (auto& other : idle) EXPECT_TRUE(other.at_end());
    sink(Response(200));
    EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Deadline, AHandlerThatNeverAnswersCosts503AndKeepsTheConnection)
{
    options_.limits.handler = kShort;
    Held<ResponseSink> held;
    handler_.on_handle = [&](const Request& request, ResponseSink sink) {
        if (request.head.path == "/never") return held.put(std::move(sink));
        sink(Response(200));
    };
    TlsClient client(port());
    const auto answer = client.ask("GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.header("Retry-After"), "");
    held.take()(Response(200, "text/plain", "too late"));
    EXPECT_EQ(client.ask(kGet).body, "");
}

TEST_F(Deadline, AnAdmissionThatNeverComesCosts503)
{
    options_.limits.handler = kShort;
    Held<AdmissionSink> held;
    handler_.on_admit = [&](const RequestHead&, AdmissionSink sink) {
        held.put(std::move(sink));
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(post("/", "hello")).status, 503);
    held.take()(Admission());
}

}  // namespace
}  // namespace winnow::http

#include "https_fixture.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace winnow::http {
namespace {

using test::TlsClient;

class BodyLimit : public HttpsTest {};

const std::string kChunkedHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(BodyLimit, TakesExactlySoManyBytes)
{
    TlsClient client(port());
    EXPECT_EQ(client.ask(post("/", std::string(1'000, 'x'))).body, "POST / " + std::string(1'000, 'x'));
    const auto answer = client.ask(post("/", std::string(1'001, 'x')));
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.body, "body_too_large");
}

TEST_F(BodyLimit, ASmallRefusedBodyDoesNotCostTheConnection)
{
    TlsClient client(port());
    EXPECT_EQ(client.ask(post("/", std::string(64 * 1024, 'x'))).status, 413);
    EXPECT_EQ(client.ask(kGet).body, "GET / ");
    EXPECT_EQ(client.ask(post("/", std::string(64 * 1024 + 1, 'x'))).header("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_F(BodyLimit, IsAnsweredBeforeTheAnnouncedBodyComes)
{
    TlsClient client(port());
    const auto answer = client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_F(BodyLimit, AClientThatGoesOnSendingStillReadsTheAnswer)
{
    options_.limits.max_drained_bytes = 0;
    for (int i = 0; i < 20; ++i) {
        TlsClient client(port());
        client.send(post("/", std::string(800'000, 'x')));  // all of it, before looking
        ASSERT_EQ(client.receive().status, 413);
        ASSERT_TRUE(client.at_end());
    }
}

TEST_F(BodyLimit, HoldsForChunkedBodiesToo)
{
    TlsClient client(port());
    const std::string exact = "3e8\r\n" + std::string(1'000, 'x') + "\r\n0\r\n\r\n";
    EXPECT_EQ(client.ask(kChunkedHead + exact).status, 200);
    const std::string over = "3e9\r\n" + std::string(1'001, 'x') + "\r\n0\r\n\r\n";
    EXPECT_EQ(client.ask(kChunkedHead + over).status, 413);
    EXPECT_TRUE(client.at_end());
}

TEST_F(BodyLimit, AClientThatSendsManyTimesTheLimitStillReadsTheAnswer)
{
    handler_.max_body = 1'000'000;
    const std::string large(20'000'000, 'x');
    TlsClient client(port());
    client.send(post("/", large));  // as most clients do: all of it, then the answer
    EXPECT_EQ(client.receive().status, 413);
    EXPECT_TRUE(client.at_end());

    TlsClient chunked(port());
    chunked.send(kChunkedHead + "1312d00\r\n" + large + "\r\n0\r\n\r\n");
    EXPECT_EQ(chunked.receive().status, 413);
    EXPECT_TRUE(chunked.at_end());
}

TEST_F(BodyLimit, LargeBodiesShareTheirMemory)
{
    handler_.max_body = 3'000'000;
    options_.limits.max_body_memory = 1'000'000;
    options_.limits.body = 2s;
    Held<ResponseSink> held;
    handler_.on_handle = [&held](const Request&, ResponseSink sink) {
        held.put(std::move(sink));
    };
    const std::string large(900'000, 'x');
    TlsClient first(port());
    first.send(post("/", large));
    auto sink = held.take();  // the first one's body is in memory until it is answered

    TlsClient second(port());
    second.send(post("/", large));
    const auto refused = second.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, "overloaded");
    EXPECT_TRUE(refused.header("X-Detail").contains("fill its 250000 bytes")) << refused.header("X-Detail");
    EXPECT_EQ(refused.header("Retry-After"), "5");

    TlsClient small(port());
    small.send(post("/", std::string(60'000, 'x')));
    held.take()(Response(200));
    EXPECT_EQ(small.receive().status, 200);  // small ones need no share

    sink(Response(200));
    EXPECT_EQ(first.receive().status, 200);

    TlsClient third(port());
    third.send(post("/", large));
    held.take()(Response(200));
    EXPECT_EQ(third.receive().status, 200);  // there is room again
}

TEST_F(BodyLimit, BodiesThatComeSlowlyDoNotWaitForEachOther)
{
    handler_.max_body = 390'000;
    options_.limits.max_body_memory = 400'000;
    options_.limits.body = 5s;
    const std::string part(195'000, 'x');
    const auto come_together = [&](const std::string& head, const std::string& end) {
        TlsClient first(port());
        TlsClient second(port());
        first.send(head + part);
        second.send(head + part);
        first.send(part + end);
        second.send(part + end);
        EXPECT_EQ(first.receive().status, 200);
        EXPECT_EQ(second.receive().status, 200) << "one has waited for the other, with empty hands";
    };
    come_together("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 390000\r\n\r\n", "");
    come_together(kChunkedHead + "5f370\r\n", "\r\n0\r\n\r\n");
}

TEST_F(BodyLimit, OneCallersBodiesLeaveTheOthersTheirShare)
{
    options_.limits.max_body_memory = 400'000;
    options_.limits.body = 2s;
    handler_.on_admit = [](const RequestHead& head, AdmissionSink sink) {
        Admission admission;
        admission.max_body_bytes = 300'000;
        if (head.path == "/greedy") admission.caller = Uuid::v7(1, 2, 3);
        sink(std::move(admission));
    };
    // Those that wait are handled when the first is answered: after the test.
    const auto held = std::make_shared<Held<ResponseSink>>();
    const auto greedy = std::make_shared<std::atomic<int>>(0);
    handler_.on_handle = [held, greedy](const Request& request, ResponseSink sink) {
        if (request.head.path != "/greedy") return sink(Response(200));
        ++*greedy;
        held->put(std::move(sink));
    };
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(std::make_unique<TlsClient>(port()));
        clients.back()->send(post("/greedy", std::string(90'000, 'x')));
    }
    auto sink = held->take();  // never answered, as by a database that stands still

    TlsClient other(port());
    EXPECT_EQ(other.ask(post("/other", std::string(250'000, 'x'))).status, 200);
    EXPECT_EQ(*greedy, 1);
    sink(Response(200));
}

TEST_F(BodyLimit, StalledBodiesDoNotShutOutTheirCallersOthers)
{
    handler_.max_body = std::size_t{16} << 20U;
    constexpr std::size_t kWhole = 1'000'000;
    const std::string begun(70'000, 'x');
    const std::string rest(kWhole - begun.size(), 'x');
    std::size_t sent = 0;
    const auto stall_beside_a_push = [&](const std::string& head, const std::string& end) {
        std::vector<std::unique_ptr<TlsClient>> stalled;
        for (int i = 0; i < 4; ++i) {
            stalled.push_back(std::make_unique<TlsClient>(port()));
            stalled.back()->send(head + begun);
            sent += head.size() + begun.size();
        }
        ASSERT_TRUE(has_metric("winnow_http_received_bytes_total{listener=\"customer\"} " + std::to_string(sent)));
        TlsClient push(port());
        const auto pushed = post("/", std::string(112'000, 'x'));
        EXPECT_EQ(push.ask(pushed).status, 200);
        sent += pushed.size() + 4 * (rest.size() + end.size());
        for (const auto& client : stalled) {
            client->send(rest + end);
            EXPECT_EQ(client->receive().status, 200) << "the push has waited for its end";
        }
    };
    stall_beside_a_push(kChunkedHead + "f4240\r\n", "\r\n0\r\n\r\n");
    stall_beside_a_push("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n", "");
}

TEST_F(BodyLimit, ALongAnnouncementTakesNothingUntilItsBytesCome)
{
    handler_.max_body = std::size_t{16} << 20U;
    std::vector<std::unique_ptr<TlsClient>> stalled;
    for (int i = 0; i < 4; ++i) {
        stalled.push_back(std::make_unique<TlsClient>(port()));
        stalled.back()->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16777216\r\n\r\n");
    }
    TlsClient push(port());
    EXPECT_EQ(push.ask(post("/", std::string(112'000, 'x'))).status, 200) << "at once";
    const std::string whole(std::size_t{16} << 20U, 'x');
    stalled.front()->send(whole);
    EXPECT_EQ(stalled.front()->receive().status, 200) << "the push has waited for its end";
}

TEST_F(BodyLimit, GrowingBodiesThatTogetherAreTooLargeGetThroughOneAfterTheOther)
{
    handler_.max_body = 1'000'000;
    options_.limits.max_body_memory = 1'200'000;  // a caller's: 300,000
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(std::make_unique<TlsClient>(port()));
        clients.back()->send(kChunkedHead + "f4240\r\n" + std::string(70'000, 'x'));
    }
    std::vector<std::jthread> senders;
    for (const auto& client : clients) {
        senders.emplace_back([&] { client->send(std::string(930'000, 'x') + "\r\n0\r\n\r\n"); });
    }
    for (auto& sender : senders) sender.join();
    for (const auto& client : clients) EXPECT_EQ(client->receive().status, 200);
}

TEST_F(BodyLimit, AChunkedBodyGivesBackWhatItDidNotNeed)
{
    options_.limits.max_body_memory = 400'000;
    Held<ResponseSink> held;
    handler_.on_handle = [&held](const Request& request, ResponseSink sink) {
        if (request.head.path == "/other") return sink(Response(200));
        held.put(std::move(sink));
    };
    handler_.on_admit = [](const RequestHead& head, AdmissionSink sink) {
        Admission admission;
        admission.max_body_bytes = 390'000;
        if (head.path == "/other") admission.caller = Uuid::v7(1, 2, 3);
        sink(std::move(admission));
    };
    const std::string part(100'000, 'x');
    TlsClient first(port());
    first.send(kChunkedHead + "186a0\r\n" + part + "\r\n0\r\n\r\n");
    auto sink = held.take();
    TlsClient other(port());
    EXPECT_EQ(other.ask(post("/other", std::string(290'000, 'x'))).status, 200);
    sink(Response(200));
    EXPECT_EQ(first.receive().status, 200);
}

TEST_F(BodyLimit, EndlessTinyChunksAreReadToTheLimitOnly)
{
    options_.limits.max_lingering_bytes = 1'000'000;
    TlsClient client(port());
    client.send(kChunkedHead);
    while (client.try_send("1\r\nx\r\n1\r\nx\r\n")) {  // ends when the server has stopped reading
    }
    EXPECT_TRUE(has_metric("winnow_http_requests_total{class=\"4xx\",listener=\"customer\"} 1"));
}

TEST_F(BodyLimit, AcceptsChunksOfOneByte)
{
    std::string chunks;
    for (int i = 0; i < 900; ++i) chunks += "1\r\nx\r\n";
    TlsClient client(port());
    EXPECT_EQ(client.ask(kChunkedHead + chunks + "0\r\n\r\n").body, "POST / " + std::string(900, 'x'));
}

TEST_F(BodyLimit, TakesLargeBodiesWhereAllowed)
{
    handler_.max_body = 3'000'000;
    const std::string large(3'000'000, 'x');
    TlsClient client(port());
    EXPECT_EQ(client.ask(post("/", large)).body, "POST / " + large);
    std::string chunks;
    for (int i = 0; i < 30; ++i) chunks += "186a0\r\n" + std::string(100'000, 'x') + "\r\n";
    EXPECT_EQ(client.ask(kChunkedHead + chunks + "0\r\n\r\n").body, "POST / " + large);
}

TEST_F(BodyLimit, ARefusalComesBeforeTheBodyAndKeepsTheConnection)
{
    handler_.on_admit = [](const RequestHead& head, AdmissionSink sink) {
        Admission admission;
        admission.max_body_bytes = 100;
        if (head.path == "/secret") admission.refusal = Response(401);
        sink(std::move(admission));
    };
    TlsClient client(port());
    client.send("POST /secret HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(client.receive().status, 401);  // the body has not been sent
    client.send("hello");
    EXPECT_EQ(client.ask(post("/open", "hello")).body, "POST /open hello");
}

TEST_F(BodyLimit, SaysContinueOnlyToARequestThatIsAdmitted)
{
    handler_.on_admit = [](const RequestHead& head, AdmissionSink sink) {
        Admission admission;
        admission.max_body_bytes = 100;
        if (head.path == "/secret") admission.refusal = Response(401);
        sink(std::move(admission));
    };
    const std::string rest = " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ";
    TlsClient client(port());
    client.send("POST /open" + rest + "5\r\n\r\n");
    EXPECT_EQ(client.receive_head().status, 100);
    EXPECT_EQ(client.ask("hello").body, "POST /open hello");

    EXPECT_EQ(client.ask("POST /open" + rest + "5\r\n\r\nhello").status, 200);  // did not wait for it: none is sent

    EXPECT_EQ(client.ask("POST /secret" + rest + "5\r\n\r\n").status, 401);
    EXPECT_TRUE(client.at_end());  // whether the body comes now, nobody can know

    TlsClient other(port());
    EXPECT_EQ(other.ask("POST /open" + rest + "101\r\n\r\n").status, 413);
}

}  // namespace
}  // namespace winnow::http

#include "http/server/loop.hpp"
#include "https_fixture.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace winnow::http {
namespace {

using test::TlsClient;

class LateAnswer : public HttpsTest {
protected:
    Held<AdmissionSink> admissions_;
    Held<ResponseSink> responses_;

    void hold_everything()
    {
        handler_.on_admit = [this](const RequestHead& head, AdmissionSink sink) {
            held_head_ = &head;
            admissions_.put(std::move(sink));
        };
        handler_.on_handle = [this](const Request&, ResponseSink sink) {
            responses_.put(std::move(sink));
        };
    }

    static Admission yes()
    {
        Admission admission;
        admission.max_body_bytes = 1'000;
        return admission;
    }

    const RequestHead* held_head_ = nullptr;
};

TEST_F(LateAnswer, ComesFromAnotherThread)
{
    hold_everything();
    TlsClient client(port());
    for (int i = 0; i < 100; ++i) {
        client.send(post("/x", "hello"));
        admissions_.take()(yes());
        responses_.take()(Response(200, "text/plain", std::to_string(i)));
        ASSERT_EQ(client.receive().body, std::to_string(i));
    }
}

TEST_F(LateAnswer, FromManyThreadsGoesToTheRightConnections)
{
    std::mutex mutex;
    std::vector<std::jthread> workers;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        const std::lock_guard lock(mutex);
        workers.emplace_back(
            [path = request.head.path, sink = std::move(sink)]() mutable { sink(Response(200, "text/plain", path)); });
    };
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<TlsClient>(port()));
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->send(post("/" + std::to_string(i), "x"));
        for (std::size_t i = 0; i < clients.size(); ++i) {
            ASSERT_EQ(clients[i]->receive().body, "/" + std::to_string(i));
        }
    }
    const std::lock_guard lock(mutex);
    workers.clear();
}

TEST_F(LateAnswer, FindsTheHeadStillThereAfterThePeerHasGone)
{
    hold_everything();
    {
        TlsClient client(port());
        client.send(post("/path", "hello", "X-Kept: yes\r\n"));
        auto sink = admissions_.take();
        server().drain(0ms);  // the connection is cut off
        EXPECT_EQ(held_head_->header("X-Kept"), "yes");
        sink(yes());
    }
}

TEST_F(LateAnswer, MayComeAfterTheServerHasGone)
{
    hold_everything();
    TlsClient client(port());
    client.send(post("/", "hello"));
    admissions_.take()(yes());
    auto sink = responses_.take();
    server_.reset();
    sink(Response(200));
}

TEST_F(LateAnswer, MayComeAfterTheThreadsHaveGone)
{
    std::optional<ResponseSink> sink;
    {
        IoThreads threads(1);
        Server server(threads, handler_, metrics_, options_);
        handler_.on_handle = [this](const Request&, ResponseSink taken) {
            responses_.put(std::move(taken));
        };
        server.start();
        TlsClient client(server.port());
        client.send(kGet);
        sink = responses_.take();
    }
    (*sink)(Response(200));
}

/// Seen as a use after free: the server's acceptor is the first loop's, and what was posted to another loop held it.
TEST_F(LateAnswer, OfALoopThatIsBusyUntilTheEndCostsNothing)
{
    IoThreads threads(2);
    auto& busy = threads.impl().loops.back()->context();
    std::promise<void> begun;
    boost::asio::post(busy, [&] {
        begun.set_value();
        while (!busy.stopped()) std::this_thread::yield();
    });
    begun.get_future().wait();
    Server server(threads, handler_, metrics_, options_);
    server.start();
}

TEST_F(LateAnswer, ThatIsNeverGivenBecauseTheSinkIsDroppedIs500)
{
    hold_everything();
    TlsClient client(port());
    client.send(post("/", "hello"));
    static_cast<void>(admissions_.take());
    EXPECT_EQ(client.receive().status, 500);

    client.send(post("/", "hello"));
    admissions_.take()(yes());
    static_cast<void>(responses_.take());
    EXPECT_EQ(client.receive().status, 500);
}

TEST_F(LateAnswer, IsNotNeededFromAHandlerThatThrows)
{
    handler_.on_handle = [](const Request&, const ResponseSink&) {
        throw std::runtime_error("broken");
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).status, 500);
    handler_.on_admit = [](const RequestHead&, const AdmissionSink&) {
        throw std::runtime_error("broken");
    };
    EXPECT_EQ(client.ask(kGet).status, 500);
}

/// Whether the request is given up within ten seconds.
bool is_given_up_soon(const Request& request)
{
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!request.is_given_up()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

TEST_F(LateAnswer, IsNotWaitedForByAClientThatHasGoneAndTheHandlerIsTold)
{
    Held<std::pair<Request, ResponseSink>> held;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        held.put({std::move(request), std::move(sink)});
    };
    auto client = std::make_unique<TlsClient>(port());
    client->send(post("/", "hello"));
    auto [answered, sink] = held.take();
    sink(Response(200));
    EXPECT_EQ(client->receive().status, 200);
    EXPECT_FALSE(answered.is_given_up());

    client->send(post("/", "hello"));
    auto [waiting, late] = held.take();
    EXPECT_FALSE(waiting.is_given_up());
    client.reset();
    EXPECT_TRUE(is_given_up_soon(waiting));
    EXPECT_FALSE(answered.is_given_up());
    late(Response(200));
}

TEST_F(LateAnswer, IsNotWaitedForOnceItsTimeIsUpAndTheHandlerIsTold)
{
    options_.limits.handler = 200ms;
    Held<std::pair<Request, ResponseSink>> held;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        held.put({std::move(request), std::move(sink)});
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(post("/", "hello")).status, 503);
    auto [request, sink] = held.take();
    EXPECT_TRUE(request.is_given_up());
    sink(Response(200));
}

/// By the connection's loop: more of them than there are threads wait together, and nobody else waits for them.
TEST_F(LateAnswer, ThatIsToComeLaterHoldsUpNobodyElse)
{
    static constexpr auto kAfter = 600ms;
    handler_.on_handle = [](const Request& request, ResponseSink sink) {
        Response response(401);
        if (request.head.path == "/wrong") response.after = kAfter;
        sink(std::move(response));
    };
    std::vector<std::unique_ptr<TlsClient>> wrong;
    for (int i = 0; i < 10; ++i) wrong.push_back(std::make_unique<TlsClient>(port()));
    TlsClient other(port());
    const auto begun = std::chrono::steady_clock::now();
    for (const auto& client : wrong) client->send(post("/wrong", ""));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(other.ask(kGet).status, 401);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kAfter) << "without waiting";
    for (const auto& client : wrong) EXPECT_EQ(client->receive().status, 401);
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(took, kAfter);
    EXPECT_LT(took, 5 * kAfter) << "all at the same time";
}

TEST_F(LateAnswer, GivenTwiceCountsOnce)
{
    handler_.on_handle = [](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", "first"));
        sink(Response(200, "text/plain", "second"));
    };
    TlsClient client(port());
    EXPECT_EQ(client.ask(kGet).body, "first");
    EXPECT_EQ(client.ask(kGet).body, "first");
}

}  // namespace
}  // namespace winnow::http

#include "winnow/http/event_stream.hpp"

#include "https_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace winnow::http {
namespace {

using test::ClientError;
using test::TlsClient;
using Clock = std::chrono::steady_clock;

std::size_t threads_of_this_process()
{
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// GET /events opens a stream, whose writer's end is kept here; all else is echoed.
class EventStreams : public HttpsTest {
protected:
    EventStreams()
    {
        options_stream_.closed = [this] {
            ++closed_;
        };
        handler_.on_handle = [this](const Request& request, ResponseSink sink) {
            if (request.head.path != "/events") return sink(Response(200, "text/plain", request.head.path));
            auto stream = std::make_shared<EventStream>(options_stream_);
            auto response = stream->open();
            {
                const std::lock_guard lock(mutex_);
                streams_.push_back(std::move(stream));
            }
            sink(std::move(response));
        };
    }

    ~EventStreams() override { server_.reset(); }

    std::unique_ptr<TlsClient> listen()
    {
        auto client = std::make_unique<TlsClient>(port());
        client->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(client->receive_head().header("Content-Type"), "text/event-stream");
        EXPECT_EQ(client->receive_chunk(), "retry: 2000\n\n");
        return client;
    }

    std::size_t tell_all(const Event& event)
    {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::ranges::count_if(streams_, [&](const auto& stream) { return stream->put(event); }));
    }

    EventStream::Options options_stream_;
    std::atomic<std::size_t> closed_ = 0;
    std::mutex mutex_;
    std::vector<std::shared_ptr<EventStream>> streams_;
};

TEST_F(EventStreams, ManyThatAreIdleHoldNoThread)
{
    constexpr std::size_t kMany = 200;
    static_cast<void>(port());
    const auto threads = threads_of_this_process();
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (std::size_t i = 0; i < kMany; ++i) clients.push_back(listen());
    EXPECT_EQ(threads_of_this_process(), threads);
    TlsClient other(port());
    EXPECT_EQ(other.ask(kGet).body, "/") << "two loops serve others meanwhile";
    EXPECT_EQ(tell_all({.name = "ticket", .data = "{}", .id = "7"}), kMany);
    for (auto& client : clients) EXPECT_EQ(client->receive_chunk(), "id: 7\nevent: ticket\ndata: {}\n\n");
}

TEST_F(EventStreams, ASilentOneBeats)
{
    options_stream_.heartbeat = 100ms;
    options_.limits.handler = 200ms;  // which an endless answer is not bound to
    options_.limits.write = 250ms;
    const auto client = listen();
    for (int i = 0; i < 6; ++i) EXPECT_EQ(client->receive_chunk(), ":\n\n");
    EXPECT_EQ(tell_all({.name = "", .data = "x", .id = ""}), 1U);
    EXPECT_EQ(client->receive_chunk(), "data: x\n\n") << "the same pull is answered still";
}

TEST_F(EventStreams, AReaderThatGoesAwayIsNoticedInSilence)
{
    auto client = listen();
    client.reset();
    const auto until = Clock::now() + 10s;
    while (closed_ == 0 && Clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(closed_, 1U);
    EXPECT_EQ(tell_all({.name = "", .data = "x", .id = ""}), 0U);
}

TEST_F(EventStreams, EndInOrderWhenTheServerStops)
{
    const auto client = listen();
    const auto begun = Clock::now();
    EXPECT_TRUE(server().drain(10s));
    EXPECT_LT(Clock::now() - begun, 5s) << "not after the grace, nor with the next heartbeat";
    EXPECT_EQ(client->receive_chunk(), std::nullopt);
    EXPECT_TRUE(client->at_end());
    EXPECT_EQ(closed_, 1U);
}

TEST_F(EventStreams, ItsWriterEndsItInOrderAndTheConnectionStays)
{
    const auto client = listen();
    streams_.front()->end();
    EXPECT_EQ(client->receive_chunk(), std::nullopt);
    EXPECT_EQ(client->ask(kGet).body, "/");
}

TEST_F(EventStreams, OfAReaderThatStopsIsCutOff)
{
    options_.limits.write = 500ms;
    options_stream_.max_waiting_bytes = std::size_t{64} << 20U;
    const auto client = listen();
    const auto event = event_text({.name = "", .data = std::string(1'000'000, 'x'), .id = ""});
    const auto until = Clock::now() + 10s;
    while (closed_ == 0 && Clock::now() < until) {
        if (closed_ == 0) streams_.front()->put_text(event);
        std::this_thread::yield();
    }
    EXPECT_EQ(closed_, 1U);
}

}  // namespace
}  // namespace winnow::http

#include "streaming_fixture.hpp"
#include "winnow/http/event_stream.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// On which terms an answer that is made while it is sent goes on: whose place it takes, who may have it, and how long.

namespace winnow::http {
namespace {

/// "/1/…" is asked for by the caller 1, "/0/…" by nobody who is known. The answers to "/…/stream" are endless pieces of
/// 1 KiB; to "/…/nothing" a source that has none yet; to "/…/events" a stream of events; to "/…/text", and whatever
/// else, text.
class StreamingTerms : public Streaming {
protected:
    StreamingTerms()
    {
        handler_.on_admit = [this](const RequestHead& head, AdmissionSink sink) {
            Admission admission;
            admission.max_body_bytes = 1'000;
            const auto caller = static_cast<std::uint64_t>(head.path.at(1) - '0');
            if (caller != 0) admission.caller = Uuid::from_words(1, caller);
            admission.may_stream = announces_ && head.path.ends_with("/stream");
            admission.recheck = recheck_;
            sink(std::move(admission));
        };
        handler_.on_handle = [this](const Request& request, ResponseSink sink) {
            ++handled_;
            if (request.head.path.ends_with("/events")) {
                const std::lock_guard lock(mutex_);
                events_.push_back(std::make_unique<EventStream>());
                return sink(events_.back()->open());
            }
            const bool has_nothing = request.head.path.ends_with("/nothing");
            if (!has_nothing && !request.head.path.ends_with("/stream")) {
                return sink(Response(200, "text/plain", "text"));
            }
            auto watch = std::make_shared<Watch>();
            {
                const std::lock_guard lock(mutex_);
                watches_.push_back(watch);
            }
            if (!has_nothing) return sink(Response(200, "text/plain", endless(watch, 1'024)));
            sink(Response(200, "text/plain", std::make_unique<WatchedSource>(watch, [](std::size_t, PieceSink piece) {
                              piece(Piece::later(5ms));
                          })));
        };
    }

    ~StreamingTerms() override { server_.reset(); }

    static std::string get_as(int caller, const std::string& what = "stream")
    {
        return "GET /" + std::to_string(caller) + "/" + what + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    /// A client whose stream has begun, and who takes nothing of it from then on.
    std::unique_ptr<TlsClient> stream_as(int caller)
    {
        auto client = std::make_unique<TlsClient>(port(), test::ClientOptions{.receive_buffer = 4'096});
        client->send(get_as(caller));
        EXPECT_EQ(client->receive_head().status, 200);
        return client;
    }

    /// Reads until the stream breaks off.
    static void read_until_cut(TlsClient& client)
    {
        EXPECT_THROW(
            {
                while (client.receive_chunk()) {
                }
            },
            ClientError)
            << "it has no end of its own";
    }

    std::size_t at_work()
    {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::ranges::count_if(watches_, [](const auto& watch) { return !watch->freed; }));
    }

    bool announces_ = true;
    std::function<void(EntitlementSink)> recheck_;
    std::atomic<int> handled_ = 0;
    std::mutex mutex_;
    std::vector<std::shared_ptr<Watch>> watches_;
    std::vector<std::unique_ptr<EventStream>> events_;
};

TEST_F(StreamingTerms, ATenantHasSoManyAndTheNextOneIsRefusedByNameBeforeItsWorkIsDone)
{
    options_.limits.max_streams_per_tenant = 2;
    const auto first = stream_as(1);
    auto second = stream_as(1);
    TlsClient third(port());
    const auto refused = third.ask(get_as(1));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body, "too_many_streams");
    EXPECT_EQ(refused.header("Retry-After"), "5");
    EXPECT_THAT(refused.header("X-Detail"), testing::HasSubstr("The tenant has 2 answers"));
    EXPECT_THAT(refused.header("X-Detail"), testing::HasSubstr("http.max_streams_per_tenant"));
    EXPECT_EQ(handled_, 2) << "nothing was done for the one that was refused";
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_refused_total{limit="streams",listener="customer"} 1)"));
    EXPECT_TRUE(has_metric(R"(winnow_http_streams{listener="customer"} 2)"));

    EXPECT_EQ(third.ask(get_as(1, "text")).body, "text") << "the connection stays, and other requests are served";
    const auto of_another = stream_as(2);
    second.reset();
    EXPECT_TRUE(soon([&] { return third.ask(get_as(1)).status == 200; })) << "one has gone";
}

TEST_F(StreamingTerms, OneThatWasNotAnnouncedIsCountedToo)
{
    announces_ = false;
    options_.limits.max_streams_per_tenant = 1;
    const auto first = stream_as(1);
    EXPECT_EQ(TlsClient(port()).ask(get_as(1)).status, 429);
    EXPECT_TRUE(soon([&] { return at_work() == 1; })) << "its source is freed";
}

TEST_F(StreamingTerms, ItLosesItsPlaceToAConnectionThatWantsOne)
{
    options_.limits.max_connections = 8;  // of which one caller may have three busy, and one of these streaming
    options_.limits.write = 60s;
    std::vector<std::unique_ptr<TlsClient>> streams;
    for (int i = 1; i <= 8; ++i) streams.push_back(stream_as(i));
    EXPECT_TRUE(has_metric(R"(winnow_http_streams{listener="customer"} 8)"));
    TlsClient next(port());
    EXPECT_EQ(next.ask(get_as(9, "text")).body, "text");
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_displaced_total{listener="customer",what="stream"} 1)"));
    EXPECT_TRUE(has_metric(cut_short("displaced", 1)));
    EXPECT_TRUE(soon([&] { return at_work() == 7; }));
    read_until_cut(*streams.front());
}

TEST_F(StreamingTerms, ItLosesItsPlaceWhileItsSourceHasNothing)
{
    options_.limits.max_connections = 8;
    options_.limits.handler = 60s;
    std::vector<std::unique_ptr<TlsClient>> streams;
    for (int i = 1; i <= 8; ++i) {
        streams.push_back(std::make_unique<TlsClient>(port()));
        streams.back()->send(get_as(i, "nothing"));
        EXPECT_EQ(streams.back()->receive_head().status, 200);
    }
    EXPECT_TRUE(soon([&] { return at_work() == 8; }));
    TlsClient next(port());
    EXPECT_EQ(next.ask(get_as(9, "text")).body, "text");
    EXPECT_TRUE(has_metric(cut_short("displaced", 1)));
    EXPECT_TRUE(soon([&] { return at_work() == 7; }));
    EXPECT_THROW(static_cast<void>(streams.front()->receive_chunk()), ClientError);
}

TEST_F(StreamingTerms, OneWithoutChunksThatLosesItsPlaceDoesNotLookComplete)
{
    options_.limits.max_connections = 8;
    options_.limits.write = 60s;
    std::vector<std::unique_ptr<TlsClient>> streams;
    for (int i = 1; i <= 8; ++i) {
        streams.push_back(std::make_unique<TlsClient>(port(), test::ClientOptions{.receive_buffer = 4'096}));
        streams.back()->send("GET /" + std::to_string(i) + "/stream HTTP/1.0\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(streams.back()->receive_head().status, 200);
    }
    TlsClient next(port());
    EXPECT_EQ(next.ask(get_as(9, "text")).body, "text");
    EXPECT_TRUE(has_metric(cut_short("displaced", 1)));
    const auto read_all = [&] {
        while (!streams.front()->receive_some().empty()) {
        }
    };
    EXPECT_THROW(read_all(), ClientError) << "no close_notify";
}

TEST_F(StreamingTerms, AnEndlessOneThatLosesItsPlaceEndsInOrder)
{
    options_.limits.max_connections = 8;
    std::vector<std::unique_ptr<TlsClient>> listeners;
    for (int i = 1; i <= 8; ++i) {
        listeners.push_back(std::make_unique<TlsClient>(port()));
        listeners.back()->send(get_as(i, "events"));
        EXPECT_EQ(listeners.back()->receive_head().status, 200);
        EXPECT_EQ(listeners.back()->receive_chunk(), "retry: 2000\n\n");
    }
    TlsClient next(port());
    EXPECT_EQ(next.ask(get_as(9, "text")).body, "text");
    EXPECT_EQ(listeners.front()->receive_chunk(), std::nullopt);
    EXPECT_TRUE(listeners.front()->at_end());
    EXPECT_TRUE(has_metric(R"(winnow_http_connections_displaced_total{listener="customer",what="stream"} 1)"));
    EXPECT_TRUE(has_metric(cut_short("displaced", 0)));
}

TEST_F(StreamingTerms, AnEndlessOneEndsInOrderAtItsBound)
{
    options_.limits.stream = 300ms;
    TlsClient client(port());
    client.send(get_as(1, "events"));
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunk(), "retry: 2000\n\n");
    EXPECT_EQ(client.receive_chunk(), std::nullopt);
    EXPECT_EQ(client.ask(get_as(1, "text")).body, "text") << "the connection stays";
}

TEST_F(StreamingTerms, ABoundEndsWhatGoesOnForLong)
{
    options_.limits.stream = 300ms;
    auto client = stream_as(1);
    read_until_cut(*client);
    EXPECT_TRUE(has_metric(cut_short("bound", 1)));

    const auto idle = stream_as(1);
    EXPECT_TRUE(has_metric(cut_short("bound", 2))) << "of one whose reader takes nothing, too";
}

TEST_F(StreamingTerms, ItEndsWithinSecondsWhenItsCallerLosesItsKey)
{
    options_.limits.recheck = 200ms;  // where nobody could tell for ten times that, it is lost: so long may nothing run
    std::atomic<bool> revoked = false;
    std::atomic<int> asked = 0;
    recheck_ = [&](EntitlementSink sink) {
        ++asked;
        sink(revoked ? Entitlement::lost : Entitlement::held);
    };
    auto client = stream_as(1);
    const auto idle = stream_as(1);
    EXPECT_TRUE(soon([&] { return asked >= 6; }));
    EXPECT_EQ(at_work(), 2U);
    revoked = true;
    read_until_cut(*client);
    EXPECT_TRUE(has_metric(cut_short("revoked", 2))) << "and of one whose reader takes nothing";
    EXPECT_TRUE(soon([&] { return at_work() == 0; }));
}

TEST_F(StreamingTerms, TheAnswerWhetherItsCallerMayMayComeLateAndOneThatIsLostMeansThatNobodyKnows)
{
    options_.limits.recheck = 200ms;
    Held<EntitlementSink> held;
    recheck_ = [&](EntitlementSink sink) {
        held.put(std::move(sink));
    };
    const auto client = stream_as(1);
    held.take()(Entitlement::held);
    static_cast<void>(held.take());
    held.take()(Entitlement::unknown);
    auto late = held.take();
    EXPECT_TRUE(has_metric(cut_short("revoked", 1))) << "nobody could tell for ten times as long";
    late(Entitlement::held);  // for nobody
    EXPECT_TRUE(soon([&] { return at_work() == 0; }));
}

TEST_F(StreamingTerms, AReaderThatTakesNothingIsFeltAfterAFewPieces)
{
    options_.limits.write = 400ms;
    const auto client = stream_as(1);
    EXPECT_TRUE(has_metric(cut_short("pace", 1)));
    const std::lock_guard lock(mutex_);
    EXPECT_LT(watches_.front()->pulled_bytes, 320U * 1'024) << "128 KiB in the kernel, and what its own socket took";
}

}  // namespace
}  // namespace winnow::http

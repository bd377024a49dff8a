#include "streaming_fixture.hpp"

#include <sys/socket.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

// How long an answer that is made while it is sent may go on, and what ends it before its end.

namespace winnow::http {
namespace {

TEST_F(Streaming, ABodyThatBreaksIsCutShortSoThatItsReaderSeesIt)
{
    const WatchedSource::Answer breaks[] = {
        [](std::size_t number, PieceSink sink) { sink(number == 0 ? Piece::more("begun") : Piece::broken("why")); },
        [](std::size_t, const PieceSink& /*dropped*/) {},
        [](std::size_t, const PieceSink&) { throw std::runtime_error("broken"); },
    };
    for (const auto& each : breaks) {
        for (const std::string version : {"1.1", "1.0"}) {
            answer_with(each);
            watch_ = std::make_shared<Watch>();
            TlsClient client(port());
            client.send("GET / HTTP/" + version + "\r\nHost: h\r\n\r\n");
            EXPECT_EQ(client.receive_head().status, 200);
            const auto read_all = [&] {
                if (version == "1.1") return static_cast<void>(client.receive_chunks());
                while (!client.receive_some().empty()) {
                }
            };
            EXPECT_THROW(read_all(), ClientError) << version << ": neither a last chunk nor an orderly close";
            EXPECT_TRUE(soon([&] { return watch_->freed.load(); }));
        }
    }
    EXPECT_TRUE(has_metric(cut_short("source", 6)));
}

TEST_F(Streaming, APieceThatNeverComesIsNotWaitedForBeyondTheHandlersTime)
{
    options_.limits.handler = 300ms;
    Held<std::pair<Request, PieceSink>> held;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        auto kept = std::make_shared<Request>(std::move(request));
        sink(Response(200, "text/plain",
                      std::make_unique<WatchedSource>(watch_, [&held, kept](std::size_t, PieceSink piece) {
                          held.put({std::move(*kept), std::move(piece)});
                      })));
    };
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_THROW(static_cast<void>(client.receive_chunk()), ClientError);
    auto [request, late] = held.take();
    EXPECT_TRUE(request.is_given_up());
    late(Piece::last("too late"));
}

TEST_F(Streaming, ASourceThatNeverHasAnythingIsAskedNoLongerThanOneThatIsSilent)
{
    options_.limits.handler = 300ms;
    answer_with([](std::size_t, PieceSink sink) { sink(Piece::later(20ms)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_THROW(static_cast<void>(client.receive_chunk()), ClientError);
}

/// A reader that pauses, and then takes a good part of what is there.
void read_with_pauses(TlsClient& client, std::chrono::milliseconds pause, int times)
{
    for (int i = 0; i < times; ++i) {
        std::this_thread::sleep_for(pause);  // the reader's pace, which is what is tested
        std::size_t got = 0;
        while (got < 4 * kMega) {
            const auto part = client.receive_some();
            if (part.empty()) throw ClientError("the end");
            got += part.size();
        }
    }
}

TEST_F(Streaming, AReaderMayPauseAgainAndAgainForLessThanTheDeadline)
{
    options_.limits.write = 3'000ms;
    answer_endlessly(64 * 1024);
    TlsClient client(port(), {.receive_buffer = 65'536});
    client.send(kGet);
    EXPECT_NO_THROW(read_with_pauses(client, 1'200ms, 3)) << "in all it takes longer than the deadline";
    EXPECT_FALSE(watch_->freed);
}

TEST_F(Streaming, AReaderThatPausesForLongerIsCutOff)
{
    options_.limits.write = 500ms;
    answer_endlessly(64 * 1024);
    TlsClient client(port(), {.receive_buffer = 65'536});
    client.send(kGet);
    EXPECT_THROW(read_with_pauses(client, 1'500ms, 4), ClientError);
    EXPECT_TRUE(watch_->freed);
}

TEST_F(Streaming, TextOfItsOwnHasTheDeadlineInAll)
{
    options_.limits.write = 1'500ms;
    handler_.on_handle = [](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", std::string(64 * kMega, 'x')));
    };
    TlsClient client(port(), {.receive_buffer = 65'536});
    client.send(kGet);
    EXPECT_THROW(read_with_pauses(client, 900ms, 8), ClientError) << "however short the pauses";
}

/// A piece of 8 MB, more than fits into a socket; then nothing for more than the deadline; then such a piece again.
WatchedSource::Answer with_nothing_between(std::chrono::milliseconds silence)
{
    return [silence, until = std::make_shared<Clock::time_point>()](std::size_t number, PieceSink sink) {
        if (number == 0) return sink(Piece::more(std::string(8 * kMega, 'x')));
        if (number == 1) *until = Clock::now() + silence;
        if (Clock::now() < *until) return sink(Piece::later(20ms));
        sink(Piece::last(std::string(8 * kMega, 'x')));
    };
}

TEST_F(Streaming, WhatASourceWaitsForIsNotItsReadersTime)
{
    options_.limits.write = 2'000ms;
    options_.limits.min_answer_rate = 1'024 * kMega;  // no credit for what was taken
    answer_with(with_nothing_between(2'500ms));
    TlsClient client(port(), {.receive_buffer = 65'536});
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunk()->size(), 8 * kMega);
    ASSERT_TRUE(soon([&] { return watch_->freed || sent_bytes() > 8.1 * kMega; }));
    std::this_thread::sleep_for(500ms);  // the reader's pace: a quarter of what it has for the second piece
    EXPECT_EQ(client.receive_chunk()->size(), 8 * kMega);
    EXPECT_EQ(client.receive_chunk(), std::nullopt);
}

TEST_F(Streaming, AReaderThatOnlyTricklesIsCutOff)
{
    options_.limits.write = 500ms;
    options_.limits.min_answer_rate = 64 * kMega;
    answer_endlessly(64 * 1024);
    TlsClient client(port(), {.receive_buffer = 65'536});
    client.send(kGet);
    const auto trickle = [&] {
        const auto until = Clock::now() + 8s;
        while (Clock::now() < until && !client.receive_some().empty()) {
            std::this_thread::sleep_for(5ms);  // the reader's pace: slow, not stalled, 3 MB a second
        }
    };
    EXPECT_THROW(trickle(), ClientError);
    EXPECT_TRUE(watch_->freed);
    EXPECT_TRUE(has_metric(cut_short("pace", 1)));
}

TEST_F(Streaming, AReaderThatGoesAwayFreesTheSource)
{
    Held<PieceSink> sinks;
    answer_with([&](std::size_t, PieceSink sink) { sinks.put(std::move(sink)); });
    auto client = std::make_unique<TlsClient>(port());
    client->send(kGet);
    EXPECT_EQ(client->receive_head().status, 200);
    auto sink = sinks.take();
    client.reset();
    EXPECT_TRUE(soon([&] { return watch_->freed.load(); })) << "with a pull under way";
    sink(Piece::more("for nobody"));

    watch_ = std::make_shared<Watch>();
    answer_endlessly(64 * 1024);
    client = std::make_unique<TlsClient>(port(), test::ClientOptions{.receive_buffer = 4'096});
    client->send(kGet);
    EXPECT_EQ(client->receive_head().status, 200);
    client.reset();
    EXPECT_TRUE(soon([&] { return watch_->freed.load(); })) << "while it is written to";
    EXPECT_TRUE(has_metric(cut_short("gone", 2)));
}

TEST_F(Streaming, AReaderThatHasNothingMoreToAskIsNotGone)
{
    Held<std::pair<Request, ResponseSink>> held;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        held.put({std::move(request), std::move(sink)});
    };
    TlsClient client(port());
    client.send(kGet);
    ASSERT_EQ(::shutdown(SSL_get_fd(client.ssl()), SHUT_WR), 0);
    auto [request, sink] = held.take();
    EXPECT_TRUE(soon([&] { return request.is_given_up(); })) << "before an answer it cannot be told from one";
    sink(Response(200, "text/plain", std::make_unique<WatchedSource>(watch_, [](std::size_t number, PieceSink piece) {
                      if (number == 0) return piece(Piece::more("begun, "));
                      if (number < 100) return piece(Piece::later(5ms));
                      piece(Piece::last("and whole"));
                  })));
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunk(), "begun, ");
    EXPECT_FALSE(request.is_given_up());
    EXPECT_EQ(client.receive_chunk(), "and whole");
    EXPECT_EQ(client.receive_chunk(), std::nullopt);
}

/// What a source keeps of its own request must not keep both.
TEST_F(Streaming, AnAnswerThatComesWhenNobodyWaitsAnyMoreIsFreed)
{
    options_.limits.handler = 200ms;
    Held<std::pair<Request, ResponseSink>> held;
    handler_.on_handle = [&](Request request, ResponseSink sink) {
        held.put({std::move(request), std::move(sink)});
    };
    TlsClient client(port());
    client.send(kGet);
    auto [request, late] = held.take();
    EXPECT_EQ(client.receive().status, 503);
    client.send(kGet);
    held.take();  // so the turn of the first one is over
    late(Response(200, "text/plain",
                  std::make_unique<WatchedSource>(
                      watch_, [kept = std::make_shared<Request>(std::move(request))](std::size_t, PieceSink) {})));
    EXPECT_TRUE(soon([&] { return watch_->freed.load(); }));
}

TEST_F(Streaming, ADrainLetsABodyEnd)
{
    Held<PieceSink> sinks;
    answer_with([&](std::size_t, PieceSink sink) { sinks.put(std::move(sink)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    auto sink = sinks.take();
    std::jthread drainer([this] { EXPECT_TRUE(server().drain(10s)); });
    wait_until_it_drains();
    sink(Piece::more("more, "));
    sinks.take()(Piece::last("the end"));
    EXPECT_EQ(client.receive_chunks(), "more, the end");
    EXPECT_TRUE(client.at_end());
}

TEST_F(Streaming, WhatADrainCutsOffIsFreed)
{
    Held<PieceSink> sinks;
    answer_with([&](std::size_t, PieceSink sink) { sinks.put(std::move(sink)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    const auto sink = sinks.take();
    EXPECT_FALSE(server().drain(0ms));
    EXPECT_TRUE(watch_->freed);
    EXPECT_TRUE(has_metric(cut_short("drain", 1)));
}

TEST_F(Streaming, ADrainEndsABodyThatHasRunForLongAtItsNextPiece)
{
    options_.limits.write = 1ms;
    Held<PieceSink> sinks;
    answer_with([&](std::size_t, PieceSink sink) { sinks.put(std::move(sink)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    sinks.take()(Piece::more("begun, "));
    EXPECT_EQ(client.receive_chunk(), "begun, ") << "without a drain it has all the time there is";
    // It was begun before its first piece came: from here on it has had its time, however quick all of this is.
    const auto long_enough = Clock::now() + options_.limits.write;
    EXPECT_TRUE(soon([&] { return Clock::now() >= long_enough; }));
    auto sink = sinks.take();
    std::jthread drainer([this] { EXPECT_TRUE(server().drain(10s)) << "not by its grace"; });
    wait_until_it_drains();
    sink(Piece::more("and whole"));
    EXPECT_EQ(client.receive_chunk(), "and whole");
    EXPECT_THROW(static_cast<void>(client.receive_chunk()), ClientError);
    EXPECT_TRUE(has_metric(cut_short("drain", 1)));
}

TEST_F(Streaming, ADrainEndsABodyThatHasRunForLongWhileItsSourceHasNothing)
{
    options_.limits.write = 1ms;
    options_.limits.handler = 60s;
    answer_with(
        [](std::size_t number, PieceSink sink) { sink(number == 0 ? Piece::more("begun") : Piece::later(5ms)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunk(), "begun");
    EXPECT_TRUE(soon([&] { return watch_->pulls >= 3; })) << "without a drain it has all the time there is";
    EXPECT_TRUE(server().drain(10s)) << "not by its grace";
    EXPECT_TRUE(watch_->freed);
    EXPECT_TRUE(has_metric(cut_short("drain", 1)));
    EXPECT_THROW(static_cast<void>(client.receive_chunk()), ClientError);
}

TEST_F(Streaming, PiecesThatOneTenantDoesNotTakeAreBoundedToo)
{
    options_.limits.max_unsent_bytes_per_tenant = 12 * kMega;
    answer_endlessly(8 * kMega);
    TlsClient first(port(), {.receive_buffer = 4'096});
    TlsClient second(port(), {.receive_buffer = 4'096});
    first.send(kGet);
    second.send(kGet);
    EXPECT_TRUE(has_metric(cut_short("unsent", 1)));
}

}  // namespace
}  // namespace winnow::http

#include "streaming_fixture.hpp"

#include <malloc.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::http {
namespace {

TEST_F(Streaming, APieceIsAChunkAndTheConnectionStays)
{
    answer_with_words();
    TlsClient client(port());
    for (int i = 0; i < 3; ++i) {
        client.send(kGet);
        const auto head = client.receive_head();
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
        EXPECT_EQ(head.header("Content-Length"), "");
        EXPECT_EQ(head.header("Connection"), "");
        EXPECT_NE(head.header("X-Request-Id"), "");
        EXPECT_EQ(client.receive_chunk(), "one ");
        EXPECT_EQ(client.receive_chunk(), "two ");
        EXPECT_EQ(client.receive_chunk(), "three");
        EXPECT_EQ(client.receive_chunk(), std::nullopt);
        watch_->pulls = 0;
    }
    EXPECT_TRUE(soon([&] { return watch_->freed.load(); }));
}

TEST_F(Streaming, PiecesMayComeLateAndFromOtherThreads)
{
    Held<PieceSink> sinks;
    answer_with([&](std::size_t, PieceSink sink) { sinks.put(std::move(sink)); });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200) << "before anything is there";
    for (int i = 0; i < 20; ++i) {
        sinks.take()(Piece::more(std::to_string(i)));
        EXPECT_EQ(client.receive_chunk(), std::to_string(i));
    }
    sinks.take()(Piece::last());
    EXPECT_EQ(client.receive_chunk(), std::nullopt);
}

TEST_F(Streaming, AnHttp10ClientGetsItUntilTheConnectionEnds)
{
    answer_with_words();
    TlsClient client(port());
    client.send("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    const auto head = client.receive_head();
    EXPECT_EQ(head.header("Transfer-Encoding"), "");
    EXPECT_EQ(head.header("Connection"), "close");
    std::string all;
    for (auto part = client.receive_some(); !part.empty(); part = client.receive_some()) all += part;
    EXPECT_EQ(all, "one two three");
}

TEST_F(Streaming, APieceIsAChunkWhetherItIsJoinedWithItsFramingOrNot)
{
    for (const std::size_t size : {16'384U, 16'385U}) {  // the longest that is, and the shortest that is not
        watch_ = std::make_shared<Watch>();
        answer_with([size](std::size_t number, PieceSink sink) {
            std::string piece(size, number == 0 ? 'a' : 'b');
            sink(number == 0 ? Piece::more(std::move(piece)) : Piece::last(std::move(piece)));
        });
        TlsClient client(port());
        for (int i = 0; i < 2; ++i) {
            watch_->pulls = 0;
            client.send(kGet);
            EXPECT_EQ(client.receive_head().status, 200);
            EXPECT_EQ(client.receive_chunk(), std::string(size, 'a'));
            EXPECT_EQ(client.receive_chunk(), std::string(size, 'b'));
            EXPECT_EQ(client.receive_chunk(), std::nullopt) << "and the connection stays";
        }
        watch_->pulls = 0;
        client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n");
        EXPECT_EQ(client.receive_head().status, 200);
        std::string got;
        for (auto part = client.receive_some(); !part.empty(); part = client.receive_some()) got += part;
        EXPECT_EQ(got, std::string(size, 'a') + std::string(size, 'b'));
    }
}

TEST_F(Streaming, HeadIsAnsweredWithoutAskingTheSource)
{
    answer_with_words();
    TlsClient client(port());
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive_head().header("Transfer-Encoding"), "chunked");
    EXPECT_TRUE(soon([&] { return watch_->freed.load(); }));
    EXPECT_EQ(watch_->pulls, 0U);
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunks(), "one two three");
}

TEST_F(Streaming, ASourceThatHasNothingYetIsAskedAgain)
{
    answer_with([](std::size_t number, PieceSink sink) {
        if (number < 3) return sink(Piece::later(1ms));
        sink(Piece::last("at last"));
    });
    TlsClient client(port());
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(client.receive_chunks(), "at last");
    EXPECT_EQ(watch_->pulls, 4U);
}

TEST_F(Streaming, NoMoreIsAskedForThanTheSocketTakesAndAPieceAhead)
{
    constexpr std::size_t kPiece = 64 * 1024;
    options_.limits.write = 500ms;
    answer_endlessly(kPiece);
    TlsClient client(port(), {.receive_buffer = 4'096});
    client.send(kGet);
    EXPECT_EQ(client.receive_head().status, 200);
    ASSERT_TRUE(soon([&] { return watch_->freed.load(); })) << "it reads no more, and its time is up";
    const auto ahead = static_cast<double>(watch_->pulled_bytes) - sent_bytes();
    EXPECT_LE(ahead, static_cast<double>(kPiece));
    EXPECT_LE(watch_->pulled_bytes, 16 * kMega) << "and a socket does not take everything";
}

TEST_F(Streaming, AViewIsSentFromWhereItIs)
{
    static const std::string kAsset = [] {
        std::string asset(64 * kMega, '\0');
        for (std::size_t i = 0; i < asset.size(); ++i) asset[i] = static_cast<char>('a' + i % 23);
        return asset;
    }();
    options_.limits.max_unsent_bytes_per_tenant = 65'536;
    handler_.on_handle = [](const Request&, ResponseSink sink) {
        sink(Response(200, "text/plain", Body::view(kAsset)));
    };
    const auto allocated = [] {
        const auto info = mallinfo2();
        return info.uordblks + info.hblkhd;
    };
    const auto before = allocated();
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<TlsClient>(port(), test::ClientOptions{.receive_buffer = 65'536}));
        clients.back()->send(kGet);
        EXPECT_EQ(clients.back()->receive_head().header("Content-Length"), std::to_string(kAsset.size()));
    }
    EXPECT_LT(allocated(), before + 16 * kMega);
    std::string got;
    got.reserve(kAsset.size());
    while (got.size() < kAsset.size()) got += clients.front()->receive_some();
    EXPECT_TRUE(got == kAsset);
    EXPECT_FALSE(metrics_.exposition().contains("winnow_http_answers_cut_off_total{listener=\"customer\"} 1"))
        << "it pins no memory of its tenant's";
    clients.front()->send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(clients.front()->receive(true).header("Content-Length"), std::to_string(kAsset.size()));
}

}  // namespace
}  // namespace winnow::http

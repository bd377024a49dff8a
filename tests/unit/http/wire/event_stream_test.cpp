#include "winnow/http/event_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::http {
namespace {

using namespace std::chrono_literals;

TEST(EventText, IsWhatTheStandardSays)
{
    EXPECT_EQ(event_text({.name = "", .data = "hello", .id = ""}), "data: hello\n\n");
    EXPECT_EQ(event_text({.name = "ticket", .data = "{}", .id = "17"}), "id: 17\nevent: ticket\ndata: {}\n\n");
    EXPECT_EQ(event_text({.name = "gone", .data = "", .id = ""}), "event: gone\ndata: \n\n");
}

TEST(EventText, DataOfSeveralLinesStaysTogether)
{
    EXPECT_EQ(event_text({.name = "", .data = "a\nb\r\nc\rd\n", .id = ""}),
              "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    EXPECT_EQ(event_text({.name = "", .data = "x\n\nevent: forged", .id = ""}),
              "data: x\ndata: \ndata: event: forged\n\n");
}

TEST(EventText, NoNameOrIdBeginsALineOfItsOwn)
{
    EXPECT_EQ(event_text({.name = "a\ndata: forged", .data = "x", .id = "1\r\n\r\n2"}),
              "id: 12\nevent: adata: forged\ndata: x\n\n");
    EXPECT_EQ(event_text({.name = "", .data = "x", .id = std::string("1\0", 2)}), "data: x\n\n");
}

/// The reader's end without a connection: what was pulled and not answered yet is none.
class EventStreamTest : public testing::Test {
protected:
    void open()
    {
        response_.emplace(stream_->open());
        pull();
        EXPECT_EQ(take(), "retry: 2000\n\n");
    }

    void pull()
    {
        response_->body.source()->pull([this](Piece piece) { piece_ = std::move(piece); });
    }

    /// The text of the piece that has come; "-" where none has.
    std::string take()
    {
        if (!piece_) return "-";
        return std::exchange(piece_, std::nullopt)->text;
    }

    void make(EventStream::Options options)
    {
        options.closed = [this] {
            ++closed_;
        };
        stream_ = std::make_unique<EventStream>(std::move(options));
    }

    EventStreamTest() { make({}); }

    std::optional<Piece> piece_;
    int closed_ = 0;
    std::unique_ptr<EventStream> stream_;
    std::optional<Response> response_;
};

TEST_F(EventStreamTest, IsAnAnswerOfItsType)
{
    open();
    EXPECT_EQ(response_->status, 200);
    EXPECT_EQ(response_->headers.front().value, "text/event-stream");
    EXPECT_EQ(response_->body.source()->heartbeat()->every, 15s);
}

TEST_F(EventStreamTest, APullWaitsForTheNextEvent)
{
    open();
    pull();
    EXPECT_EQ(take(), "-");
    EXPECT_TRUE(stream_->put({.name = "", .data = "1", .id = ""}));
    EXPECT_EQ(take(), "data: 1\n\n");
    EXPECT_TRUE(stream_->put({.name = "", .data = "2", .id = ""}));
    EXPECT_TRUE(stream_->put_text("data: 3\n\n"));
    EXPECT_EQ(take(), "-") << "nothing goes out unasked";
    pull();
    EXPECT_EQ(take(), "data: 2\n\ndata: 3\n\n") << "what has gathered is one piece";
}

TEST_F(EventStreamTest, WhatASlowReaderMissesIsBoundedAndSaidOnce)
{
    make({.max_waiting_bytes = 50});
    open();
    const auto put = [&](int times) {  // of 20 bytes each
        while (times-- > 0) EXPECT_TRUE(stream_->put({.name = "", .data = std::string(12, 'x'), .id = ""}));
    };
    put(4);
    pull();
    EXPECT_EQ(take(), "event: resync\ndata: \n\ndata: xxxxxxxxxxxx\n\n") << "the fourth found room behind the word";
    put(100);
    pull();
    const auto text = take();
    EXPECT_LE(text.size(), 50U);
    EXPECT_TRUE(text.starts_with("event: resync\ndata: \n\n")) << text;
    EXPECT_EQ(text.find("resync", 10), std::string::npos) << text;
}

TEST_F(EventStreamTest, EndsInOrderBehindWhatWaits)
{
    open();
    EXPECT_TRUE(stream_->put({.name = "", .data = "1", .id = ""}));
    stream_->end();
    EXPECT_FALSE(stream_->put({.name = "", .data = "2", .id = ""}));
    pull();
    EXPECT_EQ(piece_->kind, Piece::Kind::last);
    EXPECT_EQ(take(), "data: 1\n\n");
}

TEST_F(EventStreamTest, EndsWhenItsWriterLetsGo)
{
    open();
    pull();
    stream_.reset();
    ASSERT_TRUE(piece_);
    EXPECT_EQ(piece_->kind, Piece::Kind::last);
}

TEST_F(EventStreamTest, ItsWriterHearsThatNobodyReadsAnyMore)
{
    open();
    pull();
    EXPECT_EQ(closed_, 0);
    response_.reset();
    EXPECT_EQ(closed_, 1);
    EXPECT_FALSE(stream_->put({.name = "", .data = "1", .id = ""}));
    EXPECT_EQ(take(), "-");
}

}  // namespace
}  // namespace winnow::http

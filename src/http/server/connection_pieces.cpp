#include "http/server/connection.hpp"
#include "http/server/connection_turn.hpp"
#include "http/wire/chunks.hpp"
#include "http/wire/response_text.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

// How a connection sends a body that its source makes piece by piece.

namespace winnow::http {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;

/// A source's wish to be asked later is granted up to here, so that who stops the server need not wait for it.
constexpr std::chrono::milliseconds kLatest{1'000};

constexpr const char* kNothingCame = "Nothing came within http.handler_timeout.";

bool is_piece_settled(const Exchange& exchange)
{
    return exchange.piece.has_value() || exchange.dropped;
}

/// True as long as it lives.
class Mark {
public:
    Mark(bool& flag, bool value) noexcept : flag_(flag) { flag_ = value; }
    ~Mark() { flag_ = false; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

private:
    bool& flag_;
};

}  // namespace

asio::awaitable<bool> Connection::send_pieces(Turn& turn, BodySource& source, Pace& pace)
{
    const Mark streams(streaming_, true);
    const Mark never_ends(endless_, source.heartbeat().has_value());
    outstayed_from_ = Clock::now() + limits_.write;
    for (;;) {
        Piece piece;
        bool sent = co_await wait_for_room(pace);
        if (sent) {
            piece = co_await next_piece(turn, source, pace);
            sent = piece.kind != Piece::Kind::broken;
        }
        const bool is_last = piece.kind == Piece::Kind::last;
        if (sent) sent = co_await send_piece(turn, std::move(piece.text), is_last, pace);
        if (!sent) {
            end_short(turn, piece);
            co_return false;
        }
        if (is_last) co_return true;
        co_await yield_sometimes();
    }
}

void Connection::end_short(const Turn& turn, const Piece& piece)
{
    note_cut(CutShort::source);  // where nothing else has ended it
    const auto why = *why_cut_;
    listener_.metrics.cut_short.at(static_cast<std::size_t>(why)).add();
    if (why == CutShort::source) {
        observe::warn("An answer was cut short: its source failed.",
                      {{"request_id", turn.request_id}, {"reason", piece.text}});
    }
    aborted_ = true;  // no close_notify: a body that ends with its connection must not look complete
}

bool Connection::has_outstayed() const
{
    return listener_.draining && !endless_ && Clock::now() >= outstayed_from_;
}

asio::awaitable<bool> Connection::wait_for_room(Pace& pace)
{
    for (;;) {
        if (has_outstayed()) note_cut(CutShort::drain);
        if (why_cut_) co_return false;
        pollfd socket{.fd = socket_.native_handle(), .events = POLLOUT, .revents = 0};
        if (::poll(&socket, 1, 0) != 0) co_return true;  // room, or an error that the next write meets
        expired_ = false;
        deadline_ = pace.deadline(Clock::now());
        if (listener_.draining && !endless_) deadline_ = std::min(deadline_, outstayed_from_);
        const bool goes_on = co_await wait_for(Progress::wants_write);
        if (!goes_on && !has_outstayed()) note_cut(expired_ ? CutShort::pace : CutShort::gone);
    }
}

asio::awaitable<bool> Connection::send_piece(const Turn& turn, std::string text, bool is_last, Pace& pace)
{
    expired_ = false;
    deadline_ = Clock::time_point::max();  // until the reader takes no more
    holds_buffers_ = true;
    UnsentAnswers::Part unsent(listener_.doorman.unsent(), turn.admission.caller, text.size());
    bool sent = false;
    if (turn.http_1_0) {
        sent = co_await send_text(text, &pace, &unsent);
    } else {
        sent = co_await send_chunk(std::move(text), is_last, pace, unsent);
    }
    if (!sent) note_cut(expired_ ? CutShort::pace : CutShort::gone);
    co_return sent;
}

asio::awaitable<bool> Connection::send_chunk(std::string text, bool is_last, Pace& pace, UnsentAnswers::Part& unsent)
{
    if (text.size() <= kMostJoinedBytes) {
        make_chunk(text);
        if (is_last) text += kLastChunk;
        co_return co_await send_text(text, &pace, &unsent);
    }
    auto around = chunk_head(text.size());
    bool sent = co_await send_text(around, &pace, &unsent);
    if (sent) sent = co_await send_text(text, &pace, &unsent);
    around = "\r\n";
    if (is_last) around += kLastChunk;
    if (sent) sent = co_await send_text(around, &pace, &unsent);
    co_return sent;
}

asio::awaitable<Piece> Connection::next_piece(Turn& turn, BodySource& source, Pace& pace)
{
    pace.rest(Clock::now());
    auto piece = co_await ask(turn, source, pace);
    pace.go_on(Clock::now());
    co_return piece;
}

asio::awaitable<Piece> Connection::ask(Turn& turn, BodySource& source, Pace& pace)
{
    const auto end = Clock::now() + limits_.handler;
    for (;;) {
        auto piece = co_await pull(turn, source, pace);
        if (piece.kind != Piece::Kind::later) co_return piece;
        asio::steady_timer pause(loop_->context(), std::min(piece.after, kLatest));
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        without_wait_ = 0;
        if (peer_has_gone()) note_cut(CutShort::gone);
        if (has_outstayed()) note_cut(CutShort::drain);
        if (why_cut_) co_return Piece();
        if (Clock::now() >= end) co_return Piece::broken(kNothingCame);
    }
}

asio::awaitable<Piece> Connection::pull(Turn& turn, BodySource& source, Pace& pace)
{
    auto& exchange = *turn.exchange;
    exchange.piece.reset();
    try {
        source.pull(Exchange::piece_sink(turn.exchange));
    } catch (const std::exception& failure) {
        co_return Piece::broken(failure.what());
    }
    const auto heartbeat = source.heartbeat();
    for (;;) {
        set_deadline(heartbeat ? heartbeat->every : limits_.handler);
        co_await wait_for_exchange(turn.exchange, is_piece_settled);
        if (aborted_) co_return Piece();
        if (exchange.dropped) co_return Piece::broken("It let go of a sink without an answer.");
        if (exchange.piece) co_return *std::move(exchange.piece);
        if (endless_ && draining_) co_return Piece::last();
        if (!heartbeat) co_return Piece::broken(kNothingCame);
        pace.go_on(Clock::now());
        const bool sent = co_await send_piece(turn, std::string(heartbeat->text), false, pace);
        pace.rest(Clock::now());
        if (!sent) co_return Piece();
    }
}

}  // namespace winnow::http

#include "http/server/connection.hpp"
#include "http/server/connection_turn.hpp"
#include "http/wire/chunks.hpp"
#include "http/wire/response_text.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

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

/// A reader that has closed its half may only have nothing more to ask; one that is not there resets what is sent to
/// it. It has so long where nothing is.
constexpr std::chrono::milliseconds kHalfClosed{3'000};

constexpr const char* kNothingCame = "Nothing came within http.handler_timeout.";

bool is_piece_settled(const Exchange& exchange)
{
    return exchange.piece.has_value() || exchange.dropped;
}

/// Of a stream, so much that was not sent yet waits in the kernel. It would take megabytes: a reader that takes nothing
/// would be found slow only when those are full, and they are memory.
constexpr int kUnsentInKernel = 128 * 1024;

/// Holds for as long as it lives.
class LowWater {
public:
    explicit LowWater(int socket) noexcept : socket_(socket) { set(kUnsentInKernel); }
    ~LowWater() { set(0); }
    LowWater(const LowWater&) = delete;
    LowWater& operator=(const LowWater&) = delete;

private:
    /// 0: the system's own. Where it fails the stream is only less exact.
    void set(int bytes) const noexcept { ::setsockopt(socket_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes); }
    const int socket_;
};

/// Null again at its end.
template <typename T>
class Named {
public:
    Named(T*& name, T& what) noexcept : name_(name) { name_ = &what; }
    ~Named() { name_ = nullptr; }
    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;

private:
    T*& name_;
};

}  // namespace

asio::awaitable<bool> Connection::send_pieces(Turn& turn, BodySource& source, ReaderPace& pace)
{
    Stream stream{.terms = {limits_, source.heartbeat().has_value(), Clock::now()}, .turn = turn};
    const Named named(stream_, stream);
    const LowWater low_water(socket_.native_handle());
    turn.exchange->go_on();
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

std::optional<CutShort> Connection::stream_over()
{
    if (listener_.draining) {
        stream_->terms.hurry(CutShort::drain);
    } else if (draining_) {  // it lost its place before it was a stream
        stream_->terms.hurry(CutShort::displaced);
    }
    return stream_->terms.over(Clock::now());
}

void Connection::look_after_stream(Clock::time_point now)
{
    auto& terms = stream_->terms;
    const auto& turn = stream_->turn;
    if (why_cut_ || !turn.admission.recheck) return;
    auto& answer = turn.exchange->entitlement;
    if (answer) terms.hear(*answer, now);
    answer.reset();
    if (terms.is_lost(now)) return cut(CutShort::revoked);
    if (!terms.should_ask(now)) return;
    terms.ask();
    try {
        turn.admission.recheck(Exchange::entitlement_sink(turn.exchange));
    } catch (const std::exception& failure) {  // its sink says that it is not known
        observe::warn("A stream's caller could not be looked after.",
                      {{"request_id", turn.request_id}, {"reason", failure.what()}});
    }
}

bool Connection::reader_has_gone(Clock::time_point now)
{
    pollfd socket{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    if (::poll(&socket, 1, 0) <= 0) return false;
    const bool is_half = (socket.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
    if (!is_half || stream_->terms.is_endless()) return true;
    const auto since = stream_->half_closed_since.value_or(now);
    stream_->half_closed_since = since;
    return now - since >= kHalfClosed;
}

asio::awaitable<bool> Connection::wait_for_room(ReaderPace& pace)
{
    for (;;) {
        pollfd socket{.fd = socket_.native_handle(), .events = POLLOUT, .revents = 0};
        const bool has_room = ::poll(&socket, 1, 0) != 0;  // or there is an error that the next write meets
        const auto over = stream_over();
        if (over && !(has_room && stream_->terms.is_endless())) note_cut(*over);
        if (why_cut_) co_return false;
        if (has_room) co_return true;
        expired_ = false;
        deadline_ = std::min(pace.deadline(Clock::now()), stream_->terms.end());
        const bool goes_on = co_await wait_for(Progress::wants_write);
        if (goes_on || stream_over() || may_go_on(pace)) continue;
        note_cut(expired_ ? CutShort::pace : CutShort::gone);
    }
}

asio::awaitable<bool> Connection::send_piece(const Turn& turn, std::string text, bool is_last, ReaderPace& pace)
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

asio::awaitable<bool> Connection::send_chunk(std::string text, bool is_last, ReaderPace& pace,
                                             UnsentAnswers::Part& unsent)
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

asio::awaitable<Piece> Connection::next_piece(Turn& turn, BodySource& source, ReaderPace& pace)
{
    if (stream_->terms.is_endless() && stream_over()) co_return Piece::last();
    stream_->half_closed_since.reset();
    pace.rest(Clock::now());
    auto piece = co_await ask(turn, source, pace);
    pace.go_on(Clock::now());
    co_return piece;
}

asio::awaitable<Piece> Connection::ask(Turn& turn, BodySource& source, ReaderPace& pace)
{
    const auto end = Clock::now() + limits_.handler;
    for (;;) {
        auto piece = co_await pull(turn, source, pace);
        if (piece.kind != Piece::Kind::later) co_return piece;
        asio::steady_timer pause(loop_->context(), std::min(piece.after, kLatest));
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        without_wait_ = 0;
        if (reader_has_gone(Clock::now())) note_cut(CutShort::gone);
        if (const auto over = stream_over()) {
            if (stream_->terms.is_endless()) co_return Piece::last();
            note_cut(*over);
        }
        if (why_cut_) co_return Piece();
        if (Clock::now() >= end) co_return Piece::broken(kNothingCame);
    }
}

asio::awaitable<Piece> Connection::pull(Turn& turn, BodySource& source, ReaderPace& pace)
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
        if (heartbeat) deadline_ = std::min(deadline_, stream_->terms.end());
        co_await wait_for_exchange(turn.exchange, is_piece_settled);
        if (aborted_) co_return Piece();
        if (exchange.dropped) co_return Piece::broken("It let go of a sink without an answer.");
        if (exchange.piece) co_return *std::move(exchange.piece);
        if (heartbeat && stream_over()) co_return Piece::last();
        if (!heartbeat) co_return Piece::broken(kNothingCame);
        pace.go_on(Clock::now());
        const bool sent = co_await send_piece(turn, std::string(heartbeat->text), false, pace);
        pace.rest(Clock::now());
        if (!sent) co_return Piece();
    }
}

}  // namespace winnow::http

#include "http/server/connection.hpp"

#include "http/server/connection_turn.hpp"
#include "http/wire/request_id.hpp"
#include "http/wire/response_text.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

// The life of a connection and its input and output. What it does with a request: connection_request.cpp.

namespace winnow::http {

namespace asio = boost::asio;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// A connection that always has work gives way to the others of its loop after this many requests.
constexpr unsigned kLongestBurst = 16;

/// As many connections of a loop keep OpenSSL's buffers from one request to the next: 17 MB.
constexpr std::size_t kRoomy = 512;

/// A client that sends nothing for so long has no next request yet.
constexpr std::chrono::milliseconds kResting{100};

/// What takes no longer is not worth looking after whoever asked for it.
constexpr std::chrono::milliseconds kBeforeLooking{100};

/// At the reader of an answer that has begun: there may be thousands of them, for hours.
constexpr std::chrono::milliseconds kBetweenLooks{1'000};

/// Input and output space kept between requests.
constexpr std::size_t kKeptBytes = 4'096;

}  // namespace

Connection::Connection(const Listener& listener, std::shared_ptr<Seat> seat, asio::ip::tcp::socket socket,
                       SSL_CTX* context, std::string peer)
    : listener_(listener),
      limits_(listener.limits),
      seat_(std::move(seat)),
      loop_(seat_->loop),
      socket_(std::move(socket)),
      tls_(context, socket_.native_handle()),
      peer_(std::move(peer))
{
}

asio::awaitable<void> Connection::run()
{
    try {
        const bool established = co_await handshake();
        if (!established) co_return;
        bool open = true;
        while (open && !aborted_) open = co_await serve_one();
        co_await close_lingering();
    } catch (const std::exception& failure) {
        observe::error("A connection was ended by an exception.", {{"reason", failure.what()}});
    }
}

asio::awaitable<bool> Connection::speaks_tls()
{
    char first = 0;
    for (;;) {
        const auto got = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
        if (got > 0) break;
        if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) co_return false;
        const bool goes_on = co_await wait_for(Progress::wants_read);
        if (!goes_on) co_return false;
    }
    const bool is_letter = first >= 'A' && first <= 'Z';  // of a method; no TLS record begins so
    if (!is_letter) co_return true;
    constexpr Refusal kPlain{
        .status = 400, .code = "https_required", .detail = "This port speaks HTTPS only: begin the URL with https://."};
    const auto request_id = fresh_request_id();
    std::string answer;
    append_response(answer, explain("", kPlain),
                    {.date = loop_->date(), .request_id = request_id, .keep_alive = false});
    // A few hundred bytes into an empty send buffer: they fit, or the peer is not worth waiting for.
    static_cast<void>(::send(socket_.native_handle(), answer.data(), answer.size(), MSG_NOSIGNAL));
    co_await close_lingering();
    co_return false;
}

asio::awaitable<bool> Connection::handshake()
{
    set_deadline(limits_.handshake);
    const bool is_tls = co_await speaks_tls();
    if (!is_tls) {
        listener_.metrics.handshake_failures.add();
        co_return false;
    }
    for (;;) {
        if (!seat_->returning) co_await loop_->handshake_turn(seat_->prefix);
        const auto progress = is_cut_off() ? Progress::failed : tls_.handshake();
        if (progress == Progress::done) break;
        const bool goes_on =
            (progress == Progress::wants_read || progress == Progress::wants_write) && co_await wait_for(progress);
        if (!goes_on) {
            listener_.metrics.handshake_failures.add();
            co_return false;
        }
    }
    if (listener_.asks_for_certificates) client_subject_ = tls_.client_subject();
    if (loop_->connections().size() <= kRoomy) tls_.keep_buffers();
    co_return true;
}

asio::awaitable<Connection::Read> Connection::read_more()
{
    for (;;) {
        auto& scratch = loop_->scratch();
        const auto step = tls_.read(scratch.data(), scratch.size());
        if (step.progress == Progress::done) {
            append_input({scratch.data(), step.bytes});
            co_return Read::data;
        }
        if (step.progress == Progress::closed || step.progress == Progress::failed) co_return Read::closed;
        if (idle_ && draining_) co_return Read::closed;
        const bool goes_on = co_await wait_for(step.progress);
        if (!goes_on && expired_) co_return Read::expired;
        if (!goes_on) co_return Read::closed;
    }
}

asio::awaitable<bool> Connection::send_text(std::string_view text, ReaderPace* pace, UnsentAnswers::Part* unsent)
{
    while (!text.empty()) {
        const auto step = tls_.write(text);
        if (step.progress == Progress::done) {
            text.remove_prefix(step.bytes);
            listener_.metrics.sent_bytes.add(static_cast<double>(step.bytes));
            if (!text.empty()) co_await yield_sometimes();  // its socket may have room for megabytes
            continue;
        }
        if (step.progress == Progress::closed || step.progress == Progress::failed) co_return false;
        if (pace != nullptr) deadline_ = pace->deadline(std::chrono::steady_clock::now());
        if (unsent != nullptr) unsent->wait(listener_.doorman.cutter(*seat_));
        const bool goes_on = co_await wait_for(step.progress);
        if (!goes_on && !(pace != nullptr && may_go_on(*pace))) co_return false;
        if (pace != nullptr) deadline_ = std::chrono::steady_clock::time_point::max();
    }
    co_return true;
}

bool Connection::may_go_on(ReaderPace& pace)
{
    const auto now = std::chrono::steady_clock::now();
    if (!expired_ || aborted_ || pace.deadline(now) <= now) return false;
    expired_ = false;
    return true;
}

/// Says goodbye and waits until the peer has, too: closing with unread input would make the kernel send a reset, which
/// takes the answer away from a client that is still writing.
asio::awaitable<void> Connection::close_lingering()
{
    if (aborted_) co_return;
    tls_.send_close_notify();
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    set_deadline(limits_.shutdown);
    const auto end = std::chrono::steady_clock::now() + std::max(limits_.body, limits_.shutdown);
    std::size_t drained = 0;
    while (drained < limits_.max_lingering_bytes) {
        auto& scratch = loop_->scratch();
        const auto got = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
        if (got > 0) {
            drained += static_cast<std::size_t>(got);
            // As long as it sends it has not read: most clients look only when they are done.
            set_deadline(limits_.shutdown);
            deadline_ = std::min(deadline_, end);
            co_await yield_sometimes();
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) co_return;
        const bool goes_on = co_await wait_for(Progress::wants_read);
        if (!goes_on) co_return;
    }
}

/// False where the deadline has passed or the server is ending. May return early: look again at what you waited for.
asio::awaitable<bool> Connection::wait_for(Progress progress)
{
    if (is_cut_off()) co_return false;
    without_wait_ = 0;
    const auto what =
        progress == Progress::wants_write ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
    const auto [ec] = co_await socket_.async_wait(what, kTuple);
    co_return !is_cut_off() && (!ec || ec == asio::error::operation_aborted);
}

asio::awaitable<void> Connection::wait_for_handler(std::shared_ptr<Exchange> exchange,
                                                   bool (*is_settled)(const Exchange&))
{
    if (is_settled(*exchange)) co_return;
    set_deadline(limits_.handler);
    co_await wait_for_exchange(std::move(exchange), is_settled);
}

asio::awaitable<void> Connection::wait_for_exchange(std::shared_ptr<Exchange> exchange,
                                                    bool (*is_settled)(const Exchange&))
{
    awaited_ = exchange;
    look_at_ = std::chrono::steady_clock::now() + kBeforeLooking;
    const auto is_over = [this] {
        return stream_ != nullptr && stream_->terms.is_endless() && stream_over();
    };
    while (!is_settled(*exchange) && !is_cut_off() && !is_over()) co_await exchange->wait();
    awaited_ = nullptr;
    without_wait_ = 0;
}

asio::awaitable<void> Connection::yield_sometimes()
{
    if (++without_wait_ < kLongestBurst) co_return;
    without_wait_ = 0;
    co_await asio::post(loop_->context(), asio::use_awaitable);
}

void Connection::set_deadline(std::chrono::milliseconds after)
{
    deadline_ = std::chrono::steady_clock::now() + after;
    expired_ = false;
}

void Connection::expire(std::chrono::steady_clock::time_point now)
{
    if (stream_ != nullptr) look_after_stream(now);
    if (awaited_ && now >= look_at_) look_after_peer(now);
    if (idle_ && holds_buffers_ && now - (deadline_ - limits_.idle) >= kResting) {
        tls_.release_buffers();
        holds_buffers_ = false;
    }
    if (expired_ || now < deadline_) return;
    expired_ = true;
    if (awaited_ && !(stream_ != nullptr && stream_->terms.is_endless())) awaited_->give_up();
    interrupt_wait();
}

void Connection::look_after_peer(std::chrono::steady_clock::time_point now)
{
    if (stream_ != nullptr) {
        look_at_ = now + kBetweenLooks;
        if (holds_buffers_) tls_.release_buffers();
        holds_buffers_ = false;
    }
    if (stream_ != nullptr) {
        if (reader_has_gone(now)) cut(CutShort::gone);  // what a source has for it goes nowhere
    } else if (peer_has_gone()) {
        awaited_->give_up();
    }
}

/// A client that has closed its half is taken for gone, as by other servers: it still gets an answer if there is one.
bool Connection::peer_has_gone()
{
    pollfd socket{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&socket, 1, 0) > 0;
}

void Connection::drain()
{
    draining_ = true;
    if (idle_ || stream_ != nullptr) interrupt_wait();
}

void Connection::displace()
{
    if (stream_ != nullptr && !stream_->terms.is_endless()) return cut(CutShort::displaced);
    drain();
}

void Connection::abort()
{
    cut(listener_.draining ? CutShort::drain : CutShort::displaced);
}

void Connection::cut_unsent()
{
    cut(CutShort::unsent);
}

void Connection::cut(CutShort why)
{
    note_cut(why);
    aborted_ = true;
    if (awaited_) awaited_->give_up();
    interrupt_wait();
}

void Connection::interrupt_wait()
{
    if (awaited_) {
        asio::post(loop_->context(), [exchange = awaited_] { exchange->wake(); });
    } else {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

void Connection::append_input(std::string_view bytes)
{
    if (input_start_ > 0) {
        input_.erase(0, input_start_);
        input_start_ = 0;
    }
    input_ += bytes;
    listener_.metrics.received_bytes.add(static_cast<double>(bytes.size()));
}

void Connection::consume(std::size_t bytes)
{
    input_start_ += bytes;
    if (input_start_ < input_.size()) return;
    input_start_ = 0;
    if (input_.capacity() > kKeptBytes) {
        input_ = {};
    } else {
        input_.clear();
    }
}

}  // namespace winnow::http

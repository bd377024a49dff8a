#pragma once

/// @file
/// One TLS connection: one coroutine, on one loop, for life.

#include "http/server/exchange.hpp"
#include "http/server/listener.hpp"
#include "http/server/loop.hpp"
#include "http/server/reader_pace.hpp"
#include "http/tls/tls_session.hpp"
#include "http/wire/head_parser.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::http {

/// Every member is touched by the loop's thread only. The listener must outlive it.
class Connection {
public:
    Connection(const Listener& listener, std::shared_ptr<Seat> seat, boost::asio::ip::tcp::socket socket,
               SSL_CTX* context, std::string peer);

    /// Runs the connection to its end. Never throws.
    boost::asio::awaitable<void> run();

    void expire(std::chrono::steady_clock::time_point now);  ///< Ends the current wait if its deadline has passed.
    void drain();       ///< Closes at once if idle, else after the current response.
    void displace();    ///< The same for one whose place is another's by now; of a stream no more is sent.
    void abort();       ///< Ends every wait from now on.
    void cut_unsent();  ///< As abort(), for the bytes of its answer, which its tenant's others need.

    [[nodiscard]] const Listener& listener() const noexcept { return listener_; }
    [[nodiscard]] std::size_t slot() const noexcept { return slot_; }
    void set_slot(std::size_t slot) noexcept { slot_ = slot; }

private:
    struct Turn;
    struct Stream;
    enum class Read : std::uint8_t { data, closed, expired };

    /// How reading a body ended: all of it is there, or the peer has gone, or it must be refused.
    struct BodyEnd {
        bool complete = false;
        std::optional<Refusal> refusal;
        std::string detail = {};  ///< Names the limit that was met; "": the refusal's own says all.
    };

    template <typename T>
    using Awaitable = boost::asio::awaitable<T>;

    Awaitable<bool> handshake();
    /// False where the peer does not begin a TLS handshake; one that speaks plain HTTP has been told so.
    Awaitable<bool> speaks_tls();
    /// Room for `bytes` of the turn's body, of which `arrived` are here; false where none came free in time.
    Awaitable<bool> make_room(Turn& turn, std::size_t arrived, std::size_t bytes);
    /// From now on `arrived` bytes are here, and the next ones must come in time.
    void begin_pace(Turn& turn, std::size_t arrived);
    /// As above where so many have come since that a large body may go on.
    void keep_pace(Turn& turn, std::size_t arrived);
    [[nodiscard]] BodyEnd too_slow(const Turn& turn) const;
    [[nodiscard]] BodyEnd without_room(const Turn& turn) const;
    Awaitable<bool> serve_one();
    /// The length of the complete head at the front of the input; no refusal: just close.
    Awaitable<std::expected<std::size_t, std::optional<Refusal>>> read_head();
    Awaitable<bool> serve(Turn& turn);
    /// The handler's refusal, or ours where it does not answer; nullopt where the body may come.
    Awaitable<std::optional<Response>> admit(Turn& turn);
    Awaitable<Response> handle(Turn& turn, std::string body);
    /// Lets that time pass before an answer; less where the connection ends.
    Awaitable<void> hold_back(std::chrono::milliseconds after);
    Awaitable<BodyEnd> read_body(Turn& turn, std::string& body, std::size_t most);
    Awaitable<BodyEnd> read_fixed_body(Turn& turn, std::string& body);
    Awaitable<BodyEnd> read_chunked_body(Turn& turn, std::string& body, std::size_t most);
    Awaitable<bool> send(Turn& turn, Response response);
    /// Answers a request whose body has not been read, and throws the body away if it is small.
    Awaitable<bool> send_unread(Turn& turn, Response response);
    Awaitable<bool> discard_body(std::uint64_t length);
    /// `pace`: sets the deadline of each wait; null: the one that is set. `unsent`: is told when the peer takes no more
    /// for now.
    Awaitable<bool> send_text(std::string_view text, ReaderPace* pace = nullptr, UnsentAnswers::Part* unsent = nullptr);
    /// After a deadline: whether what its reader has taken meanwhile is enough for another one.
    [[nodiscard]] bool may_go_on(ReaderPace& pace);
    /// A body piece by piece, each asked for when the last one was taken. False where it is not all there: the
    /// connection is then cut off.
    Awaitable<bool> send_pieces(Turn& turn, BodySource& source, ReaderPace& pace);
    /// In a chunk, where the client knows chunks; `is_last`: with what ends the body.
    Awaitable<bool> send_piece(const Turn& turn, std::string text, bool is_last, ReaderPace& pace);
    Awaitable<bool> send_chunk(std::string text, bool is_last, ReaderPace& pace, UnsentAnswers::Part& unsent);
    /// Until the socket takes more; false where the reader's time is up, or the stream's, or it has gone. True for an
    /// endless stream whose time is up: there is room for its end.
    Awaitable<bool> wait_for_room(ReaderPace& pace);
    /// The reader's pace rests meanwhile. Broken, too, where nothing came in time, or need not come any more.
    Awaitable<Piece> next_piece(Turn& turn, BodySource& source, ReaderPace& pace);
    /// As above, asking again where the source says `later`.
    Awaitable<Piece> ask(Turn& turn, BodySource& source, ReaderPace& pace);
    Awaitable<Piece> pull(Turn& turn, BodySource& source, ReaderPace& pace);
    /// Whether the stream's time is up, and why.
    [[nodiscard]] std::optional<CutShort> stream_over();
    /// Asks now and then whether its caller may still have it, and ends it where not.
    void look_after_stream(std::chrono::steady_clock::time_point now);
    /// Ends every wait from now on; the first reason is the one that is told.
    void cut(CutShort why);
    void note_cut(CutShort why) noexcept { why_cut_ = why_cut_.value_or(why); }
    /// Counts and tells that the answer ends here. `piece`: the last one, with what its source says about it.
    void end_short(const Turn& turn, const Piece& piece);
    Awaitable<void> close_lingering();

    Awaitable<Read> read_more();
    Awaitable<bool> wait_for(Progress progress);
    /// Until `is_settled`, or the handler's deadline.
    Awaitable<void> wait_for_handler(std::shared_ptr<Exchange> exchange, bool (*is_settled)(const Exchange&));
    /// Until `is_settled`, or the deadline that is set, or the time of an endless stream is up.
    Awaitable<void> wait_for_exchange(std::shared_ptr<Exchange> exchange, bool (*is_settled)(const Exchange&));
    Awaitable<void> yield_sometimes();

    void complete_head(Turn& turn);
    [[nodiscard]] Response explain(std::string_view path, const Refusal& refusal) const;
    /// The answer where its tenant has as many streams as one may.
    [[nodiscard]] Response too_many_streams(const Turn& turn) const;
    /// The answer where the handler gave none.
    [[nodiscard]] Response failure_of(const Turn& turn, bool was_dropped) const;
    [[nodiscard]] std::optional<Refusal> check_size_so_far(const HeadScan& scan) const;

    void set_deadline(std::chrono::milliseconds after);
    void interrupt_wait();
    /// Looked at only while a handler has been at work for a while.
    [[nodiscard]] bool peer_has_gone();
    /// The same of a stream's, which has more time: a piece that is sent will tell.
    [[nodiscard]] bool reader_has_gone(std::chrono::steady_clock::time_point now);
    void look_after_peer(std::chrono::steady_clock::time_point now);
    [[nodiscard]] bool is_cut_off() const noexcept { return expired_ || aborted_; }

    [[nodiscard]] std::string_view input() const noexcept { return std::string_view(input_).substr(input_start_); }
    void append_input(std::string_view bytes);
    void consume(std::size_t bytes);

    const Listener& listener_;
    const Limits& limits_;
    std::shared_ptr<Seat> seat_;
    std::shared_ptr<Loop> loop_;
    boost::asio::ip::tcp::socket socket_;
    TlsSession tls_;
    std::string peer_;
    std::string client_subject_;

    std::string input_;  ///< Decrypted and not used up yet, from input_start_.
    std::size_t input_start_ = 0;
    std::string output_;

    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    std::shared_ptr<Exchange> awaited_;  ///< The exchange whose answer is waited for; null while waiting for the peer.
    std::chrono::steady_clock::time_point look_at_;  ///< When to see whether the peer still waits for it, too.
    std::size_t slot_ = 0;
    std::size_t served_ = 0;
    unsigned without_wait_ = 0;
    bool expired_ = false;
    bool aborted_ = false;
    bool draining_ = false;
    bool idle_ = false;          ///< Between two requests.
    bool holds_buffers_ = true;  ///< OpenSSL's; it may hold some.
    Stream* stream_ = nullptr;   ///< An answer whose head has gone, and whose source is asked for the rest.
    std::optional<CutShort> why_cut_;
};

}  // namespace winnow::http

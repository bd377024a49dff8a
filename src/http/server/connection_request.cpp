#include "http/server/connection.hpp"
#include "http/server/connection_turn.hpp"
#include "http/wire/refusal_text.hpp"
#include "http/wire/request_id.hpp"
#include "http/wire/response_text.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <exception>
#include <utility>

namespace winnow::http {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kFirstBodyReservation = 65'536;

constexpr Refusal kTooSlow{
    .status = 408, .code = "request_timeout", .detail = "The request did not arrive completely in time."};
constexpr Refusal kBodyTooLarge{
    .status = 413, .code = "body_too_large", .detail = "The request's body is longer than this resource takes."};

/// Refers to the detail. "": it keeps its own.
constexpr Refusal with_detail(Refusal refusal, std::string_view detail)
{
    if (!detail.empty()) refusal.detail = detail;
    return refusal;
}

constexpr Refusal kTooManyAtWork{.status = 429, .code = "too_many_requests", .detail = {}};
constexpr Refusal kTooManyStreams{.status = 429, .code = "too_many_streams", .detail = {}};
constexpr Refusal kBadChunks{
    .status = 400, .code = "malformed_request", .detail = "The chunks of the request's body are malformed."};
constexpr Refusal kHeadTooLarge{
    .status = 431, .code = "headers_too_large", .detail = "The request's header fields are too large."};
constexpr Refusal kUrlTooLong{.status = 414, .code = "uri_too_long", .detail = "The request's URL is too long."};
constexpr Refusal kNotHttp{
    .status = 400, .code = "malformed_request", .detail = "The request is not well-formed HTTP."};
constexpr Refusal kNoMemory{.status = 503,
                            .code = "overloaded",
                            .detail = "Too many large bodies are being received; send this one again later."};
constexpr Refusal kUnanswered{
    .status = 500, .code = "internal", .detail = "The server could not answer; the log says why."};
constexpr Refusal kHandlerTooSlow{
    .status = 503, .code = "timeout", .detail = "The server did not finish in time; the outcome is unknown."};

bool is_admission_settled(const Exchange& exchange)
{
    return exchange.admission.has_value() || exchange.dropped;
}

bool is_response_settled(const Exchange& exchange)
{
    return exchange.response.has_value() || exchange.dropped;
}

/// A request of a caller's, from its admission until its answer was taken.
class Visit {
public:
    Visit(Doorman& doorman, Seat& seat) noexcept : doorman_(doorman), seat_(seat) {}
    ~Visit() { doorman_.end(seat_); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

private:
    Doorman& doorman_;
    Seat& seat_;
};

}  // namespace

asio::awaitable<bool> Connection::serve_one()
{
    co_await yield_sometimes();
    const auto head = co_await read_head();
    Turn turn(std::make_shared<Exchange>(loop_), listener_.body_memory);
    if (!head) {
        const auto& refusal = head.error();
        if (!refusal) co_return false;
        turn.request_id = fresh_request_id();
        const auto detail = head_detail(*refusal, limits_);
        auto answer = explain(claimed_path(input()), with_detail(*refusal, detail));
        co_return co_await send(turn, std::move(answer));
    }
    const auto framing =
        turn.parser.parse_head(input().substr(0, *head), limits_.max_header_count, limits_.max_url_bytes);
    if (!framing) turn.exchange->head.path = claimed_path(input());
    consume(*head);
    complete_head(turn);
    if (!framing) {
        const auto detail = head_detail(framing.error(), limits_);
        auto answer = explain(turn.path, with_detail(framing.error(), detail));
        co_return co_await send(turn, std::move(answer));
    }
    turn.framing = *framing;
    turn.keep_alive = framing->keep_alive && ++served_ < limits_.max_requests_per_connection;
    const bool stays_open = co_await serve(turn);
    co_return stays_open;
}

asio::awaitable<std::expected<std::size_t, std::optional<Refusal>>> Connection::read_head()
{
    using Outcome = std::expected<std::size_t, std::optional<Refusal>>;
    HeadScan scan;
    idle_ = input().empty();
    set_deadline(idle_ ? limits_.idle : limits_.header);
    for (;;) {
        while (scan.request_line_length() == 0 && input().starts_with("\r\n")) consume(2);  // RFC 9112 §2.2
        const auto state = scan.scan(input());
        if (state == HeadScan::State::malformed) co_return Outcome(std::unexpect, kNotHttp);
        if (const auto refusal = check_size_so_far(scan)) co_return Outcome(std::unexpect, refusal);
        if (state == HeadScan::State::complete) co_return Outcome(scan.length());

        const auto read = co_await read_more();
        if (read == Read::expired && !idle_) co_return Outcome(std::unexpect, kTooSlow);
        if (read != Read::data) co_return Outcome(std::unexpect, std::nullopt);
        if (idle_) set_deadline(limits_.header);
        idle_ = false;
        holds_buffers_ = true;
    }
}

std::optional<Refusal> Connection::check_size_so_far(const HeadScan& scan) const
{
    // Only a line that cannot be right any more; the parser measures the URL itself.
    constexpr std::size_t kMethodAndVersion = 64;
    if (scan.request_line_length() > limits_.max_url_bytes + kMethodAndVersion) return kUrlTooLong;
    if (scan.length() > limits_.max_header_bytes) return kHeadTooLarge;
    return std::nullopt;
}

void Connection::complete_head(Turn& turn)
{
    auto& head = turn.exchange->head;
    head.remote_address = client_address(peer_, head.headers, listener_.trusted_proxies);
    const auto given = head.header("X-Request-Id");
    head.request_id = is_sane_request_id(given) ? std::string(given) : fresh_request_id();
    head.client_certificate_subject = client_subject_;
    turn.request_id = head.request_id;
    turn.path = head.path;
    turn.is_head = head.method == "HEAD";
    turn.http_1_0 = turn.parser.is_http_1_0();
}

asio::awaitable<bool> Connection::serve(Turn& turn)
{
    auto refusal = co_await admit(turn);
    if (aborted_) co_return false;
    if (refusal) co_return co_await send_unread(turn, std::move(*refusal));

    const Visit visit(listener_.doorman, *seat_);
    const auto& caller = turn.admission.caller;
    if (!caller.is_nil() && !listener_.doorman.begin(*seat_, caller)) {
        turn.keep_alive = false;
        const auto detail = busy_tenant_detail(listener_.doorman.most_busy());
        auto answer = explain(turn.path, with_detail(kTooManyAtWork, detail));
        answer.set("Retry-After", "1");
        co_return co_await send_unread(turn, std::move(answer));
    }
    if (turn.admission.may_stream && !listener_.doorman.begin_stream(*seat_)) {
        co_return co_await send_unread(turn, too_many_streams(turn));
    }
    const auto most = turn.admission.max_body_bytes;
    if (turn.framing.body == BodyKind::length && turn.framing.length > most) {
        const auto detail = large_body_detail(most, turn.admission.body_setting);
        auto answer = explain(turn.path, with_detail(kBodyTooLarge, detail));
        co_return co_await send_unread(turn, std::move(answer));
    }
    std::string body;
    const auto end = co_await read_body(turn, body, most);
    if (!end.complete && !end.refusal) co_return false;
    if (!end.complete) {
        turn.keep_alive = false;
        auto answer = explain(turn.path, with_detail(*end.refusal, end.detail));
        if (end.refusal->status == 503) answer.set("Retry-After", "5");
        co_return co_await send(turn, std::move(answer));
    }
    auto response = co_await handle(turn, std::move(body));
    if (aborted_) co_return false;
    if (response.body.source() != nullptr && !listener_.doorman.begin_stream(*seat_)) response = too_many_streams(turn);
    co_return co_await send(turn, std::move(response));
}

Response Connection::too_many_streams(const Turn& turn) const
{
    const auto detail = many_streams_detail(listener_.doorman.most_streams());
    auto answer = explain(turn.path, with_detail(kTooManyStreams, detail));
    answer.set("Retry-After", "5");
    return answer;
}

asio::awaitable<std::optional<Response>> Connection::admit(Turn& turn)
{
    auto& exchange = *turn.exchange;
    try {
        listener_.handler.admit(exchange.head, Exchange::admission_sink(turn.exchange));
    } catch (const std::exception& failure) {
        observe::error("A handler failed to admit a request.",
                       {{"request_id", turn.request_id}, {"reason", failure.what()}});
    }
    co_await wait_for_handler(turn.exchange, is_admission_settled);
    if (!exchange.admission) co_return failure_of(turn, exchange.dropped);
    turn.admission = std::move(*exchange.admission);
    co_return std::move(turn.admission.refusal);
}

asio::awaitable<Response> Connection::handle(Turn& turn, std::string body)
{
    auto& exchange = *turn.exchange;
    // Nobody else looks at the head any more: the admission has been given.
    Request request{.head = std::move(exchange.head),
                    .body = std::move(body),
                    .attachment = std::move(turn.admission.attachment),
                    .given_up = Exchange::given_up(turn.exchange)};
    try {
        listener_.handler.handle(std::move(request), Exchange::response_sink(turn.exchange));
    } catch (const std::exception& failure) {
        observe::error("A handler failed to handle a request.",
                       {{"request_id", turn.request_id}, {"reason", failure.what()}});
    }
    co_await wait_for_handler(turn.exchange, is_response_settled);
    if (!exchange.response) co_return failure_of(turn, exchange.dropped);
    auto response = std::move(*exchange.response);
    co_await hold_back(response.after);
    co_return response;
}

asio::awaitable<void> Connection::hold_back(std::chrono::milliseconds after)
{
    constexpr std::chrono::milliseconds kLook{250};
    if (after.count() <= 0) co_return;
    set_deadline(after + limits_.shutdown);
    const auto end = std::chrono::steady_clock::now() + after;
    while (!is_cut_off()) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left.count() <= 0) co_return;
        asio::steady_timer pause(loop_->context(), std::min<std::chrono::steady_clock::duration>(left, kLook));
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Response Connection::failure_of(const Turn& turn, bool was_dropped) const
{
    observe::error(was_dropped ? "A handler dropped a request." : "A handler did not answer in time.",
                   {{"request_id", turn.request_id}});
    if (was_dropped) return explain(turn.path, kUnanswered);
    auto answer = explain(turn.path, kHandlerTooSlow);
    answer.set("Retry-After", "5");
    return answer;
}

asio::awaitable<Connection::BodyEnd> Connection::read_body(Turn& turn, std::string& body, std::size_t most)
{
    if (turn.framing.body == BodyKind::none) co_return BodyEnd{.complete = true, .refusal = {}};
    set_deadline(limits_.body);
    turn.body_end = deadline_;
    if (turn.framing.expects_continue && input().empty()) {
        const bool sent = co_await send_text(kContinue);
        if (!sent) co_return BodyEnd{};
    }
    if (turn.framing.body == BodyKind::chunked) co_return co_await read_chunked_body(turn, body, most);
    co_return co_await read_fixed_body(turn, body);
}

asio::awaitable<bool> Connection::make_room(Turn& turn, std::size_t arrived, std::size_t bytes)
{
    constexpr std::chrono::milliseconds kPause{20};
    if (!turn.memory.grow(turn.admission.caller, bytes)) {
        const auto since = std::chrono::steady_clock::now();
        set_deadline(limits_.body);
        while (!turn.memory.grow(turn.admission.caller, bytes)) {
            if (is_cut_off()) co_return false;
            asio::steady_timer pause(loop_->context(), kPause);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        // The sender shall not pay for those before it.
        turn.body_end += std::chrono::steady_clock::now() - since;
    }
    begin_pace(turn, arrived);
    co_return true;
}

void Connection::begin_pace(Turn& turn, std::size_t arrived)
{
    const auto now = std::chrono::steady_clock::now();
    const auto next = limits_.min_body_rate == 0 ? turn.body_end : now + limits_.body_pace;
    turn.paced_from = arrived;
    set_deadline(std::chrono::ceil<std::chrono::milliseconds>(std::min(turn.body_end, next) - now));
}

void Connection::keep_pace(Turn& turn, std::size_t arrived)
{
    if (turn.memory.bytes() == 0) return;
    const auto seconds = std::chrono::duration<double>(limits_.body_pace).count();
    const auto wanted = static_cast<std::size_t>(static_cast<double>(limits_.min_body_rate) * seconds);
    if (arrived - turn.paced_from >= wanted) begin_pace(turn, arrived);
}

Connection::BodyEnd Connection::too_slow(const Turn& turn) const
{
    // A deadline is the body's own, or that of its pace, whichever comes first.
    const bool whole = deadline_ >= turn.body_end;
    return {.complete = false, .refusal = kTooSlow, .detail = slow_body_detail(whole, limits_)};
}

Connection::BodyEnd Connection::without_room(const Turn& turn) const
{
    const auto detail = no_memory_detail(turn.memory.lacks(), listener_.body_memory);
    return {.complete = false, .refusal = kNoMemory, .detail = detail};
}

asio::awaitable<Connection::BodyEnd> Connection::read_fixed_body(Turn& turn, std::string& body)
{
    // What is announced is not yet there: memory grows with what has come.
    const auto whole = static_cast<std::size_t>(turn.framing.length);
    auto room = std::min(whole, kFirstBodyReservation);
    body.reserve(room);
    const auto buffered = input().substr(0, whole);
    body.append(buffered);
    consume(buffered.size());
    while (body.size() < whole) {
        if (body.size() >= room) {
            room = std::min(whole, room * 2);
            const bool has_room = co_await make_room(turn, body.size(), room);
            if (!has_room) co_return without_room(turn);
            body.reserve(room);
            continue;
        }
        const auto before = body.size();
        TlsSession::Step step{};
        body.resize_and_overwrite(room, [&](char* bytes, std::size_t size) {
            step = tls_.read(bytes + before, size - before);
            return before + step.bytes;
        });
        if (step.progress == Progress::done) {
            listener_.metrics.received_bytes.add(static_cast<double>(step.bytes));
            keep_pace(turn, body.size());
            continue;
        }
        if (step.progress == Progress::closed || step.progress == Progress::failed) co_return BodyEnd{};
        const bool goes_on = co_await wait_for(step.progress);
        if (!goes_on && expired_) co_return too_slow(turn);
        if (!goes_on) co_return BodyEnd{};
    }
    co_return BodyEnd{.complete = true, .refusal = {}};
}

asio::awaitable<Connection::BodyEnd> Connection::read_chunked_body(Turn& turn, std::string& body, std::size_t most)
{
    auto& parser = turn.parser;
    // Sizes, extensions and trailers count for nothing in the body, so they have a limit of their own: generous for
    // a client that writes tiny chunks, but never without end.
    constexpr std::size_t kOverheadFactor = 8;
    std::size_t raw = 0;
    for (;;) {
        const auto used = parser.parse_chunks(input(), body);
        if (!used) co_return BodyEnd{.complete = false, .refusal = kBadChunks};
        consume(*used);
        raw += *used;
        if (body.size() > most) {
            co_return BodyEnd{.complete = false,
                              .refusal = kBodyTooLarge,
                              .detail = large_body_detail(most, turn.admission.body_setting)};
        }
        if (body.size() > std::max(kFirstBodyReservation, turn.memory.bytes())) {
            // How long it will become, nobody says.
            const auto next = parser.chunks_complete() ? body.size() : std::min(most, std::bit_ceil(body.size()));
            const bool has_room = co_await make_room(turn, body.size(), next);
            if (!has_room) co_return without_room(turn);
        }
        const auto unparsed = parser.chunks_complete() ? 0 : input().size();
        if (unparsed > limits_.max_header_bytes || raw > limits_.max_header_bytes + body.size() * kOverheadFactor) {
            co_return BodyEnd{.complete = false, .refusal = kBadChunks};
        }
        if (parser.chunks_complete()) {
            turn.memory.shrink(body.size());
            co_return BodyEnd{.complete = true, .refusal = {}};
        }
        keep_pace(turn, body.size());
        const auto read = co_await read_more();
        if (read == Read::expired) co_return too_slow(turn);
        if (read == Read::closed) co_return BodyEnd{};
    }
}

}  // namespace winnow::http

#include "http/server/connection.hpp"
#include "http/server/connection_turn.hpp"
#include "http/wire/response_text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

// How a connection answers. What it reads before: connection_request.cpp; bodies in pieces: connection_pieces.cpp.

namespace winnow::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kKeptOutputBytes = 4'096;

}  // namespace

Response Connection::explain(std::string_view path, const Refusal& refusal) const
{
    return listener_.handler.protocol_error(path, refusal.status, refusal.code, refusal.detail);
}

asio::awaitable<bool> Connection::send_unread(Turn& turn, Response response)
{
    const auto& framing = turn.framing;
    // A client that waits for "100 Continue" may or may not send the body now: only closing is unambiguous.
    const bool is_small =
        framing.body == BodyKind::none ||
        (framing.body == BodyKind::length && framing.length <= limits_.max_drained_bytes && !framing.expects_continue);
    turn.keep_alive = turn.keep_alive && is_small;
    const bool stays_open = co_await send(turn, std::move(response));
    if (!stays_open || framing.body == BodyKind::none) co_return stays_open;
    co_return co_await discard_body(framing.length);
}

asio::awaitable<bool> Connection::discard_body(std::uint64_t length)
{
    set_deadline(limits_.body);
    for (;;) {
        const auto part = std::min<std::uint64_t>(length, input().size());
        consume(static_cast<std::size_t>(part));
        length -= part;
        if (length == 0) co_return true;
        const auto read = co_await read_more();
        if (read != Read::data) co_return false;
    }
}

asio::awaitable<bool> Connection::send(Turn& turn, Response response)
{
    auto* const source = response.body.source();
    // Without chunks a body that is made meanwhile ends with its connection.
    const bool ends_by_itself = source == nullptr || !turn.http_1_0;
    const bool keep_alive = turn.keep_alive && !draining_ && !listener_.draining && ends_by_itself;
    const ResponseContext context{.date = loop_->date(),
                                  .request_id = turn.request_id,
                                  .is_head_request = turn.is_head,
                                  .keep_alive = keep_alive,
                                  .http_1_0 = turn.http_1_0};
    const auto& body = response.body;
    output_.clear();
    std::string_view behind;
    if (body.is_view() || body.text().size() > kMostJoinedBytes) {
        behind = append_head(output_, response, context);
    } else {
        append_response(output_, response, context);
    }
    const auto digit = static_cast<std::size_t>(std::clamp(response.status / 100, 1, 5));
    listener_.metrics.responses.at(digit).add();
    std::optional<ReaderPace> pace;  // asks the kernel, which an answer that is there need not pay for
    if (source != nullptr) pace.emplace(socket_.native_handle(), limits_.write, limits_.min_answer_rate);
    auto* const paced = pace ? &*pace : nullptr;
    set_deadline(limits_.write);
    bool sent = false;
    {
        const auto own = body.is_view() ? 0 : behind.size();  // a view takes no memory of ours
        UnsentAnswers::Part unsent(listener_.doorman.unsent(), turn.admission.caller, output_.size() + own);
        sent = co_await send_text(output_, paced, &unsent);
        if (sent && !behind.empty()) sent = co_await send_text(behind, nullptr, &unsent);
    }
    if (output_.capacity() > kKeptOutputBytes) output_ = {};
    if (sent && pace && sends_body(response, context)) sent = co_await send_pieces(turn, *source, *pace);
    co_return sent&& keep_alive;
}

}  // namespace winnow::http

#pragma once

/// @file
/// Where a handler's answers meet the connection that waits for them, from whatever thread they come.

#include "http/server/loop.hpp"
#include "winnow/http/message.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace winnow::http {

/// What a handler is shown, and what it said so far.
struct ExchangeState {
    RequestHead head;
    std::optional<Admission> admission;
    std::optional<Response> response;
    std::optional<Piece> piece;              ///< Of the response's body: what its source was asked for.
    std::optional<Entitlement> entitlement;  ///< What was said of the caller of that body.
    bool dropped = false;                    ///< A sink was destroyed without an answer.
};

/// One request on its way through the handler. Kept alive by the connection and by each sink, so that a late answer
/// finds something to fall into, and `head` stays valid for a handler that outlives the connection.
///
/// The loop's thread owns all members; sinks may be called and destroyed anywhere.
class Exchange : public ExchangeState {
public:
    explicit Exchange(std::weak_ptr<Loop> loop) : loop_(std::move(loop)) {}

    /// Its connection has done with it: what comes from now on is thrown away, and so is what was not used. A request
    /// that is kept by its own answer's source would else keep both for ever.
    void abandon() noexcept
    {
        abandoned_ = true;
        response.reset();
        piece.reset();
    }

    /// Nobody waits for the answer any more.
    void give_up() noexcept { given_up_.store(true, std::memory_order_relaxed); }
    /// Somebody may, after all: an answer has come, and its reader had only closed its half.
    void go_on() noexcept { given_up_.store(false, std::memory_order_relaxed); }
    [[nodiscard]] static std::shared_ptr<const std::atomic<bool>> given_up(std::shared_ptr<const Exchange> exchange)
    {
        const auto* flag = &exchange->given_up_;
        return {std::move(exchange), flag};
    }

    [[nodiscard]] static AdmissionSink admission_sink(std::shared_ptr<Exchange> exchange);
    [[nodiscard]] static ResponseSink response_sink(std::shared_ptr<Exchange> exchange);
    [[nodiscard]] static PieceSink piece_sink(std::shared_ptr<Exchange> exchange);
    [[nodiscard]] static EntitlementSink entitlement_sink(std::shared_ptr<Exchange> exchange);

    /// Completes at the next wake(), which may come for no reason: ask again what you waited for.
    [[nodiscard]] boost::asio::awaitable<void> wait();
    void wake();

private:
    template <typename Answer>
    class Sink;

    void settle(Admission answer) { keep(admission, std::move(answer)); }
    void settle(Response answer) { keep(response, std::move(answer)); }
    void settle(Piece answer) { keep(piece, std::move(answer)); }
    void settle(Entitlement answer) { keep(entitlement, answer); }
    template <typename Answer>
    void keep(std::optional<Answer>& where, Answer answer)
    {
        if (!abandoned_) where = std::move(answer);
    }

    /// A sink for such an answer goes without one.
    template <typename Answer>
    void drop()
    {
        dropped = true;
    }

    /// Runs `change` on the loop's thread, then wakes the connection.
    template <typename Change>
    static void apply(std::shared_ptr<Exchange> exchange, Change change);

    std::weak_ptr<Loop> loop_;
    std::atomic<bool> given_up_ = false;  ///< Read from any thread.
    bool abandoned_ = false;
    std::move_only_function<void()> waiter_;
};

template <>
inline void Exchange::drop<Entitlement>()
{
    entitlement = Entitlement::unknown;
}

}  // namespace winnow::http

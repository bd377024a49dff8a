#include "http/server/exchange.hpp"

namespace winnow::http {

namespace asio = boost::asio;

template <typename Change>
void Exchange::apply(std::shared_ptr<Exchange> exchange, Change change)
{
    const auto loop = exchange->loop_.lock();
    if (!loop) return;  // the program is ending: nobody waits any more
    if (!loop->context().get_executor().running_in_this_thread()) {
        asio::post(loop->context(), [exchange = std::move(exchange), change = std::move(change)]() mutable {
            change(*exchange);
            exchange->wake();
        });
        return;
    }
    change(*exchange);
    if (exchange->waiter_) asio::post(loop->context(), [exchange = std::move(exchange)] { exchange->wake(); });
}

/// What a handler holds. Answers at most once, and at the latest by its destructor.
template <typename Answer>
class Exchange::Sink {
public:
    explicit Sink(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    Sink(Sink&&) noexcept = default;
    Sink& operator=(Sink&&) noexcept = delete;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink()
    {
        if (exchange_) apply(std::move(exchange_), [](Exchange& exchange) { exchange.drop<Answer>(); });
    }

    void operator()(Answer answer)
    {
        if (!exchange_) return;
        apply(std::move(exchange_),
              [answer = std::move(answer)](Exchange& exchange) mutable { exchange.settle(std::move(answer)); });
    }

private:
    std::shared_ptr<Exchange> exchange_;
};

AdmissionSink Exchange::admission_sink(std::shared_ptr<Exchange> exchange)
{
    return Sink<Admission>(std::move(exchange));
}

ResponseSink Exchange::response_sink(std::shared_ptr<Exchange> exchange)
{
    return Sink<Response>(std::move(exchange));
}

PieceSink Exchange::piece_sink(std::shared_ptr<Exchange> exchange)
{
    return Sink<Piece>(std::move(exchange));
}

EntitlementSink Exchange::entitlement_sink(std::shared_ptr<Exchange> exchange)
{
    return Sink<Entitlement>(std::move(exchange));
}

asio::awaitable<void> Exchange::wait()
{
    const auto keep_handler = [this](auto handler) {
        waiter_ = std::move(handler);
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(keep_handler, asio::use_awaitable);
}

void Exchange::wake()
{
    if (!waiter_) return;
    auto waiter = std::exchange(waiter_, nullptr);
    waiter();
}

}  // namespace winnow::http

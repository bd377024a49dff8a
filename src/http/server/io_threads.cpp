#include "http/server/connection.hpp"
#include "http/server/loop.hpp"
#include "http/wire/response_text.hpp"
#include "winnow/observe/thread_name.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace winnow::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kScratchBytes = 65'536;
constexpr std::chrono::milliseconds kSweepInterval{50};

}  // namespace

Loop::Loop() : work_(context_.get_executor()), sweep_(context_), scratch_(kScratchBytes) {}

const std::string& Loop::date()
{
    const auto now = std::time(nullptr);
    if (now != date_second_) {
        date_second_ = now;
        date_ = http_date(now);
    }
    return date_;
}

void Loop::add(Connection& connection)
{
    connection.set_slot(connections_.size());
    connections_.push_back(&connection);
    if (!sweeping_) schedule_sweep();
}

void Loop::remove(Connection& connection)
{
    auto* last = connections_.back();
    connections_[connection.slot()] = last;
    last->set_slot(connection.slot());
    connections_.pop_back();
}

void Loop::schedule_sweep()
{
    sweeping_ = !connections_.empty();
    if (!sweeping_) return;
    sweep_.expires_after(kSweepInterval);
    sweep_.async_wait([this](const boost::system::error_code& ec) {
        if (ec) return;
        const auto now = std::chrono::steady_clock::now();
        for (auto* connection : connections_) connection->expire(now);
        schedule_sweep();
    });
}

asio::awaitable<void> Loop::handshake_turn(Prefix prefix)
{
    const auto keep_handler = [this, prefix](auto handler) {
        handshakes_.push(prefix, std::move(handler));
        schedule_handshake();
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(keep_handler, asio::use_awaitable);
}

/// What is posted comes after all that is ready now.
void Loop::schedule_handshake()
{
    if (handshake_scheduled_ || handshakes_.empty()) return;
    handshake_scheduled_ = true;
    asio::post(context_, [this] {
        handshake_scheduled_ = false;
        auto next = handshakes_.take();
        schedule_handshake();
        if (next) (*next)();
    });
}

const std::shared_ptr<Loop>& IoThreads::Impl::least_loaded() const noexcept
{
    return *std::ranges::min_element(loops, {}, [](const auto& loop) { return loop->load(); });
}

IoThreads::IoThreads(std::size_t count, const std::string& name) : impl_(std::make_unique<Impl>())
{
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) impl_->loops.push_back(std::make_shared<Loop>());
    for (std::size_t i = 0; i < impl_->loops.size(); ++i) {
        auto& loop = impl_->loops[i];
        loop->thread_ = std::jthread([&context = loop->context(), name, i] {
            observe::name_thread(name, i);
            context.run();
        });
    }
}

IoThreads::~IoThreads()
{
    for (auto& loop : impl_->loops) loop->context().stop();
    for (auto& loop : impl_->loops) loop->thread_.join();
    // What was posted to a loop and has not run may be the last to hold a server, whose acceptor is the first loop's:
    // it has to go while all loops are there.
    for (auto& loop : impl_->loops) {
        loop->context().restart();
        loop->context().poll();
    }
}

}  // namespace winnow::http

#include "winnow/http/server.hpp"

#include "http/server/connection.hpp"
#include "http/server/listener.hpp"
#include "http/server/loop.hpp"
#include "http/tls/tls_context.hpp"
#include "winnow/base/snapshot.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace winnow::http {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{50};

struct TlsContext {
    SslContext ssl;
};

std::shared_ptr<const TlsContext> load_tls(const ListenOptions& options)
{
    auto context = make_server_context(options.tls, options.name);
    if (!context) throw std::runtime_error(context.error().message());
    return std::make_shared<const TlsContext>(std::move(*context));
}

std::vector<Network> parse_networks(const std::vector<std::string>& texts)
{
    std::vector<Network> networks;
    for (const auto& text : texts) {
        const auto network = Network::parse(text);
        if (!network) throw std::runtime_error("\"" + text + "\" is not an IP network such as 10.0.0.0/8.");
        networks.push_back(*network);
    }
    return networks;
}

tcp::acceptor bind_acceptor(asio::io_context& context, const ListenOptions& options)
{
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(options.address, ec);
    if (ec) throw std::runtime_error("\"" + options.address + "\" is not an IP address to listen on.");
    try {
        constexpr int kBacklog = 4'096;
        const tcp::endpoint endpoint(address, options.port);
        tcp::acceptor acceptor(context);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint);
        acceptor.listen(kBacklog);
        return acceptor;
    } catch (const boost::system::system_error& failure) {
        throw std::runtime_error("Cannot listen on " + options.address + " port " + std::to_string(options.port) +
                                 ": " + failure.code().message() + ".");
    }
}

std::string address_text(const asio::ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
public:
    Impl(IoThreads& threads, Handler& handler, observe::Metrics& metrics, ListenOptions options)
        : options_(std::move(options)),
          threads_(threads.impl()),
          doorman_(options_.limits, metrics, options_.name),
          listener_{.handler = handler,
                    .limits = options_.limits,
                    .trusted_proxies = parse_networks(options_.trusted_proxies),
                    .asks_for_certificates = !options_.tls.client_authorities.empty(),
                    .metrics = ListenerMetrics(metrics, options_.name),
                    .body_memory = body_memory_,
                    .doorman = doorman_,
                    .draining = draining_},
          tls_(load_tls(options_)),
          acceptor_(bind_acceptor(threads_.loops.front()->context(), options_)),
          port_(acceptor_.local_endpoint().port())
    {
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void start();
    Result<Done> reload();
    bool drain(std::chrono::milliseconds grace);

private:
    static asio::awaitable<void> accept(std::shared_ptr<Impl> self);
    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, std::shared_ptr<Seat> seat, tcp::socket socket,
                                       std::string peer);
    void take(const std::shared_ptr<Loop>& loop, tcp::socket socket);
    void begin_connection(Loop& loop);
    void end_connection(Seat& seat);
    void tell_connections(void (Connection::*what)());

    const ListenOptions options_;
    BodyMemory body_memory_{options_.limits.max_body_memory};
    IoThreads::Impl& threads_;
    Doorman doorman_;
    const Listener listener_;
    Snapshot<TlsContext> tls_;
    tcp::acceptor acceptor_;  // after start(): the first loop's thread only
    const std::uint16_t port_;
    std::atomic<bool> draining_{false};
    std::atomic<bool> aborting_{false};

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::size_t open_ = 0;
    bool accepting_ = false;
};

void Server::Impl::start()
{
    {
        const std::lock_guard lock(mutex_);
        if (accepting_) return;
        accepting_ = true;
    }
    asio::co_spawn(threads_.loops.front()->context(), accept(shared_from_this()), asio::detached);
    observe::info("Listening.", {{"listener", options_.name}, {"address", options_.address}, {"port", int{port_}}});
}

asio::awaitable<void> Server::Impl::accept(std::shared_ptr<Impl> self)
{
    while (!self->draining_) {
        const auto loop = self->threads_.least_loaded();
        auto [ec, socket] = co_await self->acceptor_.async_accept(loop->context(), asio::as_tuple(asio::use_awaitable));
        if (ec == asio::error::operation_aborted || self->draining_) break;
        if (ec == asio::error::connection_aborted) continue;
        if (ec) {  // out of descriptors or memory: breathe, or this loop spins
            observe::warn("Accepting a connection failed.",
                          {{"listener", self->options_.name}, {"reason", ec.message()}});
            asio::steady_timer pause(self->acceptor_.get_executor(), kAcceptPause);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        self->take(loop, std::move(socket));
    }
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
    const std::lock_guard lock(self->mutex_);
    self->accepting_ = false;
    self->changed_.notify_all();
}

/// What is thrown costs this connection and no other.
void Server::Impl::take(const std::shared_ptr<Loop>& loop, tcp::socket socket)
{
    boost::system::error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec) return;  // gone already
    std::shared_ptr<Seat> seat;
    try {
        auto peer = address_text(remote.address());
        seat = doorman_.arrive(loop, peer, is_any_of(listener_.trusted_proxies, peer));
        if (!seat) return;
        begin_connection(*loop);
        asio::co_spawn(loop->context(), serve(shared_from_this(), seat, std::move(socket), std::move(peer)),
                       asio::detached);
    } catch (const std::exception& failure) {
        observe::error("A connection could not be taken.", {{"reason", failure.what()}});
        if (seat) end_connection(*seat);
    }
}

void Server::Impl::begin_connection(Loop& loop)
{
    listener_.metrics.accepted.add();
    listener_.metrics.open.add(1);
    loop.count_connection();
    const std::lock_guard lock(mutex_);
    ++open_;
}

void Server::Impl::end_connection(Seat& seat)
{
    listener_.metrics.open.add(-1);
    seat.loop->uncount_connection();
    doorman_.leave(seat);
    const std::lock_guard lock(mutex_);
    --open_;
    changed_.notify_all();
}

asio::awaitable<void> Server::Impl::serve(std::shared_ptr<Impl> self, std::shared_ptr<Seat> seat, tcp::socket socket,
                                          std::string peer)
{
    const auto& loop = seat->loop;
    try {
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.native_non_blocking(true);
        const auto tls = self->tls_.get();
        Connection connection(self->listener_, seat, std::move(socket), tls->ssl.get(), peer);
        loop->add(connection);
        seat->connection = &connection;
        if (self->draining_) connection.drain();
        if (self->aborting_ || seat->cut) connection.abort();
        co_await connection.run();
        seat->connection = nullptr;
        loop->remove(connection);
    } catch (const std::exception& failure) {
        observe::error("A connection could not be set up.", {{"reason", failure.what()}});
    }
    self->end_connection(*seat);
}

void Server::Impl::tell_connections(void (Connection::*what)())
{
    for (const auto& loop : threads_.loops) {
        asio::post(loop->context(), [self = shared_from_this(), what, loop = loop.get()] {
            for (auto* connection : loop->connections()) {
                if (&connection->listener() == &self->listener_) (connection->*what)();
            }
        });
    }
}

Result<Done> Server::Impl::reload()
{
    auto context = make_server_context(options_.tls, options_.name);
    if (!context) return context.error();
    tls_.set(std::make_shared<const TlsContext>(std::move(*context)));
    return Done{};
}

bool Server::Impl::drain(std::chrono::milliseconds grace)
{
    draining_ = true;
    asio::post(threads_.loops.front()->context(), [self = shared_from_this()] {
        boost::system::error_code ignored;
        self->acceptor_.close(ignored);
    });
    tell_connections(&Connection::drain);
    const auto is_empty = [this] {
        return open_ == 0 && !accepting_;
    };
    {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, grace, is_empty)) return true;
    }
    aborting_ = true;
    tell_connections(&Connection::abort);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, is_empty);
    return false;
}

Server::Server(IoThreads& threads, Handler& handler, observe::Metrics& metrics, ListenOptions options)
    : impl_(std::make_shared<Impl>(threads, handler, metrics, std::move(options)))
{
}

Server::~Server()
{
    impl_->drain(std::chrono::milliseconds{0});
}

std::uint16_t Server::port() const
{
    return impl_->port();
}

void Server::start()
{
    impl_->start();
}

Result<Done> Server::reload_certificates()
{
    return impl_->reload();
}

bool Server::drain(std::chrono::milliseconds grace)
{
    return impl_->drain(grace);
}

}  // namespace winnow::http

#include "http/server/doorman.hpp"

#include "http/server/connection.hpp"
#include "winnow/observe/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <random>
#include <utility>

namespace winnow::http {

namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t dice()
{
    constexpr unsigned kHalf = 32;
    std::random_device device;
    return (std::uint64_t{device()} << kHalf) | device();
}

/// On its loop, where nobody else touches it.
void tell(std::shared_ptr<Seat> seat, void (Connection::*what)()) noexcept
{
    try {
        auto& context = seat->loop->context();
        boost::asio::post(context, [seat = std::move(seat), what] {
            if (seat->connection == nullptr) {
                seat->cut = true;
            } else {
                (seat->connection->*what)();
            }
        });
    } catch (const std::exception& failure) {  // its own deadlines end it, too
        observe::warn("A connection could not be told to close.", {{"reason", failure.what()}});
    }
}

}  // namespace

PlaceMetrics::PlaceMetrics(observe::Metrics& metrics, const std::string& listener)
{
    const auto refused = [&](const char* limit) {
        return metrics.counter("winnow_http_connections_refused_total", "Connections refused for a limit.",
                               {{"listener", listener}, {"limit", limit}});
    };
    const auto displaced = [&](const char* what) {
        return metrics.counter("winnow_http_connections_displaced_total", "Connections closed to make room.",
                               {{"listener", listener}, {"what", what}});
    };
    refused_total = refused("total");
    refused_address = refused("address");
    refused_tenant = refused("tenant");
    refused_streams = refused("streams");
    displaced_new = displaced("new");
    displaced_idle = displaced("idle");
    displaced_streams = displaced("stream");
    cut_off =
        metrics.counter("winnow_http_answers_cut_off_total",
                        "Answers cut off because too many of one tenant were not taken.", {{"listener", listener}});
    newcomers = metrics.gauge("winnow_http_new_connections", "Open connections on which no key was shown yet.",
                              {{"listener", listener}});
    streams =
        metrics.gauge("winnow_http_streams", "Answers that are made while they are sent.", {{"listener", listener}});
}

Doorman::Doorman(const Limits& limits, observe::Metrics& metrics, const std::string& listener)
    : metrics_(metrics, listener),
      most_leaving_(std::max<std::size_t>(64, limits.max_connections / 4)),
      unsent_(limits.max_unsent_bytes_per_tenant),
      places_({.total = limits.max_connections,
               .per_prefix = limits.max_connections_per_address,
               .newcomers_per_prefix = limits.max_new_connections_per_address,
               .streams_per_tenant = limits.max_streams_per_tenant},
              dice())
{
}

std::shared_ptr<Seat> Doorman::arrive(std::shared_ptr<Loop> loop, const std::string& address, bool trusted)
{
    auto seat = std::make_shared<Seat>(std::move(loop));
    seat->prefix = Prefix::of(address).value_or(Prefix());
    std::shared_ptr<Seat> displaced;
    Places::Arrival arrival;
    {
        const std::lock_guard lock(mutex_);
        // A loop that is held up closes nothing: files are not without number.
        if (leaving_ >= most_leaving_) {
            metrics_.refused_total.add();
            return nullptr;
        }
        arrival = places_.arrive(*seat, seat->prefix, trusted, Clock::now());
        seat->returning = seat->stage() == Places::Stage::returning;
        if (arrival.displaced != nullptr) {
            displaced = static_cast<Seat*>(arrival.displaced)->shared_from_this();
            ++leaving_;
        }
        show();
    }
    if (arrival.refused != Places::Refused::no) {
        (arrival.refused == Places::Refused::prefix ? metrics_.refused_address : metrics_.refused_total).add();
        return nullptr;
    }
    if (displaced) {
        // Whoever has shown a key is let go in order: with a request under way meanwhile, after its answer.
        const bool was_idle = arrival.was == Places::Stage::idle;
        const bool was_stream = arrival.was == Places::Stage::streaming;
        (was_idle ? metrics_.displaced_idle : was_stream ? metrics_.displaced_streams : metrics_.displaced_new).add();
        tell(std::move(displaced), was_idle || was_stream ? &Connection::displace : &Connection::abort);
    }
    return seat;
}

bool Doorman::begin(Seat& seat, const Uuid& caller)
{
    const std::lock_guard lock(mutex_);
    const auto before = places_.newcomers();
    const bool has_room = places_.begin(seat, caller, Clock::now());
    if (!has_room) metrics_.refused_tenant.add();
    if (places_.newcomers() != before) show();
    return has_room;
}

bool Doorman::begin_stream(Seat& seat)
{
    const std::lock_guard lock(mutex_);
    const bool has_room = places_.stream(seat);
    if (!has_room) metrics_.refused_streams.add();
    show();
    return has_room;
}

void Doorman::end(Seat& seat) noexcept
{
    const std::lock_guard lock(mutex_);
    const auto before = places_.streams();
    places_.end(seat);
    if (places_.streams() != before) show();
}

void Doorman::leave(Seat& seat) noexcept
{
    const std::lock_guard lock(mutex_);
    if (seat.stage() == Places::Stage::outside) {
        --leaving_;
    } else {
        places_.leave(seat, Clock::now());
    }
    show();
}

std::function<void()> Doorman::cutter(Seat& seat) const
{
    return [this, seat = seat.shared_from_this()] {
        metrics_.cut_off.add();
        tell(seat, &Connection::cut_unsent);
    };
}

void Doorman::show() const
{
    metrics_.newcomers.set(static_cast<double>(places_.newcomers()));
    metrics_.streams.set(static_cast<double>(places_.streams()));
}

}  // namespace winnow::http

#pragma once

/// @file
/// Places for real connections: who displaces whom is Places' business, telling them is done here.

#include "http/places/places.hpp"
#include "http/places/unsent_answers.hpp"
#include "http/server/loop.hpp"
#include "winnow/http/server.hpp"
#include "winnow/observe/metrics.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace winnow::http {

/// A connection's place, and the way to its loop.
struct Seat : Places::Place, std::enable_shared_from_this<Seat> {
    explicit Seat(std::shared_ptr<Loop> of) : loop(std::move(of)) {}

    const std::shared_ptr<Loop> loop;
    Prefix prefix;
    bool returning = false;  ///< Its prefix showed a key lately. Constant once it has a place, as the prefix.
    // The loop's thread only:
    Connection* connection = nullptr;
    bool cut = false;  ///< Told to go before there was a connection.
};

struct PlaceMetrics {
    PlaceMetrics(observe::Metrics& metrics, const std::string& listener);

    observe::Counter refused_total;
    observe::Counter refused_address;
    observe::Counter refused_tenant;   ///< Requests.
    observe::Counter refused_streams;  ///< Requests.
    observe::Counter displaced_new;
    observe::Counter displaced_idle;
    observe::Counter displaced_streams;
    observe::Counter cut_off;
    observe::Gauge newcomers;
    observe::Gauge streams;
};

/// Thread-safe.
class Doorman {
public:
    Doorman(const Limits& limits, observe::Metrics& metrics, const std::string& listener);

    /// A place for a new connection; null where there is none. `address`: the peer's IP address.
    [[nodiscard]] std::shared_ptr<Seat> arrive(std::shared_ptr<Loop> loop, const std::string& address, bool trusted);

    /// A request was authenticated. False where the caller has as many under way as one may.
    [[nodiscard]] bool begin(Seat& seat, const Uuid& caller);
    /// The answer to that request is a stream, or is to become one. False where the caller has as many as one may.
    [[nodiscard]] bool begin_stream(Seat& seat);
    void end(Seat& seat) noexcept;
    void leave(Seat& seat) noexcept;

    [[nodiscard]] std::size_t most_busy() const noexcept { return places_.most_busy(); }
    [[nodiscard]] std::size_t most_streams() const noexcept { return places_.most_streams(); }
    [[nodiscard]] UnsentAnswers& unsent() noexcept { return unsent_; }
    /// What cuts a connection off whose answer is not taken.
    [[nodiscard]] std::function<void()> cutter(Seat& seat) const;

private:
    void show() const;

    const PlaceMetrics metrics_;
    const std::size_t most_leaving_;
    UnsentAnswers unsent_;
    std::mutex mutex_;  // guards what follows
    Places places_;
    std::size_t leaving_ = 0;  ///< Displaced, and not closed yet.
};

}  // namespace winnow::http

#pragma once

/// @file
/// Whose messages may be tried now: pure bookkeeping of what is under way, and of how tenants, receivers and contacts
/// have been doing. Private to dispatch.

#include "winnow/base/uuid.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/ports/outbox.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace winnow::dispatch {

/// Attempts of the last minute, in steps of ten seconds.
class LastMinute {
public:
    using Time = std::chrono::steady_clock::time_point;

    void add(bool timed_out, Time now);
    [[nodiscard]] std::size_t attempts(Time now) const;
    [[nodiscard]] std::size_t timeouts(Time now) const;

private:
    struct Step {
        std::int64_t number = -1;  ///< Since the clock's epoch.
        std::size_t attempts = 0;
        std::size_t timeouts = 0;
    };
    static std::int64_t number_of(Time now);
    template <typename Count>
    [[nodiscard]] std::size_t sum(Time now, Count Step::* count) const;

    std::array<Step, 6> steps_;
};

/// Not thread-safe. Times are the caller's, and never decrease.
class Shares {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Shares(const ShareOptions& options) : options_(options) {}

    /// Whose attempt it is.
    struct Party {
        TenantId tenant;
        ContactId contact;
        std::string receiver;
        bool retry = false;
    };
    [[nodiscard]] static Party party_of(const ports::ClaimedDelivery& claimed)
    {
        return {.tenant = claimed.tenant,
                .contact = claimed.contact.id,
                .receiver = claimed.receiver,
                .retry = claimed.delivery.attempts > 1};
    }
    /// How it went.
    struct End {
        bool delivered = false;
        ports::SendReport::Heard heard = ports::SendReport::Heard::nothing;
    };

    /// What may be claimed now.
    [[nodiscard]] ports::ClaimShare share(bool retries, Time now) const;

    /// nullopt where the attempt may begin; else how long to leave it alone.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_for(const Party& party, Time now) const;

    void take(const Party& party, Time now);

    /// Gives the place back and notes how the attempt went.
    void give_back(const Party& party, const End& end, Time now);

    /// Until a receiver may be probed that is left alone; nullopt where there is none.
    [[nodiscard]] std::optional<std::chrono::milliseconds> next_probe(Time now) const;

    /// Drops what is remembered of those that nothing was sent to for long. Cheap when called often.
    void forget(Time now);

    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] std::size_t retries_in_flight() const noexcept { return retries_; }
    [[nodiscard]] std::size_t free() const noexcept { return options_.max_in_flight - in_flight_; }
    [[nodiscard]] std::size_t hanging_tenants() const;
    [[nodiscard]] std::size_t closed_receivers() const;

private:
    struct Contact {
        std::size_t in_flight = 0;
        std::size_t failures_in_a_row = 0;
        Time last;
    };
    struct Receiver {
        std::size_t in_flight = 0;
        std::size_t unanswered_in_a_row = 0;
        bool probing = false;
        std::chrono::milliseconds pause{0};
        Time probe_at;
        Time last;
    };
    struct Tenant {
        std::size_t in_flight = 0;
        std::size_t retries = 0;
        bool hanging = false;
        LastMinute minute;
        Time last;
        std::unordered_map<std::string, Receiver> receivers;
        std::unordered_map<ContactId, Contact> contacts;
    };

    [[nodiscard]] std::size_t room_of(const Tenant& tenant) const;
    [[nodiscard]] std::size_t retry_room_of(const Tenant& tenant) const;
    [[nodiscard]] std::size_t free_retries() const;
    [[nodiscard]] std::size_t room_of(const Receiver& receiver, Time now) const;
    [[nodiscard]] std::size_t room_of(const Contact& contact) const;
    [[nodiscard]] bool is_closed(const Receiver& receiver) const;
    static void note(Tenant& tenant, const End& end, Time now);
    void note(Receiver& receiver, const End& end, Time now) const;

    const ShareOptions options_;
    std::size_t in_flight_ = 0;
    std::size_t retries_ = 0;
    Time forgot_at_;
    std::unordered_map<TenantId, Tenant> tenants_;
};

}  // namespace winnow::dispatch

#pragma once

/// @file
/// The outbox as the dispatcher sees it, and the channel that a message leaves by.

#include "winnow/base/result.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/domain/delivery.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// A delivery this node may attempt until `lease_until`. Its attempt is already counted and committed.
struct ClaimedDelivery {
    TenantId tenant;
    domain::Delivery delivery;
    domain::Contact contact;
    std::int64_t lease_token = 0;  ///< Fences `record`: a late holder changes nothing.
    Timestamp lease_until;
};

/// What became of one attempt.
struct AttemptResult {
    TenantId tenant;
    DeliveryId id;
    std::int64_t lease_token = 0;
    domain::DeliveryState state = domain::DeliveryState::delivered;  ///< delivered, pending (retry) or dead.
    std::chrono::milliseconds retry_after{0};                        ///< pending: from now on the database's clock.
    std::int32_t status = 0;
    std::string error;      ///< Tenant-safe, at most 500 characters.
    bool attempted = true;  ///< False where it was handed back untried: then the claim counts as no attempt.
};

/// Thread-safe. Leases and due times are on the database's clock.
class Outbox {
public:
    Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    virtual ~Outbox() = default;

    /// Claims due deliveries (also those whose lease ran out), oldest first, at most `limit`, and at most
    /// `per_contact` of one contact, so that one slow receiver cannot take every slot. `busy` holds contacts that are
    /// already at their limit here.
    ///
    /// What is owed to one contact about one ticket is a chain: one delivery of it at a time is claimed, on whatever
    /// node, in the order of the events. Where the oldest was tried in vain and there are later ones, the latest is
    /// claimed and all before it become `superseded`.
    [[nodiscard]] virtual Result<std::vector<ClaimedDelivery>> claim(const std::string& node, std::size_t limit,
                                                                     std::size_t per_contact,
                                                                     const std::vector<ContactId>& busy,
                                                                     std::chrono::milliseconds lease) = 0;

    /// Records attempts, and the ticket timeline's `notified`/`notification_failed` for final ones.
    [[nodiscard]] virtual Result<Done> record(const std::vector<AttemptResult>& results) = 0;

    /// Time until the next delivery falls due; nullopt if none is pending.
    [[nodiscard]] virtual Result<std::optional<std::chrono::milliseconds>> next_due() = 0;
};

/// How one attempt ended, in the channel's terms.
struct SendReport {
    /// How the one who was called behaved, whatever it said.
    enum class Heard : std::uint8_t {
        nothing,  ///< Nobody was called, or what failed was ours.
        answer,
        silence,  ///< No connection, or no answer on it.
        timeout,  ///< Silence until the attempt's time was up.
    };
    enum class Outcome : std::uint8_t {
        delivered,
        retry,    ///< May succeed later.
        refused,  ///< Will never succeed as it is (bad address, forbidden target).
    };
    Outcome outcome = Outcome::retry;
    Heard heard = Heard::nothing;
    std::int32_t status = 0;                               ///< HTTP or SMTP code, 0 if none was seen.
    std::string error;                                     ///< Tenant-safe, at most 500 characters.
    std::optional<std::chrono::milliseconds> retry_after;  ///< The receiver's wish.
};

/// Sends messages without blocking the caller. Thread-safe; `done` is called once, on the channel's own thread.
class Channel {
public:
    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    virtual void send(const ClaimedDelivery& message, std::function<void(SendReport)> done) = 0;
};

}  // namespace winnow::ports

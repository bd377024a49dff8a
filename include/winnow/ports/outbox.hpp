#pragma once

/// @file
/// The outbox as the dispatcher sees it, and the channel that a message leaves by.

#include "winnow/base/result.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/domain/delivery.hpp"
#include "winnow/domain/position.hpp"

#include <chrono>
#include <cstddef>
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
    std::optional<std::string> public_url = {};  ///< Where links in it lead; none where an older program owed it.
    std::string receiver;                        ///< Who is called: scheme, host and port of a webhook, or "mail".
    std::int64_t lease_token = 0;                ///< Fences `record`: a late holder changes nothing.
    Timestamp lease_until;
};

/// What may be claimed at once, and of whom how much. Who is not named may have the general share.
struct ClaimShare {
    /// False: first attempts, and what takes the place of one that failed. True: what was tried before, and what was
    /// claimed by somebody whose lease ran out.
    bool retries = false;
    std::size_t limit = 0;
    std::size_t per_tenant = 0;
    std::size_t per_receiver = 0;  ///< Of one tenant.
    std::size_t per_contact = 0;

    struct Tenant {
        TenantId id;
        std::size_t room = 0;
    };
    struct Receiver {
        TenantId tenant;
        std::string receiver;
        std::size_t room = 0;
    };
    std::vector<Tenant> tenants = {};
    std::vector<Receiver> receivers = {};
    std::vector<ContactId> busy = {};  ///< Get nothing.
    /// Attempts that this node made and has not stored the end of: they stay its own, also when their leases have run
    /// out, and so do their chains.
    std::vector<DeliveryId> unrecorded = {};
};

struct Claim {
    std::vector<ClaimedDelivery> deliveries;
    bool more = false;  ///< Some contacts were not looked at yet: the next claim goes on with them.
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

/// What became of results.
struct Recorded {
    std::vector<DeliveryId> held;  ///< Not stored, because somebody else holds their rows: to be tried again.
    bool owes = false;             ///< settle() has something to do.
};

/// Thread-safe. Leases and due times are on the database's clock.
class Outbox {
public:
    Outbox() = default;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    virtual ~Outbox() = default;

    /// Claims due deliveries, at most as many as `share` says: the tenants' oldest in turn, so that nobody's many stand
    /// before another one's few.
    ///
    /// What is owed to one contact about one ticket is a chain: one delivery of it at a time is claimed, on whatever
    /// node, in the order of the events. Where the oldest was tried in vain and there are later ones, the latest is
    /// claimed and all before it become `superseded`.
    [[nodiscard]] virtual Result<Claim> claim(const std::string& node, const ClaimShare& share,
                                              std::chrono::milliseconds lease) = 0;

    /// Ends the leases of the node that wrote the stream, where that node is gone: it is not `own`, and opened no
    /// stream after this one. What it had under way can then be claimed at once; it counts as tried. How many that
    /// were.
    [[nodiscard]] virtual Result<std::size_t> free_leases(domain::StreamId stream, const std::string& own) = 0;

    /// Records attempts: all that can be, or none and an error. Waits for nobody's row. What the tickets' timelines
    /// are owed of final ones is stored with them, for settle().
    [[nodiscard]] virtual Result<Recorded> record(const std::vector<AttemptResult>& results) = 0;

    /// Writes `notified` and `notification_failed` into the timelines that are owed them, by whatever node, a bounded
    /// number of tickets at a time, and passes over tickets that somebody holds. True where something is left.
    [[nodiscard]] virtual Result<bool> settle() = 0;

    /// Whether some delivery is due, whosever share it is in: without any a claim finds nothing. When the next one will
    /// be, the board tells (ports::DueBoard).
    [[nodiscard]] virtual Result<bool> is_due() = 0;
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

#pragma once

/// @file
/// The mails that the service owes, as who sends them sees them; and the way that they leave by.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/outbox.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace winnow::ports {

/// A mail that this node may try to send while its lease lasts. Its attempt is already counted and committed.
struct OwedMail {
    TenantId tenant;
    std::string tenant_name;
    std::string service_code;
    ServerMail mail;
    std::int32_t attempts = 1;  ///< With this one. Fences `record`: a late holder changes nothing.
    Timestamp owed_at;
    Timestamp expires_at;  ///< From then on it is not worth sending.
    Timestamp claimed_at;  ///< By the database's clock, as the others.
};

/// What became of one attempt.
struct MailResult {
    enum class State : std::uint8_t {
        sent,     ///< Nothing of it is kept.
        pending,  ///< Tried again after `retry_after`.
        dead,     ///< Given up: its link goes, that it was owed is kept for some time.
    };
    TenantId tenant;
    ServerMailId id;
    std::int32_t attempts = 1;  ///< As it was claimed.
    State state = State::sent;
    std::chrono::milliseconds retry_after{0};
    std::string error = {};  ///< At most 500 characters.
};

/// What a claim has found.
struct MailClaim {
    std::vector<OwedMail> mails;
    std::size_t expired = 0;  ///< So many came too late, and were given up.
};

/// Thread-safe, blocking. Leases and due times are on the database's clock.
class ServerMailQueue {
public:
    ServerMailQueue() = default;
    ServerMailQueue(const ServerMailQueue&) = delete;
    ServerMailQueue& operator=(const ServerMailQueue&) = delete;
    virtual ~ServerMailQueue() = default;

    /// Claims due mails, `limit` at most, the tenants' oldest in turn. Who does not record them loses them after
    /// `lease` to whoever claims next.
    [[nodiscard]] virtual Result<MailClaim> claim(std::size_t limit, std::chrono::milliseconds lease) = 0;

    /// All of them, or none and an error. What somebody else has claimed since is left alone.
    [[nodiscard]] virtual Result<Done> record(const std::vector<MailResult>& results) = 0;
};

/// Sends the service's own mails without blocking the caller. Thread-safe; `done` is called once, on the channel's own
/// thread.
class ServerMailChannel {
public:
    ServerMailChannel() = default;
    ServerMailChannel(const ServerMailChannel&) = delete;
    ServerMailChannel& operator=(const ServerMailChannel&) = delete;
    virtual ~ServerMailChannel() = default;

    virtual void send(const OwedMail& mail, std::function<void(SendReport)> done) = 0;
};

}  // namespace winnow::ports

#pragma once

/// @file
/// What a contact is reached by, as it was given. Private to delivery.

#include "winnow/base/result.hpp"
#include "winnow/ports/outbox.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace winnow::delivery {

/// A setting of the message's contact. `internal` where it is sealed under another key than this service has,
/// or illegible; `unavailable` where the vault has the key, and is away.
[[nodiscard]] Result<std::string> setting_of(const ports::ClaimedDelivery& message, std::string_view name,
                                             ports::Sealing& sealing);

/// No attempt, and another one later, because the operator may have started with another key file, or a newer program
/// has written what that one can read.
/// @param log  a constant sentence for the operator. @param told for the tenant.
[[nodiscard]] std::unexpected<ports::SendReport> unreadable(const ports::ClaimedDelivery& message, const Error& error,
                                                            std::string_view log, std::string_view told);

/// No attempt, now or later.
[[nodiscard]] std::unexpected<ports::SendReport> refused(std::string_view told);

}  // namespace winnow::delivery

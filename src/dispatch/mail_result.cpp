#include "dispatch/mail_result.hpp"

#include <algorithm>
#include <cstdint>

namespace winnow::dispatch {

ports::MailResult result_of(const ports::OwedMail& owed, const ports::SendReport& report,
                            const routing::BackoffPolicy& backoff, double jitter)
{
    using Outcome = ports::SendReport::Outcome;
    using State = ports::MailResult::State;
    ports::MailResult result{
        .tenant = owed.tenant, .id = owed.mail.id, .attempts = owed.attempts, .error = report.error};
    if (report.outcome == Outcome::delivered) {
        result.state = State::sent;
        return result;
    }
    const auto attempts = static_cast<std::uint32_t>(std::max(owed.attempts, 1));
    const auto own = routing::next_delay(backoff, attempts, jitter);
    result.retry_after = std::max(own, std::min(report.retry_after.value_or(own), backoff.maximum));
    // One that would come too late is given up now, while it is known why.
    const bool too_late = owed.claimed_at + result.retry_after >= owed.expires_at;
    result.state = report.outcome == Outcome::refused || too_late ? State::dead : State::pending;
    return result;
}

}  // namespace winnow::dispatch

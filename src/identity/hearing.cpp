#include "winnow/identity/hearing.hpp"

namespace winnow::identity {

void Hearing::echoed(Instant sent) noexcept
{
    if (!newest_ || *newest_ < sent) newest_ = sent;
}

bool Hearing::is_proven(Instant now) const noexcept
{
    return newest_ && now - *newest_ < terms_.proof_for;
}

bool Hearing::holds(Instant asked, Instant now) const noexcept
{
    return now - asked < (is_proven(now) ? terms_.heard_for : terms_.deaf_for);
}

bool Hearing::is_late(Instant asked, Instant now, bool told) const noexcept
{
    return now - asked >= terms_.deaf_for && (told || !is_proven(now));
}

bool Hearing::is_wanted(std::optional<Instant> used, Instant now) const noexcept
{
    return used && now - *used < terms_.in_use_for;
}

}  // namespace winnow::identity

#include "winnow/domain/noise.hpp"

namespace winnow::domain {

std::string_view to_string(NoiseKind kind) noexcept
{
    switch (kind) {
        case NoiseKind::total: return "total";
        case NoiseKind::rule: return "rule";
        case NoiseKind::source: return "source";
        case NoiseKind::service: return "service";
    }
    return "total";
}

NoiseCounts& NoiseCounts::operator+=(const NoiseCounts& other) noexcept
{
    received += other.received;
    dropped += other.dropped;
    suppressed += other.suppressed;
    silenced += other.silenced;
    inhibited += other.inhibited;
    held += other.held;
    ticketed += other.ticketed;
    resolved += other.resolved;
    ignored += other.ignored;
    notified += other.notified;
    would_drop += other.would_drop;
    would_suppress += other.would_suppress;
    return *this;
}

}  // namespace winnow::domain

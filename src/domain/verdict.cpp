#include "winnow/domain/verdict.hpp"

#include "winnow/domain/words.hpp"

#include <array>

namespace winnow::domain {

namespace {

constexpr std::array kDispositions{Disposition::ticketed, Disposition::dropped,   Disposition::suppressed,
                                   Disposition::silenced, Disposition::inhibited, Disposition::held,
                                   Disposition::resolved, Disposition::ignored,   Disposition::quarantined};

}  // namespace

std::string_view to_string(Disposition disposition) noexcept
{
    switch (disposition) {
        case Disposition::ticketed: return "ticketed";
        case Disposition::dropped: return "dropped";
        case Disposition::suppressed: return "suppressed";
        case Disposition::silenced: return "silenced";
        case Disposition::inhibited: return "inhibited";
        case Disposition::held: return "held";
        case Disposition::resolved: return "resolved";
        case Disposition::ignored: return "ignored";
        case Disposition::quarantined: return "quarantined";
    }
    return "ignored";
}

std::span<const Disposition> dispositions() noexcept
{
    return kDispositions;
}

std::optional<Disposition> parse_disposition(std::string_view word) noexcept
{
    for (const auto disposition : kDispositions) {
        if (word == to_string(disposition)) return disposition;
    }
    return std::nullopt;
}

std::string_view to_string(HoldKind kind) noexcept
{
    switch (kind) {
        case HoldKind::threshold: return "threshold";
        case HoldKind::pause: return "pause";
        case HoldKind::flap: return "flap";
    }
    return "pause";
}

std::optional<HoldKind> parse_hold_kind(std::string_view word) noexcept
{
    for (const auto kind : {HoldKind::threshold, HoldKind::pause, HoldKind::flap}) {
        if (word == to_string(kind)) return kind;
    }
    return std::nullopt;
}

std::string_view to_string(TicketEffect effect) noexcept
{
    switch (effect) {
        case TicketEffect::none: return "none";
        case TicketEffect::opened: return "opened";
        case TicketEffect::joined: return "joined";
        case TicketEffect::refreshed: return "refreshed";
        case TicketEffect::reopened: return "reopened";
        case TicketEffect::acknowledged: return "acknowledged";
        case TicketEffect::recovered: return "recovered";
    }
    return "none";
}

}  // namespace winnow::domain

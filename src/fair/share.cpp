#include "winnow/fair/share.hpp"

#include <algorithm>

namespace winnow::fair {

namespace {

constexpr std::size_t kFloorsShare = 10;  // floors may exceed the whole by a tenth

/// What is left of `whole` beside `held`.
std::size_t left_of(std::size_t whole, std::size_t held) noexcept
{
    return whole - std::min(whole, held);
}

}  // namespace

std::size_t share_of(const Bound& bound, std::size_t all) noexcept
{
    return std::max(bound.floor, left_of(bound.whole, all));
}

std::size_t with_floors(const Bound& bound) noexcept
{
    return bound.whole + std::min(bound.whole / kFloorsShare, Bound::kNone - bound.whole);
}

std::optional<Refused> refusal(Refused::Limit limit, const Bound& bound, const Held& held, std::size_t amount) noexcept
{
    if (held.all == 0) return std::nullopt;
    const auto share = share_of(bound, held.all);
    if (held.own > 0 && amount > left_of(share, held.own)) return Refused{limit, share, Refused::Whose::tenant};
    if (amount > left_of(with_floors(bound), held.all)) return Refused{limit, bound.whole, Refused::Whose::node};
    return std::nullopt;
}

double fullness(const Bound& bound, const Held& held) noexcept
{
    if (held.own == 0) return 0;
    const auto others = held.all - std::min(held.all, held.own);
    const auto most = std::max(bound.floor, left_of(bound.whole, others) / 2);
    return std::min(1.0, static_cast<double>(held.own) / static_cast<double>(std::max<std::size_t>(1, most)));
}

}  // namespace winnow::fair

#include "winnow/domain/tenants/quota.hpp"

#include <cstdint>
#include <utility>

namespace winnow::domain {

namespace {

FieldError part(std::string_view code, std::string detail)
{
    return {.pointer = "", .code = std::string(code), .detail = std::move(detail)};
}

std::string sentence(const QuotaClass& about, std::int64_t most, std::int64_t used, std::int64_t more)
{
    const std::string things(about.things);
    if (about.name.ends_with("_a_day")) return "the limit is " + std::to_string(most) + ' ' + things + ", in UTC";
    if (used == most) {
        return "there are " + std::to_string(most) + ' ' + things + " already, which is the limit; delete one first";
    }
    if (used > most) {  // which was lowered
        const auto too_many = static_cast<std::uint64_t>(used) - static_cast<std::uint64_t>(most);
        return "there are " + std::to_string(used) + ' ' + things + ", and the limit is " + std::to_string(most) +
               ": delete " + std::to_string(too_many + 1) + " before the next";
    }
    return "there are " + std::to_string(used) + ' ' + things + ", and with " + std::to_string(more) +
           " more there would be more than the limit, which is " + std::to_string(most) + "; delete some first";
}

}  // namespace

std::optional<std::int64_t> most_of(const QuotaUse& use, const TenantLimits& usual) noexcept
{
    if (use.own) return use.own;
    const auto member = class_of(use.quota).usual;
    if (member == nullptr) return std::nullopt;
    return static_cast<std::int64_t>(usual.*member);
}

std::optional<Error> beyond_quota(const QuotaUse& use, std::int64_t more, const TenantLimits& usual)
{
    const auto most = most_of(use, usual);
    if (!most || more <= 0 || (use.used <= *most && more <= *most - use.used)) return std::nullopt;
    const auto& about = class_of(use.quota);
    return Error(std::vector<FieldError>{part(kQuotaExceeded, sentence(about, *most, use.used, more)),
                                         part("name", std::string(about.name)), part("max", std::to_string(*most)),
                                         part("used", std::to_string(use.used))});
}

}  // namespace winnow::domain

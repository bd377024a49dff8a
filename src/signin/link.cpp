#include "winnow/signin/link.hpp"

#include <array>
#include <cstddef>

namespace winnow::signin {

namespace {

struct Row {
    LinkPurpose purpose;
    std::string_view word;
    std::string_view page;
    std::chrono::milliseconds life;
};

constexpr std::chrono::milliseconds kResetLife = std::chrono::minutes{15};
constexpr std::chrono::milliseconds kChangeLife = std::chrono::hours{1};

// In the order of the enumeration.
constexpr std::array kLinks{
    Row{LinkPurpose::invitation, "invitation", "/accept", std::chrono::days{7}},
    Row{LinkPurpose::reset, "reset", "/reset", kResetLife},
    Row{LinkPurpose::email_change, "email_change", "/confirm-address", kChangeLife},
    Row{LinkPurpose::email_stop, "email_stop", "/keep-address", kChangeLife},
    Row{LinkPurpose::mfa_reset, "mfa_reset", "/reset-factors", kResetLife},
};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kLinks.size(); ++i) {
        if (static_cast<std::size_t>(kLinks[i].purpose) != i) return false;
    }
    return static_cast<std::size_t>(LinkPurpose::mfa_reset) + 1 == kLinks.size();
}
static_assert(in_order(), "every purpose has exactly one row, in the order of the enumeration");

constexpr const Row& row_of(LinkPurpose purpose) noexcept
{
    return kLinks[static_cast<std::size_t>(purpose)];
}

}  // namespace

std::string_view to_string(LinkPurpose purpose) noexcept
{
    return row_of(purpose).word;
}

std::chrono::milliseconds life_of(LinkPurpose purpose) noexcept
{
    return row_of(purpose).life;
}

std::string link_text(std::string_view public_url, LinkPurpose purpose, std::string_view token)
{
    while (public_url.ends_with('/')) public_url.remove_suffix(1);
    std::string link(public_url);
    link += row_of(purpose).page;
    link += "#t=";
    link += token;
    return link;
}

}  // namespace winnow::signin

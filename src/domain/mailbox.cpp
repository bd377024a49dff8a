#include "winnow/domain/mailbox.hpp"

#include "winnow/domain/host_name.hpp"

#include <algorithm>

namespace winnow::domain {
namespace {

bool is_local_part(std::string_view local)
{
    constexpr std::size_t kMaxLocal = 64;
    constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~.";
    if (local.empty() || local.size() > kMaxLocal) return false;
    if (local.front() == '.' || local.back() == '.' || local.contains("..")) return false;
    return std::ranges::all_of(local, [=](char c) { return is_alphanumeric(c) || kSigns.contains(c); });
}

}  // namespace

std::string mailbox_problem(std::string_view address)
{
    if (address.size() > kMaxMailbox) return "must have at most " + std::to_string(kMaxMailbox) + " characters";
    const auto at = address.rfind('@');
    if (!is_printable_ascii(address) || at == std::string_view::npos || !is_local_part(address.substr(0, at)) ||
        !is_host_name(address.substr(at + 1))) {
        return "must be one plain mail address such as ops@example.com";
    }
    return {};
}

}  // namespace winnow::domain

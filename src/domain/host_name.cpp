#include "winnow/domain/host_name.hpp"

#include <algorithm>
#include <cstddef>

namespace winnow::domain {

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_printable_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_host_name(std::string_view host)
{
    constexpr std::size_t kMaxHost = 253;
    constexpr std::size_t kMaxLabel = 63;
    if (host.empty() || host.size() > kMaxHost) return false;
    while (true) {
        const auto label = host.substr(0, host.find('.'));
        if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
        // An underscore stands in names of internal services; DNS itself does not mind.
        if (!std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; })) {
            return false;
        }
        if (label.size() == host.size()) return true;
        host.remove_prefix(label.size() + 1);
    }
}

}  // namespace winnow::domain

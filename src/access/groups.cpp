#include "winnow/access/groups.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace winnow::access {

Groups groups_of(std::vector<ManagementGroupId> ids)
{
    std::ranges::sort(ids);
    const auto repeats = std::ranges::unique(ids);
    ids.erase(repeats.begin(), repeats.end());
    return std::make_shared<const std::vector<ManagementGroupId>>(std::move(ids));
}

Groups both_of(const Groups& user, const Groups& key)
{
    if (!user) return key;
    if (!key) return user;
    std::vector<ManagementGroupId> both;
    std::ranges::set_intersection(*user, *key, std::back_inserter(both));
    return groups_of(std::move(both));
}

bool same_groups(const Groups& a, const Groups& b) noexcept
{
    return a && b ? *a == *b : !a && !b;
}

std::string said(const Groups& groups)
{
    if (!groups) return "*";
    std::string text = "{";
    for (const auto& group : *groups) text += (text.size() > 1 ? "," : "") + group.str();
    return text + "}";
}

}  // namespace winnow::access

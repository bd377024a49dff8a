#pragma once

/// @file
/// Management groups: what of a tenant belongs to which, and so who of those that are narrowed to groups sees it. Pure.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::domain {

/// Of one group.
inline constexpr std::size_t kMaxGroupLabels = 50;

/// Of a user or a key, and of a group's integrations in one request.
inline constexpr std::size_t kMaxGroupsOfOne = 50;
inline constexpr std::size_t kMaxGroupIntegrations = 1'000;

struct ManagementGroup {
    ManagementGroupId id;
    std::string name;                                         ///< Unique in the tenant.
    std::vector<std::pair<std::string, std::string>> labels;  ///< Name and value; an alert with one of them is its.
    std::vector<IntegrationId> integrations;                  ///< Each is in one group at most. Sorted.
    std::int64_t version = 1;
    Timestamp created_at;
    Timestamp updated_at;
};

/// What several groups have a part in: nobody sees it who is narrowed.
inline constexpr ManagementGroupId kSeveralGroups{};

/// Which of a tenant's groups something belongs to. A value; safe to share once made.
class GroupMap {
public:
    GroupMap() = default;
    explicit GroupMap(const std::vector<ManagementGroup>& groups);

    /// That a label of these names; several of them: kSeveralGroups.
    [[nodiscard]] std::optional<ManagementGroupId> of_labels(const Labels& labels) const;
    [[nodiscard]] std::optional<ManagementGroupId> of_integration(IntegrationId integration) const;

private:
    std::map<std::pair<std::string, std::string>, ManagementGroupId> by_label_;
    std::map<IntegrationId, ManagementGroupId> by_integration_;
};

/// What a ticket belongs to.
struct Belonging {
    std::optional<IntegrationId> integration;  ///< Where it came from; nullopt: nobody knows.
    /// nullopt: its integration's, as it is when somebody asks.
    std::optional<ManagementGroupId> group;
    bool by_hand = false;  ///< An admin said it: alerts do not change it.

    friend bool operator==(const Belonging&, const Belonging&) = default;
};

/// Of a ticket that the alert opens.
[[nodiscard]] Belonging belonging_of(const Alert& alert, const GroupMap& groups);

/// Of a ticket that the alert goes into: as it was, unless the alert is of another group. Where the ticket's was of
/// none, or not known, it is the alert's then; else kSeveralGroups.
[[nodiscard]] Belonging joined_by(const Belonging& ticket, const Alert& alert, const GroupMap& groups);

}  // namespace winnow::domain

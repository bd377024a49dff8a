#pragma once

/// @file
/// Contacts and the groups of them, inside one tenant's transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/contact.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

/// What would tell nobody if a group were gone.
struct GroupUse {
    std::vector<std::pair<RuleId, std::string>> rules;  ///< Id and name, in order; not more than a few.
    bool default_route = false;

    [[nodiscard]] bool any() const noexcept { return default_route || !rules.empty(); }
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class ContactStore {
public:
    ContactStore() = default;
    ContactStore(const ContactStore&) = delete;
    ContactStore& operator=(const ContactStore&) = delete;
    virtual ~ContactStore() = default;

    [[nodiscard]] virtual Result<std::vector<domain::Contact>> page(std::optional<ContactId> after,
                                                                    std::size_t limit) = 0;
    /// `not_found` where the tenant has no such contact.
    [[nodiscard]] virtual Result<domain::Contact> find(ContactId id) = 0;
    /// Names of those of `ids` that exist.
    [[nodiscard]] virtual Result<std::vector<std::pair<ContactId, std::string>>> names(
        const std::vector<ContactId>& ids) = 0;
    [[nodiscard]] virtual Result<std::size_t> count() = 0;
    /// `conflict` where another contact has the name.
    [[nodiscard]] virtual Result<Done> insert(const domain::Contact& contact) = 0;
    [[nodiscard]] virtual Result<Done> update(const domain::Contact& contact) = 0;
    /// Takes it out of its groups too.
    [[nodiscard]] virtual Result<Done> remove(ContactId id) = 0;
    /// Those of `ids` that the tenant has, in any order.
    [[nodiscard]] virtual Result<std::vector<ContactId>> existing(const std::vector<ContactId>& ids) = 0;

    [[nodiscard]] virtual Result<std::vector<domain::ContactGroup>> page_groups(std::optional<ContactGroupId> after,
                                                                                std::size_t limit) = 0;
    [[nodiscard]] virtual Result<domain::ContactGroup> find_group(ContactGroupId id) = 0;
    /// `conflict` where another group has the name. Its members must exist.
    [[nodiscard]] virtual Result<Done> insert_group(const domain::ContactGroup& group) = 0;
    [[nodiscard]] virtual Result<Done> update_group(const domain::ContactGroup& group) = 0;
    [[nodiscard]] virtual Result<Done> remove_group(ContactGroupId id) = 0;
    [[nodiscard]] virtual Result<std::vector<ContactGroupId>> existing_groups(
        const std::vector<ContactGroupId>& ids) = 0;
    /// The rules that route to a group, and whether the default route does.
    [[nodiscard]] virtual Result<GroupUse> use_of_group(ContactGroupId id) = 0;
};

}  // namespace winnow::ports

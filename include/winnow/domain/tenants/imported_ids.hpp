#pragma once

/// @file
/// How alerts are called where they are imported. Pure.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/position.hpp"

#include <map>
#include <string>
#include <string_view>

namespace winnow::domain {

/// An alert's id is its place in the journal of where it came, so it gets another one here. The new one follows from
/// the old one alone: whatever names an alert names it here as well, and nobody keeps a list. When it came and where it
/// stood among the alerts of its row stay. All other ids are kept, but for those of users who are here already.
class ImportedIds {
public:
    /// @param ids     Of the tenant that imports.
    /// @param stream  Of this import alone.
    /// @param users   Of the archive → of this tenant.
    ImportedIds(TenantIds ids, StreamId stream, std::map<Uuid, Uuid> users = {});

    /// Where the row of that alert stands here; its index stays. `id` must be an alert's (received_at_of).
    [[nodiscard]] RowPosition row(AlertId id) const noexcept;

    /// As it is called here; `id` must be an alert's.
    [[nodiscard]] AlertId alert(AlertId id) const;

    /// The text with every such id in it replaced. As many bytes.
    [[nodiscard]] std::string rewritten(std::string_view text) const;

    void add_users(const std::map<Uuid, Uuid>& users) { users_.insert(users.begin(), users.end()); }

private:
    TenantIds ids_;
    StreamId stream_;
    std::map<Uuid, Uuid> users_;
};

/// Its place within its row.
[[nodiscard]] std::uint16_t index_of(AlertId id) noexcept;

/// What all alerts of a row have in common, as the id of its first one.
[[nodiscard]] AlertId first_of_row(AlertId id) noexcept;

}  // namespace winnow::domain

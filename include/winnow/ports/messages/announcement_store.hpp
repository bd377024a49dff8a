#pragma once

/// @file
/// What the provider announced to a tenant, as its people read it.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/messages/announcement.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::ports {

struct SeenAnnouncement {
    domain::Announcement announcement;
    std::optional<Timestamp> read_at;  ///< By who asks, for the first time.
};

/// Not thread-safe: lives and dies with its transaction.
class AnnouncementStore {
public:
    AnnouncementStore() = default;
    AnnouncementStore(const AnnouncementStore&) = delete;
    AnnouncementStore& operator=(const AnnouncementStore&) = delete;
    virtual ~AnnouncementStore() = default;

    /// The newest first, those before `after`.
    [[nodiscard]] virtual Result<std::vector<SeenAnnouncement>> page(UserId reader, std::optional<AnnouncementId> after,
                                                                     std::size_t limit) = 0;
    /// `not_found` where there is none, or it is for other tenants.
    [[nodiscard]] virtual Result<SeenAnnouncement> find(UserId reader, AnnouncementId id) = 0;

    /// Again changes nothing. Only of what find() gives.
    [[nodiscard]] virtual Result<Done> mark_read(UserId reader, AnnouncementId id) = 0;
};

}  // namespace winnow::ports

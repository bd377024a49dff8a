#pragma once

/// @file
/// What the provider announces, as the provider does it.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/messages/announcement.hpp"
#include "winnow/ports/credential_store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Admins of one tenant that a mail goes to at most, the longest there first.
inline constexpr std::size_t kMostAnnouncementMails = 100;

struct NewAnnouncement {
    domain::Announcement announcement;             ///< published_at does not count.
    std::optional<std::vector<TenantId>> tenants;  ///< Not empty, without duplicates; nullopt: for all.
};

struct PublishedAnnouncement {
    domain::Announcement announcement;
    std::optional<std::vector<TenantId>> tenants;  ///< nullopt: for all.
    std::int64_t read_by = 0;                      ///< So many people have read it.
};

/// Under the provider role; each act stands in the provider's audit chain. Thread-safe, blocking.
class ProviderAnnouncements {
public:
    ProviderAnnouncements() = default;
    ProviderAnnouncements(const ProviderAnnouncements&) = delete;
    ProviderAnnouncements& operator=(const ProviderAnnouncements&) = delete;
    virtual ~ProviderAnnouncements() = default;

    /// Tenants see it from now on, and their active admins are owed a mail, in one transaction. `invalid_argument`
    /// where one of the tenants is not there.
    [[nodiscard]] virtual Result<PublishedAnnouncement> publish(const NewAnnouncement& announcement,
                                                                const ProviderRequest& by) = 0;
    /// `conflict`: it was withdrawn before.
    [[nodiscard]] virtual Result<PublishedAnnouncement> withdraw(AnnouncementId id, const ProviderRequest& by) = 0;

    [[nodiscard]] virtual Result<PublishedAnnouncement> find(AnnouncementId id) = 0;
    /// The newest first, those before `after`.
    [[nodiscard]] virtual Result<std::vector<PublishedAnnouncement>> page(std::optional<AnnouncementId> after,
                                                                          std::size_t limit) = 0;
};

}  // namespace winnow::ports

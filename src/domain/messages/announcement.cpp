#include "winnow/domain/messages/announcement.hpp"

#include <array>

namespace winnow::domain {

std::string_view to_string(AnnouncementKind kind) noexcept
{
    switch (kind) {
        case AnnouncementKind::maintenance: return "maintenance";
        case AnnouncementKind::change: return "change";
        case AnnouncementKind::incident: return "incident";
        case AnnouncementKind::advisory: return "advisory";
    }
    return "maintenance";
}

std::span<const AnnouncementKind> announcement_kinds() noexcept
{
    static constexpr std::array kKinds{AnnouncementKind::maintenance, AnnouncementKind::change,
                                       AnnouncementKind::incident, AnnouncementKind::advisory};
    return kKinds;
}

std::optional<AnnouncementKind> parse_announcement_kind(std::string_view word) noexcept
{
    for (const auto kind : announcement_kinds()) {
        if (word == to_string(kind)) return kind;
    }
    return std::nullopt;
}

}  // namespace winnow::domain

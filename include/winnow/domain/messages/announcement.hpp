#pragma once

/// @file
/// What the provider announces to tenants.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::domain {

/// Stored by name: never rename one.
enum class AnnouncementKind : std::uint8_t {
    maintenance,  ///< Work on the service, mostly with a time.
    change,       ///< Something of the service is or will be other than it was.
    incident,     ///< Something fails, or data may have been touched.
    advisory,     ///< A weakness, and what to do about it.
};

[[nodiscard]] std::string_view to_string(AnnouncementKind kind) noexcept;
[[nodiscard]] std::span<const AnnouncementKind> announcement_kinds() noexcept;
[[nodiscard]] std::optional<AnnouncementKind> parse_announcement_kind(std::string_view word) noexcept;

inline constexpr std::size_t kMaxAnnouncementTitle = 200;    ///< Characters.
inline constexpr std::size_t kMaxAnnouncementText = 10'000;  ///< Characters.
inline constexpr std::size_t kMaxAnnouncementTenants = 1'000;

struct Announcement {
    AnnouncementId id;
    AnnouncementKind kind = AnnouncementKind::maintenance;
    std::string title;
    std::string text;
    std::optional<Timestamp> starts_at;  ///< Of what is announced, where it has a time.
    std::optional<Timestamp> ends_at;    ///< After starts_at.
    Timestamp published_at;
    std::optional<Timestamp> withdrawn_at;  ///< It was wrong, or is over before its time; it stays to be read.
};

}  // namespace winnow::domain

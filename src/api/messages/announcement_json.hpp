#pragma once

/// @file
/// Announcements as JSON, whoever reads them.

#include "winnow/domain/messages/announcement.hpp"

#include <nlohmann/json.hpp>

namespace winnow::api {

[[nodiscard]] nlohmann::json announcement_json(const domain::Announcement& announcement);

}  // namespace winnow::api

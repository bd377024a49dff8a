#pragma once

/// @file
/// Rows of announcements, whoever reads them. Private to pg.

#include "pg/rows/values.hpp"
#include "winnow/domain/messages/announcement.hpp"

#include <pqxx/result>

#include <stdexcept>

namespace winnow::pg {

[[nodiscard]] inline domain::Announcement read_announcement(const pqxx::row& row)
{
    const auto kind = domain::parse_announcement_kind(row["kind"].c_str());
    if (!kind) throw std::runtime_error("a row of announcements cannot be read");
    return {.id = id_of<AnnouncementId>(row["announcement_id"]),
            .kind = *kind,
            .title = text_of(row["title"]),
            .text = text_of(row["body"]),
            .starts_at = optional_time_of(row["starts_at"]),
            .ends_at = optional_time_of(row["ends_at"]),
            .published_at = time_of(row["published_at"]),
            .withdrawn_at = optional_time_of(row["withdrawn_at"])};
}

}  // namespace winnow::pg

#include "api/messages/announcement_json.hpp"

#include "winnow/base/time.hpp"

namespace winnow::api {

namespace {

nlohmann::json time_or_null(const std::optional<Timestamp>& time)
{
    return time ? nlohmann::json(format_rfc3339(*time)) : nlohmann::json(nullptr);
}

}  // namespace

nlohmann::json announcement_json(const domain::Announcement& announcement)
{
    return {{"id", announcement.id.str()},
            {"kind", to_string(announcement.kind)},
            {"title", announcement.title},
            {"text", announcement.text},
            {"starts_at", time_or_null(announcement.starts_at)},
            {"ends_at", time_or_null(announcement.ends_at)},
            {"published_at", format_rfc3339(announcement.published_at)},
            {"withdrawn_at", time_or_null(announcement.withdrawn_at)}};
}

}  // namespace winnow::api

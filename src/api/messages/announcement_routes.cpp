#include "api/messages/announcement_json.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/messages/announcement_store.hpp"

#include <string>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::SeenAnnouncement;
using ports::TenantSession;

json seen_json(const SeenAnnouncement& seen)
{
    auto document = announcement_json(seen.announcement);
    document["read_at"] = seen.read_at ? json(format_rfc3339(*seen.read_at)) : json(nullptr);
    return document;
}

Result<Response> list_announcements(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<AnnouncementId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page,
        [&](const auto& after, std::size_t most) { return session.announcements().page(call.who.user, after, most); },
        seen_json, [](const SeenAnnouncement& seen) { return seen.announcement.id; });
}

Result<Response> get_announcement(const Call& call, TenantSession& session)
{
    const auto id = call.id<AnnouncementId>();
    if (!id) return id.error();
    const auto seen = session.announcements().find(call.who.user, *id);
    if (!seen) return seen.error();
    return json_response(200, seen_json(*seen));
}

Result<Response> mark_announcement_read(const Call& call, TenantSession& session)
{
    const auto id = call.id<AnnouncementId>();
    if (!id) return id.error();
    if (const auto seen = session.announcements().find(call.who.user, *id); !seen) return seen.error();
    if (const auto marked = session.announcements().mark_read(call.who.user, *id); !marked) return marked.error();
    return no_content();
}

}  // namespace

std::vector<Route> announcement_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/announcements", read_announcements, "listAnnouncements", list_announcements},
        {"GET", "/api/v1/announcements/{id}", read_announcements, "getAnnouncement", get_announcement},
        {"POST", "/api/v1/announcements/{id}/read", write_own_profile, "markAnnouncementRead", mark_announcement_read},
    };
}

}  // namespace winnow::api

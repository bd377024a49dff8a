#include "api/messages/provider_announcements.hpp"

#include "api/messages/announcement_json.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::PublishedAnnouncement;

json published_json(const PublishedAnnouncement& published)
{
    auto document = announcement_json(published.announcement);
    document["tenant_ids"] = nullptr;
    if (published.tenants) {
        auto ids = json::array();
        for (const auto& tenant : *published.tenants) ids.push_back(tenant.str());
        document["tenant_ids"] = std::move(ids);
    }
    document["read_by"] = published.read_by;
    return document;
}

Result<ports::NewAnnouncement> read_announcement(const json& document)
{
    ports::NewAnnouncement made;
    auto& what = made.announcement;
    std::vector<std::string_view> words;
    for (const auto kind : domain::announcement_kinds()) words.push_back(to_string(kind));
    FieldReader fields(document);
    const auto kind = fields.word("kind", words, Need::required);
    if (kind) what.kind = domain::parse_announcement_kind(*kind).value_or(what.kind);
    what.title = fields.text("title", {1, domain::kMaxAnnouncementTitle}, Need::required).value_or("");
    if (what.title.find_first_of("\r\n") != std::string::npos) fields.error("title", "a title is one line");
    what.text = fields.text("text", {1, domain::kMaxAnnouncementText}, Need::required).value_or("");
    what.starts_at = fields.timestamp("starts_at");
    what.ends_at = fields.timestamp("ends_at");
    if (what.starts_at && what.ends_at && *what.ends_at <= *what.starts_at) {
        fields.error("ends_at", "must be after starts_at");
    }
    made.tenants = fields.ids<TenantId>("tenant_ids", domain::kMaxAnnouncementTenants);
    if (made.tenants && made.tenants->empty()) fields.error("tenant_ids", "name a tenant, or leave it out: for all");
    if (auto read = fields.finish(); !read) return read.error();
    return made;
}

}  // namespace

Result<http::Response> publish_announcement(const http::Request& request, ports::ProviderAnnouncements& store,
                                            const std::function<Uuid()>& new_id)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    auto made = read_announcement(*document);
    if (!made) return made.error();
    made->announcement.id = AnnouncementId(new_id());
    const auto published = store.publish(*made, provider_request_of(request));
    if (!published) return published.error();
    auto response = json_response(201, published_json(*published));
    response.set("Location", "/admin/v1/announcements/" + published->announcement.id.str());
    return response;
}

Result<http::Response> list_published(const http::Request& request, ports::ProviderAnnouncements& store)
{
    if (const auto known = only_parameters(request.head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<AnnouncementId>(request.head);
    if (!page) return page.error();
    return id_page_response(
        request.head, *page, [&](const auto& after, std::size_t most) { return store.page(after, most); },
        published_json, [](const PublishedAnnouncement& published) { return published.announcement.id; });
}

Result<http::Response> show_published(AnnouncementId id, ports::ProviderAnnouncements& store)
{
    const auto published = store.find(id);
    if (!published) return published.error();
    return json_response(200, published_json(*published));
}

Result<http::Response> withdraw_announcement(AnnouncementId id, const http::Request& request,
                                             ports::ProviderAnnouncements& store)
{
    const auto withdrawn = store.withdraw(id, provider_request_of(request));
    if (!withdrawn) return withdrawn.error();
    return json_response(200, published_json(*withdrawn));
}

}  // namespace winnow::api

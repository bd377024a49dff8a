/// @file
/// /exports: all that the tenant owns, as one archive (docs/decisions/exports.md).

#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenants/export_store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using domain::ExportState;
using http::Response;
using nlohmann::json;
using ports::Export;
using ports::TenantSession;

json export_json(const Export& shown)
{
    auto expires = shown.finished_at;
    if (expires) *expires += domain::kExportKept;
    const bool has_content = shown.state == ExportState::ready;
    return {{"id", shown.id.str()},
            {"state", to_string(shown.state)},
            {"created_at", format_rfc3339(shown.created_at)},
            {"created_by", shown.created_by},
            {"finished_at", time_json(shown.finished_at)},
            {"expires_at", has_content ? time_json(expires) : json(nullptr)},
            {"error", shown.error},
            {"files", shown.files},
            {"rows", shown.rows},
            {"bytes", shown.bytes}};
}

Result<Response> create_export(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = has_room(call, session, domain::Quota::exports_a_day); !room) return room.error();
    Export made;
    made.id = ExportId(call.services.new_id());
    made.created_at = call.now;
    made.created_by = call.who.actor();
    if (const auto stored = session.exports().insert(made); !stored) return stored.error();
    auto response = json_response(202, export_json(made));
    response.set("Location", "/api/v1/exports/" + made.id.str());
    return response;
}

Result<Response> list_exports(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ExportId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.exports().page(after, most); },
        export_json);
}

Result<Response> get_export(const Call& call, TenantSession& session)
{
    const auto id = call.id<ExportId>();
    if (!id) return id.error();
    const auto found = session.exports().find(*id);
    if (!found) return found.error();
    return json_response(200, export_json(*found));
}

Result<Response> delete_export(const Call& call, TenantSession& session)
{
    const auto id = call.id<ExportId>();
    if (!id) return id.error();
    if (const auto removed = session.exports().remove(*id); !removed) return removed.error();
    return no_content();
}

/// The archive, a part a page.
class ArchivePages final : public Pages {
public:
    explicit ArchivePages(const Export& sent) : id_(sent.id), parts_(sent.parts) {}

    Result<MakePage> read(const Call& /*call*/, TenantSession& session) override
    {
        auto part = session.exports().part(id_, next_);
        if (!part) return part.error();
        return MakePage([this, text = *std::move(part)]() mutable {
            ++next_;  // not before: what was read may be lost on its way
            return Result<Page>(Page{.text = std::move(text), .is_last = next_ == parts_});
        });
    }

private:
    const ExportId id_;
    const std::int32_t parts_;
    std::int32_t next_ = 0;
};

Result<Answer> download_export(const Call& call, TenantSession& session)
{
    const auto id = call.id<ExportId>();
    if (!id) return id.error();
    const auto found = session.exports().find(*id);
    if (!found) return found.error();
    if (found->state != ExportState::ready) {
        return Error(ErrorCode::conflict, "this export has no content: it is " + std::string(to_string(found->state)));
    }
    Response response;
    response.set("Content-Type", "application/zstd");
    response.set("Content-Disposition",
                 "attachment; filename=\"winnow-" + call.who.service_code + '-' + found->id.str() + ".tar.zst\"");
    return Answer(std::move(response), std::make_unique<ArchivePages>(*found));
}

}  // namespace

std::vector<Route> export_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/exports", read_exports, "listExports", list_exports},
        {"POST", "/api/v1/exports", write_exports, "createExport", create_export},
        {"GET", "/api/v1/exports/{id}", read_exports, "getExport", get_export},
        {"DELETE", "/api/v1/exports/{id}", write_exports, "deleteExport", delete_export},
        {"GET", "/api/v1/exports/{id}/content", read_exports, "downloadExport", download_export, always, false, true},
    };
}

}  // namespace winnow::api

/// @file
/// /imports: what an export holds, into a tenant that has nothing yet (docs/decisions/imports.md).

#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenants/import_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::Import;
using ports::TenantSession;

constexpr std::int64_t kMostParts = 1'000'000;
constexpr std::size_t kMostServiceCode = 32;
/// Of base64 of a part.
constexpr std::size_t kMostPartChars = (domain::kImportPartBytes + 2) / 3 * 4;

bool is_of_service_code(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::int64_t most_bytes(const Call& call)
{
    return static_cast<std::int64_t>(call.services.tenant_limits.max_import_bytes);
}

json import_json(const Import& shown)
{
    auto faults = json::array();
    for (const auto& [file, line, field, detail] : shown.faults) {
        faults.push_back({{"file", file}, {"line", line}, {"field", field}, {"detail", detail}});
    }
    return {{"id", shown.id.str()},
            {"state", to_string(shown.state)},
            {"created_at", format_rfc3339(shown.created_at)},
            {"created_by", shown.created_by},
            {"service_code", shown.source},
            {"finished_at", time_json(shown.finished_at)},
            {"error", shown.error},
            {"faults", std::move(faults)},
            {"parts", shown.parts},
            {"bytes", shown.bytes},
            {"rows_done", shown.rows_done},
            {"rows_total", shown.rows_total}};
}

Result<Response> shown_now(TenantSession& session, ImportId id, int status)
{
    const auto found = session.imports().find(id);
    if (!found) return found.error();
    return json_response(status, import_json(*found));
}

Result<Response> create_import(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    Import made;
    made.source = fields.text("service_code", {4, kMostServiceCode}).value_or("");
    if (!std::ranges::all_of(made.source, is_of_service_code)) {
        fields.error("service_code", "must be a tenant's service code: small letters and digits");
    }
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto in_the_way = session.imports().in_the_way();
    if (!in_the_way) return in_the_way.error();
    made.id = ImportId(call.services.new_id());
    made.created_at = call.now;
    made.created_by = call.who.actor();
    if (const auto stored = session.imports().insert(made, most_bytes(call)); !stored) return stored.error();
    auto document_made = import_json(made);
    document_made["in_the_way"] = *in_the_way;
    auto response = json_response(201, document_made);
    response.set("Location", "/api/v1/imports/" + made.id.str());
    return response;
}

Result<Response> list_imports(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ImportId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.imports().page(after, most); },
        import_json);
}

Result<Response> get_import(const Call& call, TenantSession& session)
{
    const auto id = call.id<ImportId>();
    if (!id) return id.error();
    return shown_now(session, *id, 200);
}

Result<Response> delete_import(const Call& call, TenantSession& session)
{
    const auto id = call.id<ImportId>();
    if (!id) return id.error();
    if (const auto removed = session.imports().remove(*id); !removed) return removed.error();
    return no_content();
}

Result<Response> add_part(const Call& call, TenantSession& session)
{
    const auto id = call.id<ImportId>();
    if (!id) return id.error();
    const auto document = read_object(call.request);
    if (!document) return document.error();
    if (const auto found = session.imports().find(*id); !found) return found.error();
    FieldReader fields(*document);
    const auto number = fields.integer("number", 0, kMostParts - 1, Need::required);
    const auto text = fields.text("bytes", {4, kMostPartChars}, Need::required);
    std::string bytes;
    if (text && (!crypto::from_base64(*text, bytes) || bytes.empty() || bytes.size() > domain::kImportPartBytes)) {
        fields.error("bytes", "must be 1 to " + std::to_string(domain::kImportPartBytes) + " bytes in base64");
    }
    if (const auto read = fields.finish(); !read) return read.error();
    const auto put = session.imports().put_part(*id, static_cast<std::int32_t>(*number), bytes, most_bytes(call));
    if (!put) return put.error();
    return shown_now(session, *id, 200);
}

Result<Response> start_import(const Call& call, TenantSession& session)
{
    const auto id = call.id<ImportId>();
    if (!id) return id.error();
    if (const auto started = session.imports().start(*id); !started) return started.error();
    return shown_now(session, *id, 202);
}

}  // namespace

std::vector<Route> import_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/imports", read_exports, "listImports", list_imports},
        {"POST", "/api/v1/imports", write_imports, "createImport", create_import},
        {"GET", "/api/v1/imports/{id}", read_exports, "getImport", get_import},
        {"DELETE", "/api/v1/imports/{id}", write_imports, "deleteImport", delete_import},
        {"POST", "/api/v1/imports/{id}/parts", write_imports, "addImportPart", add_part},
        {"POST", "/api/v1/imports/{id}/start", write_imports, "startImport", start_import},
    };
}

}  // namespace winnow::api

#include "api/tenants/tenant_end.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/page.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/provider_tenants.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/tenants/tenant_ends.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::Erasure;

constexpr Length kReason{10, 500};

Result<Done> there_are(const EndOfTenants& ends)
{
    if (ends.store != nullptr) return Done{};
    return Error(ErrorCode::unavailable, "this node ends no tenants");
}

std::string_view state_of(const Erasure& erasure)
{
    if (erasure.finished_at) return "erased";
    return erasure.began_at ? "erasing" : "waiting";
}

json erasure_json(const Erasure& erasure)
{
    json shown{{"id", erasure.id.str()},
               {"tenant_id", erasure.tenant.str()},
               {"service_code", erasure.service_code},
               {"name", erasure.name},
               {"state", state_of(erasure)},
               {"reason", erasure.reason},
               {"closed_at", format_rfc3339(erasure.closed_at)},
               {"export_until", format_rfc3339(erasure.export_until)},
               {"window_waived", erasure.window_waived},
               {"asked_at", format_rfc3339(erasure.asked_at)},
               {"begins_at", format_rfc3339(erasure.begins_at)},
               {"began_at", time_json(erasure.began_at)},
               {"finished_at", time_json(erasure.finished_at)},
               {"step", nullptr}};
    if (erasure.stage) {
        shown["step"] = {{"stage", to_string(*erasure.stage)},
                         {"relation", erasure.relation},
                         {"done", erasure.done},
                         {"all", erasure.steps},
                         {"rows", erasure.rows}};
    }
    return shown;
}

/// The one member of a body that has no other.
Result<std::string> read_reason(const http::Request& request)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto reason = fields.text("reason", kReason, Need::required);
    if (const auto read = fields.finish(); !read) return read.error();
    return *reason;
}

}  // namespace

Result<http::Response> close_tenant(TenantId id, const http::Request& request, const EndOfTenants& ends)
{
    if (const auto there = there_are(ends); !there) return there.error();
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto reason = fields.text("reason", kReason, Need::required);
    const auto days = fields.integer("export_days", 0, domain::kLongestExportWindow.count());
    if (const auto read = fields.finish(); !read) return read.error();
    const std::chrono::days window(days.value_or(domain::kExportWindow.count()));
    const auto tenant = ends.store->close(id, window, *reason, provider_request_of(request));
    if (!tenant) return tenant.error();
    return json_response(200, tenant_json(*tenant));
}

Result<http::Response> cancel_closing(TenantId id, const http::Request& request, const EndOfTenants& ends)
{
    if (const auto there = there_are(ends); !there) return there.error();
    const auto reason = read_reason(request);
    if (!reason) return reason.error();
    const auto tenant = ends.store->cancel_close(id, *reason, provider_request_of(request));
    if (!tenant) return tenant.error();
    return json_response(200, tenant_json(*tenant));
}

Result<http::Response> erase_tenant(TenantId id, const http::Request& request, const EndOfTenants& ends,
                                    const std::function<Uuid()>& new_id)
{
    if (const auto there = there_are(ends); !there) return there.error();
    const auto document = read_object(request);
    if (!document) return document.error();
    ports::ErasureOrder order{.id = ErasureId(new_id()), .wish = {}, .reason = {}};
    FieldReader fields(*document);
    order.wish.name = fields.text("name", {1, 200}, Need::required).value_or("");
    order.wish.waives_window = fields.boolean("waive_export_window").value_or(false);
    order.reason = fields.text("reason", kReason, Need::required).value_or("");
    if (const auto read = fields.finish(); !read) return read.error();
    if (!ends.signs) {
        return Error(ErrorCode::conflict,
                     "nothing is erased where no certificate of it could be signed: the configuration names no key "
                     "(audit.signing_key_file)");
    }
    const auto erasure = ends.store->erase(id, order, provider_request_of(request));
    if (!erasure) return erasure.error();
    auto response = json_response(202, erasure_json(*erasure));
    response.set("Location", "/admin/v1/erasures/" + erasure->id.str());
    return response;
}

Result<http::Response> list_erasures(const http::Request& request, const EndOfTenants& ends)
{
    if (const auto there = there_are(ends); !there) return there.error();
    if (const auto known = only_parameters(request.head, {"limit", "cursor"}); !known) return known.error();
    const auto page = page_request(request.head, 1);
    if (!page) return page.error();
    Stretch<std::string> stretch{.limit = page->limit, .after = {}};
    if (!page->cursor.empty()) stretch.after = page->cursor.front();
    return page_response(
        request.head, std::move(stretch),
        [&](const auto& after, std::size_t most) { return ends.store->erasures(after.value_or(""), most); },
        erasure_json, [](const auto& erasure) { return erasure.service_code; },
        [](const std::string& code) { return Cursor{code}; });
}

Result<http::Response> show_erasure(ErasureId id, const EndOfTenants& ends)
{
    if (const auto there = there_are(ends); !there) return there.error();
    const auto erasure = ends.store->erasure(id);
    if (!erasure) return erasure.error();
    return json_response(200, erasure_json(*erasure));
}

Result<http::Response> show_certificate(ErasureId id, const EndOfTenants& ends)
{
    if (const auto there = there_are(ends); !there) return there.error();
    const auto certificate = ends.store->certificate(id);
    if (!certificate) return certificate.error();
    http::Response response(200, "application/json",
                            audit::certificate_file(certificate->body, certificate->key_id, certificate->signature));
    response.set("Content-Disposition",
                 "attachment; filename=\"winnow-erasure-" + certificate->service_code + ".json\"");
    return response;
}

}  // namespace winnow::api

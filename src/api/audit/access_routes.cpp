#include "api/audit/access_json.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using ports::TenantSession;

/// So many are read at a time: of less than a kilobyte each, mostly.
constexpr std::size_t kEntriesAtOnce = 500;

Result<Response> list_entries(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto list = access_list(head);
    if (!list) return list.error();
    return page_response(
        head, list->stretch,
        [&](const auto& after, std::size_t most) { return session.access_log().page(list->filter, after, most); },
        access_json, access_place, access_cursor);
}

/// The lines of what was there when they were asked for, the newest first: what comes meanwhile is newer.
class EntryPages final : public Pages {
public:
    explicit EntryPages(AccessExport wanted) : wanted_(std::move(wanted)) {}

    Result<MakePage> read(const Call& /*call*/, TenantSession& session) override
    {
        auto read = session.access_log().page(wanted_.filter, after_, kEntriesAtOnce);
        if (!read) return read.error();
        return MakePage([this, read = *std::move(read)] {
            const bool is_csv = wanted_.format == AccessFormat::csv;
            Page page{.text = is_csv ? access_csv(read, !after_) : access_ndjson(read),
                      .is_last = read.size() < kEntriesAtOnce};
            if (!read.empty()) after_ = access_place(read.back());
            return Result<Page>(std::move(page));
        });
    }

private:
    const AccessExport wanted_;
    std::optional<ports::AccessPlace> after_;  ///< The last one that was sent.
};

Result<Answer> export_entries(const Call& call, TenantSession& /*session*/)
{
    auto wanted = access_export(call.request.head);
    if (!wanted) return wanted.error();
    const bool is_csv = wanted->format == AccessFormat::csv;
    if (!wanted->filter.to) wanted->filter.to = call.now;  // or it would never end for who asks while it is read
    Response response;
    response.set("Content-Type", is_csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson");
    response.set("Content-Disposition",
                 is_csv ? "attachment; filename=\"access.csv\"" : "attachment; filename=\"access.ndjson\"");
    return Answer(std::move(response), std::make_unique<EntryPages>(*std::move(wanted)));
}

}  // namespace

std::vector<Route> access_log_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/access-log", read_audit, "listAccessLog", list_entries},
        {"GET", "/api/v1/access-log/export", read_audit, "exportAccessLog", export_entries, always, false, true},
    };
}

}  // namespace winnow::api

#include "api/audit/audit_json.hpp"
#include "api/audit/recorded.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/audit/export_lines.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/ports/audit_store.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// So many are read at a time: of records up to 9 KiB each, mostly 1.
constexpr std::size_t kLinksAtOnce = 100;
constexpr std::size_t kAnchorsAtOnce = 500;
/// Of one redaction: their numbers stand in its record.
constexpr std::size_t kMostRedacted = 50;

Result<Response> list_records(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto list = audit_list(head);
    if (!list) return list.error();
    return page_response(
        head, list->stretch,
        [&](const auto& after, std::size_t most) { return session.audit().page(list->filter, after, most); },
        audit_json, audit_place, audit_cursor);
}

json anchor_json(const audit::Anchor& anchor)
{
    return {{"seq", anchor.seq},
            {"hash", crypto::to_hex(anchor.hash)},
            {"signed_at", anchor.signed_at},
            {"key_id", anchor.key_id},
            {"signature", crypto::to_hex(anchor.signature)}};
}

Result<Response> list_anchors(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto stretch = numbered_stretch<std::int64_t>(head);
    if (!stretch) return stretch.error();
    return page_response(
        head, *stretch,
        [&](const auto& after, std::size_t most) { return session.audit().anchors(after.value_or(0), most); },
        anchor_json, [](const audit::Anchor& anchor) { return anchor.seq; }, numbered_cursor);
}

/// The lines of a chain up to where it ended when it was asked for: the first one, signed heads, records.
class ChainPages final : public Pages {
public:
    ChainPages(TenantId tenant, std::int64_t head) : head_(head), begun_(audit::first_line(tenant.value(), head)) {}

    Result<MakePage> read(const Call& /*call*/, TenantSession& session) override
    {
        return in_anchors_ ? read_anchors(session) : read_links(session);
    }

private:
    Result<MakePage> read_anchors(TenantSession& session)
    {
        auto read = session.audit().anchors(anchor_, kAnchorsAtOnce);
        if (!read) return read.error();
        return MakePage([this, read = *std::move(read)] {
            Page page{.text = std::exchange(begun_, {}), .is_last = false};
            for (const auto& anchor : read) {
                anchor_ = anchor.seq;
                if (anchor.seq <= head_) page.text += audit::anchor_line(anchor);
            }
            in_anchors_ = read.size() == kAnchorsAtOnce && anchor_ < head_;
            return Result<Page>(std::move(page));
        });
    }

    Result<MakePage> read_links(TenantSession& session)
    {
        auto read = session.audit().links(link_, head_, kLinksAtOnce);
        if (!read) return read.error();
        return MakePage([this, read = *std::move(read)] {
            Page page{.text = {}, .is_last = read.size() < kLinksAtOnce};
            for (const auto& record : read) {
                page.text += audit::link_line(link_of(record));
                link_ = record.seq;
            }
            return Result<Page>(std::move(page));
        });
    }

    const std::int64_t head_;
    std::string begun_;  ///< The first line, until it is sent.
    bool in_anchors_ = true;
    std::int64_t anchor_ = 0;  ///< The last ones that were sent.
    std::int64_t link_ = 0;
};

Result<Answer> export_chain(const Call& call, TenantSession& session)
{
    if (const auto known = only_parameters(call.request.head, {}); !known) return known.error();
    const auto head = session.audit().head();
    if (!head) return head.error();
    Response response;
    response.set("Content-Type", "application/x-ndjson");
    response.set("Content-Disposition", "attachment; filename=\"audit.ndjson\"");
    return Answer(std::move(response), std::make_unique<ChainPages>(call.who.tenant, *head));
}

/// Names, addresses and values go; that they went is a record itself.
Result<Response> redact(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto reason = fields.text("reason", {1, 500}, Need::required);
    std::vector<std::int64_t> seqs;
    const auto given = document->find("seqs");
    if (given == document->end() || !given->is_array() || given->empty() || given->size() > kMostRedacted ||
        !std::ranges::all_of(*given, [](const json& seq) { return seq.is_number_unsigned(); })) {
        fields.error("seqs", "must be a list of 1 to " + std::to_string(kMostRedacted) + " numbers of records");
    } else {
        seqs = given->get<std::vector<std::int64_t>>();
        std::ranges::sort(seqs);
        seqs.erase(std::ranges::unique(seqs).begin(), seqs.end());
    }
    fields.read_only({"seqs"});
    if (const auto read = fields.finish(); !read) return read.error();

    constexpr auto kAct = *audit::act_of("redactAuditDetails");
    audit::Act act;
    act.actor = actor_of(call);
    act.name = kAct.act;
    act.object = std::string(kAct.object) + ':';
    for (const auto seq : seqs) act.object += (act.object.ends_with(':') ? "" : ",") + std::to_string(seq);
    act.detail = detail_of(call, {{"reason", *reason}, {"seqs", seqs}});
    const auto emptied = session.audit().redact(seqs, act);
    if (!emptied) return emptied.error();
    return json_response(200, {{"emptied", *emptied}});
}

}  // namespace

std::vector<Route> audit_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/audit-log", read_audit, "listAuditLog", list_records},
        {"GET", "/api/v1/audit-log/export", read_audit, "exportAuditLog", export_chain, always, false, true},
        {"GET", "/api/v1/audit-log/anchors", read_audit, "listAuditAnchors", list_anchors},
        {"POST", "/api/v1/audit-log/redactions", write_users, "redactAuditDetails", redact},
    };
}

}  // namespace winnow::api

#include "api/audit/audit_json.hpp"

#include "api/rest/parameters.hpp"
#include "winnow/base/time.hpp"
#include "winnow/crypto/digest.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr std::size_t kCursorParts = 2;

Result<std::optional<ports::AuditPlace>> place_in(const Cursor& cursor)
{
    if (cursor.empty()) return std::optional<ports::AuditPlace>();
    const auto at = parse_rfc3339(cursor[0]);
    const auto seq = number_in<std::int64_t>(cursor[1]);
    if (!at || !seq) return bad_cursor();
    return std::optional(ports::AuditPlace{.at = *at, .seq = *seq});
}

}  // namespace

json audit_json(const ports::AuditRecord& record)
{
    // Ours: it can be read. Should somebody have changed it, it is shown as it is, for whoever looks into it.
    const auto said = json::parse(record.record, nullptr, /*allow_exceptions=*/false);
    const auto member = [&](const char* name) {
        const auto found = said.is_object() ? said.find(name) : said.end();
        return said.is_object() && found != said.end() ? *found : json();
    };
    const auto detail = record.detail ? json::parse(*record.detail, nullptr, /*allow_exceptions=*/false) : json();
    return {{"seq", record.seq},
            {"at", format_rfc3339(record.at)},
            {"act", member("act")},
            {"actor", member("actor")},
            {"by", member("by")},
            {"on", member("on")},
            {"id", member("id")},
            {"request_id", member("req")},
            {"status", member("res")},
            {"detail", detail.is_discarded() ? json() : detail},
            {"hash", crypto::to_hex(record.hash)}};
}

audit::Link link_of(const ports::AuditRecord& record)
{
    audit::Link link{
        .seq = record.seq, .hash = record.hash, .record = record.record, .detail = std::nullopt, .salt = record.salt};
    if (record.detail) link.detail = *record.detail;
    return link;
}

Result<AuditList> audit_list(const http::RequestHead& head)
{
    const auto known = only_parameters(head, {"from", "to", "actor", "act", "on", "limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, kCursorParts);
    if (!page) return page.error();
    AuditList list;
    list.stretch.limit = page->limit;
    auto after = place_in(page->cursor);
    if (!after) return after.error();
    list.stretch.after = *after;
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    const auto until = time_parameter(head, "to");
    if (!until) return until.error();
    list.filter.from = *from;
    list.filter.to = *until;
    const std::array<std::pair<const char*, std::string*>, 3> texts{
        {{"actor", &list.filter.actor}, {"act", &list.filter.act}, {"on", &list.filter.object}}};
    for (const auto& [name, value] : texts) {
        auto text = text_parameter(head, name);
        if (!text) return text.error();
        *value = *std::move(text);
    }
    return list;
}

ports::AuditPlace audit_place(const ports::AuditRecord& record)
{
    return {.at = record.at, .seq = record.seq};
}

Cursor audit_cursor(const ports::AuditPlace& place)
{
    return {format_rfc3339(place.at), std::to_string(place.seq)};
}

}  // namespace winnow::api

#include "api/audit/access_json.hpp"

#include "api/csv/csv_cell.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/respond.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/time.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::AccessEntry;

constexpr std::size_t kCursorParts = 2;
constexpr int kLowestStatus = 100;
constexpr int kHighestStatus = 599;

constexpr std::array kColumns{"at",      "at_jst",     "actor", "means",  "key_id",   "role",
                              "address", "method",     "route", "object", "status",   "code",
                              "bytes",   "request_id", "times", "until",  "until_jst"};

std::string number_or_nothing(const std::optional<std::int64_t>& number)
{
    return number ? std::to_string(*number) : std::string();
}

Result<std::optional<ports::AccessPlace>> place_in(const Cursor& cursor)
{
    if (cursor.empty()) return std::optional<ports::AccessPlace>();
    const auto at = parse_rfc3339(cursor[0]);
    const auto id = Uuid::parse(cursor[1]);
    if (!at || !id) return bad_cursor();
    return std::optional(ports::AccessPlace{.at = *at, .id = *id});
}

Result<std::optional<int>> status_in(const http::RequestHead& head)
{
    const auto text = sole_parameter(head, "status");
    if (!text) return text.error();
    if (!*text) return std::optional<int>();
    int status = 0;
    const auto* const end = (*text)->data() + (*text)->size();
    const auto [stop, failure] = std::from_chars((*text)->data(), end, status);
    if (failure != std::errc() || stop != end || status < kLowestStatus || status > kHighestStatus) {
        return query_error("status", "must be the status of an answer, from 100 to 599");
    }
    return std::optional(status);
}

Result<ports::AccessFilter> filter_in(const http::RequestHead& head)
{
    ports::AccessFilter filter;
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    const auto until = time_parameter(head, "to");
    if (!until) return until.error();
    filter.from = *from;
    filter.to = *until;
    const std::array<std::pair<const char*, std::string*>, 3> texts{
        {{"actor", &filter.actor}, {"address", &filter.address}, {"on", &filter.object}}};
    for (const auto& [name, value] : texts) {
        auto text = text_parameter(head, name);
        if (!text) return text.error();
        *value = *std::move(text);
    }
    if (!filter.address.empty()) {
        if (!parse_address(filter.address)) return query_error("address", "must be an IP address, such as 192.0.2.1");
        filter.address = canonical_address(filter.address);  // as it is stored
    }
    const auto status = status_in(head);
    if (!status) return status.error();
    filter.status = *status;
    return filter;
}

}  // namespace

std::string format_jst(Timestamp instant)
{
    constexpr std::chrono::hours kAhead{9};
    auto text = format_rfc3339(instant + kAhead);
    text.pop_back();  // the Z
    return text + "+09:00";
}

json access_json(const AccessEntry& entry)
{
    json shown = {{"at", format_rfc3339(entry.at)},
                  {"at_jst", format_jst(entry.at)},
                  {"actor", entry.actor},
                  {"means", entry.means},
                  {"key_id", entry.key ? json(entry.key->str()) : json()},
                  {"role", entry.role},
                  {"address", entry.address},
                  {"method", entry.method},
                  {"route", entry.route},
                  {"object", entry.object},
                  {"status", entry.status},
                  {"code", entry.code},
                  {"bytes", entry.bytes ? json(*entry.bytes) : json()},
                  {"request_id", entry.request_id},
                  {"times", entry.times},
                  {"until", entry.until ? json(format_rfc3339(*entry.until)) : json()},
                  {"until_jst", entry.until ? json(format_jst(*entry.until)) : json()}};
    return shown;
}

std::string access_ndjson(const std::vector<AccessEntry>& entries)
{
    std::string lines;
    for (const auto& entry : entries) lines += dump(access_json(entry)) + '\n';
    return lines;
}

std::string access_csv(const std::vector<AccessEntry>& entries, bool with_header)
{
    std::string lines;
    const auto add = [&](const auto& cells) {
        bool first = true;
        for (const auto& cell : cells) {
            if (!first) lines += ',';
            first = false;
            lines += csv_cell(cell);
        }
        lines += "\r\n";
    };
    if (with_header) add(kColumns);
    for (const auto& entry : entries) {
        add(std::array<std::string, kColumns.size()>{
            format_rfc3339(entry.at), format_jst(entry.at), entry.actor, entry.means,
            entry.key ? entry.key->str() : std::string(), entry.role, entry.address, entry.method, entry.route,
            entry.object, std::to_string(entry.status), entry.code, number_or_nothing(entry.bytes), entry.request_id,
            std::to_string(entry.times), entry.until ? format_rfc3339(*entry.until) : std::string(),
            entry.until ? format_jst(*entry.until) : std::string()});
    }
    return lines;
}

Result<AccessList> access_list(const http::RequestHead& head)
{
    const auto known = only_parameters(head, {"from", "to", "actor", "address", "on", "status", "limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, kCursorParts);
    if (!page) return page.error();
    AccessList list;
    list.stretch.limit = page->limit;
    auto after = place_in(page->cursor);
    if (!after) return after.error();
    list.stretch.after = *after;
    auto filter = filter_in(head);
    if (!filter) return filter.error();
    list.filter = *std::move(filter);
    return list;
}

Result<AccessExport> access_export(const http::RequestHead& head)
{
    const auto known = only_parameters(head, {"from", "to", "actor", "address", "on", "status", "format"});
    if (!known) return known.error();
    AccessExport wanted;
    auto filter = filter_in(head);
    if (!filter) return filter.error();
    wanted.filter = *std::move(filter);
    const auto format = sole_parameter(head, "format");
    if (!format) return format.error();
    if (*format == "csv") {
        wanted.format = AccessFormat::csv;
    } else if (*format && *format != "ndjson") {
        return query_error("format", "must be ndjson or csv");
    }
    return wanted;
}

ports::AccessPlace access_place(const AccessEntry& entry)
{
    return {.at = entry.at, .id = entry.id};
}

Cursor access_cursor(const ports::AccessPlace& place)
{
    return {format_rfc3339(place.at), place.id.str()};
}

}  // namespace winnow::api

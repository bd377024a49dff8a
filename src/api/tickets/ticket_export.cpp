#include "api/tickets/ticket_export.hpp"

#include "api/rest/page.hpp"
#include "api/rest/problem.hpp"
#include "api/tickets/ticket_csv.hpp"
#include "api/tickets/ticket_query.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using ports::TenantSession;

/// `limit` of the CSV list, which takes more than a page.
Result<std::size_t> csv_limit(const http::RequestHead& head)
{
    const auto text = head.query_parameter("limit");
    if (!text) return kMaxCsvRows;
    std::size_t limit = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (failure != std::errc() || end != text->data() + text->size() || limit < 1 || limit > kMaxCsvRows) {
        return query_error("limit", "must be a number from 1 to " + std::to_string(kMaxCsvRows));
    }
    return limit;
}

/// The page_request() of the request without its `limit`, which page_request() would judge by its own maximum.
Result<Cursor> csv_cursor(const http::RequestHead& head)
{
    http::RequestHead only_cursor;
    only_cursor.path = head.path;
    for (std::string_view rest = head.query; !rest.empty();) {
        const auto end = rest.find('&');
        if (rest.substr(0, end).starts_with("cursor=")) only_cursor.query = rest.substr(0, end);
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    const auto page = page_request(only_cursor, kTicketCursorParts);
    if (!page) return page.error();
    return page->cursor;
}

/// The lines of tickets that were listed before.
class TicketPages final : public Pages {
public:
    explicit TicketPages(std::vector<TicketId> ids) : ids_(std::move(ids)) {}

    Result<MakePage> read(const Call& /*call*/, TenantSession& session) override
    {
        const auto left = std::span<const TicketId>(ids_).subspan(done_);
        auto read = session.tickets().read(left.first(std::min(left.size(), next_)), kCsvPageBytes);
        if (!read) return read.error();
        return MakePage([this, read = *std::move(read)] {
            Page page{.text = tickets_csv(read.tickets, done_ == 0), .is_last = done_ + read.ids == ids_.size()};
            done_ += read.ids;  // not before: what was read may be lost on its way
            next_ = std::clamp<std::size_t>(2 * read.ids, 1, kCsvPageRows);
            return Result<Page>(std::move(page));
        });
    }

private:
    const std::vector<TicketId> ids_;
    std::size_t done_ = 0;  ///< So many of them.
    /// So many are looked at for the next page. Each of them costs, however few of them fit: so no more than twice as
    /// many as fitted last.
    std::size_t next_ = kCsvPageRows;
};

}  // namespace

Result<Answer> list_tickets_as_csv(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"state[]", "severity[]", "service[]", "assignee", "label.", "q", "from",
                                              "to", "sort", "limit", "cursor"});
    if (!known) return known.error();
    const auto limit = csv_limit(head);
    if (!limit) return limit.error();
    const auto cursor = csv_cursor(head);
    if (!cursor) return cursor.error();
    const auto wanted = ticket_list_request(head, call.who, *cursor);
    if (!wanted) return wanted.error();
    auto ids = session.tickets().ids(wanted->filter, wanted->order, wanted->after, *limit + 1);
    if (!ids) return ids.error();

    Response response;
    if (ids->size() > *limit) {
        ids->resize(*limit);
        const auto last = session.tickets().find(ids->back());
        if (!last) return last.error();
        response.set("Link", next_link(head, encode_cursor(ticket_cursor(wanted->order, place_of(*last)))));
    }
    response.set("Content-Type", "text/csv; charset=utf-8; header=present");
    response.set("Content-Disposition", "attachment; filename=\"tickets.csv\"");
    return Answer(std::move(response), std::make_unique<TicketPages>(*std::move(ids)));
}

}  // namespace winnow::api

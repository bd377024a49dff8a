#include "api/alerts/alert_history.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

using domain::AlertPosition;
using domain::RowPosition;
using domain::Verdict;
using ports::ArchivedRow;

constexpr std::size_t kRowsAtOnce = 64;  // with payload, some kilobytes each
constexpr std::size_t kVerdictRowsAtOnce = 512;

/// An instance's own recovery changes no time of its ticket, but follows its last refresh soon.
constexpr auto kAfterLastNews = std::chrono::minutes(5);

using Verdicts = std::vector<std::optional<Verdict>>;

Error no_such_alert()
{
    return Error(ErrorCode::not_found, "there is no such alert");
}

/// nullopt while triage has not reached the row.
Result<std::optional<Verdicts>> verdicts_of(const ArchivedRow& row)
{
    if (!row.verdicts) return std::optional<Verdicts>();
    auto verdicts = journal::decode_verdicts(*row.verdicts);
    if (!verdicts) return verdicts.error();
    return std::optional(std::move(*verdicts));
}

/// nullptr while there is none.
const Verdict* verdict_at(const std::optional<Verdicts>& verdicts, std::size_t index)
{
    if (!verdicts || index >= verdicts->size() || !(*verdicts)[index]) return nullptr;
    return &*(*verdicts)[index];
}

/// Of all that have one.
std::vector<TicketId> tickets_of(const Verdicts& verdicts)
{
    std::vector<TicketId> tickets;
    for (const auto& verdict : verdicts) {
        if (verdict && verdict->ticket_id) tickets.push_back(*verdict->ticket_id);
    }
    return tickets;
}

std::vector<std::string_view> lines_of(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view wanted)
{
    const auto found = std::ranges::search(text, wanted, {}, &lower, &lower);
    return !found.empty() || wanted.empty();
}

bool text_matches(const AlertQuery& query, const domain::Alert& alert)
{
    return query.text.empty() || contains(alert.title, query.text) || contains(alert.description, query.text) ||
           contains(alert.source, query.text) || contains(alert.dedup_key, query.text);
}

/// Whether the query asks for what only a verdict can say.
bool asks_for_verdict(const AlertQuery& query)
{
    return query.rule_id || query.ticket_id || (!query.dispositions.empty() && !query.pending);
}

bool verdict_matches(const AlertQuery& query, const Verdict* verdict)
{
    if (verdict == nullptr) return !asks_for_verdict(query) && (query.pending || query.dispositions.empty());
    if (query.ticket_id && verdict->ticket_id != query.ticket_id) return false;
    if (query.rule_id &&
        std::ranges::none_of(verdict->matches, [&](const auto& match) { return match.rule_id == *query.rule_id; })) {
        return false;
    }
    if (query.dispositions.empty()) return !query.pending;
    return std::ranges::find(query.dispositions, verdict->disposition) != query.dispositions.end();
}

/// One search on its way down the journal.
class Search {
public:
    Search(ports::AlertArchive& archive, const domain::TenantIds& ids, const AlertQuery& query, std::size_t limit,
           std::size_t most_bytes)
        : archive_(archive), ids_(ids), query_(query), limit_(limit), most_bytes_(most_bytes)
    {
    }

    [[nodiscard]] bool full() const noexcept { return found_.size() > limit_ || bytes_ >= most_bytes_; }
    [[nodiscard]] std::size_t decoded() const noexcept { return decoded_; }

    /// Before any of them is taken: which of their tickets are seen is asked for once.
    Result<Done> look_at(const std::vector<ArchivedRow>& rows)
    {
        auto* const sight = query_.sight;
        if (sight == nullptr || !sight->is_narrowed()) return Done{};
        std::vector<TicketId> tickets;
        for (const auto& row : rows) {
            const auto verdicts = verdicts_of(row);
            if (!verdicts) return verdicts.error();
            if (*verdicts) std::ranges::copy(tickets_of(**verdicts), std::back_inserter(tickets));
        }
        return sight->look_at(tickets);
    }

    /// Takes what matches of a row's first `below` alerts, last one first, until it is full.
    Result<Done> take(ArchivedRow row, std::size_t below)
    {
        const auto verdicts = verdicts_of(row);
        if (!verdicts) return verdicts.error();
        auto wanted = wanted_indexes(*verdicts, below);
        leave_out_unseen(*verdicts, wanted);
        if (wanted.empty()) return Done{};
        if (row.payload.empty()) {
            auto whole = archive_.row(row.position);
            if (!whole) return whole.error();
            row.payload = std::move(whole->payload);
        }
        const auto text = journal::decode_rows(row.payload);
        if (!text) return text.error();
        const auto lines = lines_of(*text);
        const auto names = ids_.row(row.position);
        for (const auto index : wanted) {
            if (full()) break;
            if (index >= lines.size() || lines[index].empty()) continue;
            auto alert = intake::read_canonical(lines[index]);
            if (!alert) return alert.error();
            ++decoded_;
            if (!text_matches(query_, *alert)) continue;
            const auto* const verdict = verdict_at(*verdicts, index);
            if (query_.sight != nullptr && !query_.sight->sees(*alert, verdict)) continue;
            const auto place = static_cast<std::uint16_t>(index);
            PastAlert past{.position = {.row = row.position, .index = place},
                           .id = names.alert(place),
                           .alert = std::move(*alert),
                           .verdict = {}};
            if (verdict != nullptr) past.verdict = *verdict;
            found_.push_back(std::move(past));
            bytes_ += lines[index].size();
        }
        return Done{};
    }

    /// What was found; one more than the limit tells that the search can go on below the last one shown.
    AlertStretch finish(std::optional<AlertPosition> reached) &&
    {
        AlertStretch stretch{.items = std::move(found_), .next = reached, .left_out = left_out_};
        if (stretch.items.size() > limit_) {
            stretch.items.resize(limit_);
            stretch.next = stretch.items.back().position;
        } else if (full()) {
            stretch.next = stretch.items.back().position;
        }
        return stretch;
    }

private:
    /// Those in tickets that are not seen, which need not be read for that.
    void leave_out_unseen(const std::optional<Verdicts>& verdicts, std::vector<std::size_t>& wanted) const
    {
        const auto* const sight = query_.sight;
        if (sight == nullptr || !verdicts) return;
        std::erase_if(wanted, [&](std::size_t index) {
            const auto* const verdict = verdict_at(verdicts, index);
            return verdict != nullptr && verdict->ticket_id && !sight->sees(*verdict->ticket_id);
        });
    }

    /// Last one first. Some may lie behind the row's end: only the payload of a row that triage has not reached tells
    /// where that is (alert_count does not count gaps).
    [[nodiscard]] std::vector<std::size_t> wanted_indexes(const std::optional<Verdicts>& verdicts, std::size_t below)
    {
        std::vector<std::size_t> wanted;
        if (!verdicts && !verdict_matches(query_, nullptr)) return wanted;
        const auto end = verdicts ? verdicts->size() : domain::kMaxIndex + std::size_t{1};
        for (auto index = std::min(end, below); index-- > 0;) {
            if (verdicts) {
                const auto& verdict = (*verdicts)[index];
                if (!verdict || !verdict_matches(query_, &*verdict)) continue;  // a gap, or not asked for
                if (query_.without_set_aside && verdict->disposition == domain::Disposition::quarantined) {
                    ++left_out_;
                    continue;
                }
            }
            wanted.push_back(index);
        }
        return wanted;
    }

    ports::AlertArchive& archive_;
    const domain::TenantIds& ids_;
    const AlertQuery& query_;
    std::size_t limit_;
    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::size_t decoded_ = 0;
    std::size_t left_out_ = 0;
    std::vector<PastAlert> found_;
};

/// Of a row that has none yet nothing is to be looked at.
Result<Done> look_at(AlertSight& sight, const std::optional<Verdicts>& verdicts)
{
    return verdicts ? sight.look_at(tickets_of(*verdicts)) : Result<Done>(Done{});
}

/// The greatest position below `row`; sequences start at 1.
RowPosition just_below(RowPosition row)
{
    --row.seq;
    return row;
}

}  // namespace

Result<AlertStretch> search_alerts(ports::AlertArchive& archive, const domain::TenantIds& ids, const AlertQuery& query,
                                   const std::optional<AlertPosition>& before, std::size_t limit,
                                   const ScanBudget& budget)
{
    Search search(archive, ids, query, limit, budget.bytes);
    ports::ArchiveRange range{.received_from = query.received_from,
                              .received_until = query.received_until,
                              .not_after = {},
                              .with_payload = !asks_for_verdict(query)};
    if (before) range.not_after = before->row;
    const auto at_once = range.with_payload ? kRowsAtOnce : kVerdictRowsAtOnce;
    std::size_t rows_read = 0;
    std::size_t alerts_read = 0;
    while (true) {
        auto rows = archive.rows(range, std::min(at_once, budget.rows - rows_read));
        if (!rows) return rows.error();
        if (rows->empty()) return std::move(search).finish(std::nullopt);
        if (const auto ok = search.look_at(*rows); !ok) return ok.error();
        for (auto& row : *rows) {
            const auto position = row.position;
            alerts_read += row.alert_count;
            const auto below = before && before->row == position ? before->index : domain::kMaxIndex + 1U;
            if (const auto ok = search.take(std::move(row), below); !ok) return ok.error();
            if (search.full()) return std::move(search).finish(std::nullopt);
            range.not_after = just_below(position);
            const bool spent =
                ++rows_read >= budget.rows || alerts_read >= budget.alerts || search.decoded() >= budget.decoded;
            if (spent) return std::move(search).finish(AlertPosition{.row = position, .index = 0});
        }
    }
}

Result<PastAlert> find_alert(ports::AlertArchive& archive, const domain::TenantIds& ids, AlertSight& sight, AlertId id)
{
    const auto position = ids.position(id);
    if (!position) return no_such_alert();
    auto found = alerts_of_receipt(archive, ids, sight, {.first = *position, .count = 1});
    if (!found) return found.error().code() == ErrorCode::not_found ? no_such_alert() : found.error();
    return std::move(found->front());
}

Result<std::vector<PastAlert>> alerts_of_receipt(ports::AlertArchive& archive, const domain::TenantIds& ids,
                                                 AlertSight& sight, const domain::ReceiptId& receipt)
{
    const Error none(ErrorCode::not_found, "there is no such receipt");
    if (receipt.count == 0) return none;
    std::vector<PastAlert> alerts;
    auto position = receipt.first;
    for (std::size_t read = 0; read < receipt.count;) {
        const auto row = archive.row(position.row);
        if (!row) return row.error().code() == ErrorCode::not_found ? none : row.error();
        const auto verdicts = verdicts_of(*row);
        if (!verdicts) return verdicts.error();
        const auto text = journal::decode_rows(row->payload);
        if (!text) return text.error();
        const auto lines = lines_of(*text);
        if (position.index >= lines.size()) return none;
        // Only a request that fills its row goes on in the next one.
        const auto rest = receipt.count - read;
        const auto end = position.index + rest;
        if (end > lines.size() && (position.index != 0 || lines.size() < domain::kRowAlerts)) return none;
        if (const auto ok = look_at(sight, *verdicts); !ok) return ok.error();
        const auto names = ids.row(position.row);
        for (; position.index < std::min<std::size_t>(end, lines.size()); ++position.index) {
            if (lines[position.index].empty()) return none;  // a gap: that request was a repeat, with another receipt
            auto alert = intake::read_canonical(lines[position.index]);
            if (!alert) return alert.error();
            ++read;
            const auto* const verdict = verdict_at(*verdicts, position.index);
            if (!sight.sees(*alert, verdict)) continue;
            PastAlert past{
                .position = position, .id = names.alert(position.index), .alert = std::move(*alert), .verdict = {}};
            if (verdict != nullptr) past.verdict = *verdict;
            alerts.push_back(std::move(past));
        }
        ++position.row.seq;
        position.index = 0;
    }
    if (alerts.empty()) return none;
    return alerts;
}

AlertQuery alerts_of(const domain::Ticket& ticket)
{
    AlertQuery query;
    query.ticket_id = ticket.id;
    // The id tells which alert opened the ticket: nothing older has gone into it.
    const auto opened = domain::received_at_of(domain::opener_of(ticket.id));
    query.received_from = opened ? *opened : std::min(ticket.first_seen_at, ticket.opened_at);
    auto last_news = std::max(ticket.last_seen_at, ticket.opened_at);
    for (const auto& at : {ticket.acknowledged_at, ticket.recovered_at, ticket.closed_at}) {
        if (at) last_news = std::max(last_news, *at);
    }
    query.received_until = last_news + kAfterLastNews;  // so that the search starts where the alerts are
    return query;
}

}  // namespace winnow::api

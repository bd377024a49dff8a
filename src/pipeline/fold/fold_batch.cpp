#include "pipeline/fold/fold_batch.hpp"

#include "pipeline/fold/set_aside.hpp"
#include "pipeline/noise/noise.hpp"
#include "pipeline/overruns/overruns.hpp"
#include "pipeline/suppression/covers.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/routing/plan.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

namespace winnow::pipeline {

namespace {

/// The verdicts of each row, each at its alert's index; counts those that were over their budget.
std::vector<std::pair<domain::RowPosition, std::string>> verdict_rows(const FoldBatch& batch,
                                                                      const std::vector<domain::Verdict>& verdicts,
                                                                      std::size_t& over_budget)
{
    std::vector<std::pair<domain::RowPosition, std::string>> encoded;
    encoded.reserve(batch.rows.size());
    std::size_t next = 0;
    for (const auto& row : batch.rows) {
        const auto end = next + row.alerts;
        std::vector<std::optional<domain::Verdict>> at_index;
        if (end > next) at_index.resize(batch.alerts[end - 1].position.index + std::size_t{1});
        for (; next < end; ++next) {
            if (verdicts[next].over_budget) ++over_budget;
            at_index[batch.alerts[next].position.index] = verdicts[next];
        }
        encoded.emplace_back(row.position, journal::encode_verdicts(at_index));
    }
    return encoded;
}

/// Most alerts of one rule fail alike.
void count(JudgedRow& row, rules::Evaluation::Failure&& failure)
{
    auto& [rule, times, error] = row.failures[failure.rule_id];
    rule = failure.rule_id;
    ++times;
    error = std::move(failure.error);
}

std::string no_room_for_a_note()
{
    return "note: the notes of alerts that came together have " + std::to_string(JudgedRow::kMostNoteBytes) +
           " bytes already, the limit";
}

/// Of more than may be recorded the first ones are, as if the others had taken no memory.
template <typename Match>
void cut(std::vector<Match>& matches, JudgedRow& row)
{
    for (auto i = domain::kMostRecordedMatches; i < matches.size(); ++i) ++row.unrecorded[matches[i].rule_id];
    matches = std::vector<Match>(matches.begin(), matches.begin() + domain::kMostRecordedMatches);
}

/// What dropped the alert is always recorded, and in its place.
void keep_matches(rules::Evaluation& evaluation, JudgedRow& row)
{
    auto& matches = evaluation.matches;
    if (evaluation.shadows.size() > domain::kMostRecordedMatches) cut(evaluation.shadows, row);
    if (matches.size() <= domain::kMostRecordedMatches) return;
    evaluation.more_matches = matches.size() - domain::kMostRecordedMatches;
    if (evaluation.dropped) std::swap(matches[domain::kMostRecordedMatches - 1], matches.back());
    cut(matches, row);
}

/// Leaves out notes of alerts that follow another of their key.
void make_room(std::size_t bytes, FoldBatch& batch, JudgedRow& row)
{
    const auto& here = batch.alerts[batch.judged].position;
    for (; row.note_bytes + bytes > JudgedRow::kMostNoteBytes && !row.spare_notes.empty(); row.spare_notes.pop_back()) {
        const domain::AlertPosition position{.row = here.row, .index = row.spare_notes.back()};
        auto& evaluation =
            std::ranges::lower_bound(batch.alerts, position, {}, &triage::Evaluated::position)->evaluation;
        auto notes = std::exchange(evaluation.notes, {});
        row.note_bytes -= std::exchange(evaluation.note_bytes, 0);
        for (const auto& note : notes) count(row, {note.rule_id, no_room_for_a_note()});
    }
}

/// Notes that have no room are left out, and those of what opens no ticket.
void keep_notes(FoldBatch& batch, JudgedRow& row)
{
    auto& [position, alert, evaluation, cover, sides, names, ticket_index] = batch.alerts[batch.judged];
    if (evaluation.notes.empty()) return;
    if (alert.status != domain::AlertStatus::firing || evaluation.dropped) {
        static_cast<void>(std::exchange(evaluation.notes, {}));
        evaluation.note_bytes = 0;
        return;
    }
    const bool is_first = row.noted_keys.insert(std::hash<std::string>()(alert.dedup_key)).second;
    if (is_first) make_room(evaluation.note_bytes, batch, row);
    for (auto& notes = evaluation.notes;
         row.note_bytes + evaluation.note_bytes > JudgedRow::kMostNoteBytes && !notes.empty(); notes.pop_back()) {
        evaluation.note_bytes -= notes.back().text.size();
        count(row, {notes.back().rule_id, no_room_for_a_note()});
    }
    row.note_bytes += evaluation.note_bytes;
    if (!is_first && !evaluation.notes.empty()) row.spare_notes.push_back(position.index);
}

/// What of the evaluation of the alert that was just judged is the row's, and not the alert's: what failed is only
/// counted, and so is what matched beyond what is recorded.
void keep(FoldBatch& batch, JudgedRow& row)
{
    auto& evaluation = batch.alerts[batch.judged].evaluation;
    for (auto* failures : {&evaluation.failures, &evaluation.shadow_failures}) {
        if (failures->empty()) continue;            // as nearly always
        auto taken = std::exchange(*failures, {});  // whose memory goes, too
        for (auto& failure : taken) count(row, std::move(failure));
    }
    keep_matches(evaluation, row);
    keep_notes(batch, row);
}

void count_rules(const FoldBatch& batch, const std::vector<triage::Evaluated>& alerts, ports::TriageWrites& writes)
{
    if (batch.policy->rules->size() == 0) return;
    std::unordered_map<RuleId, std::int64_t> matches;
    for (const auto& alert : alerts) {
        for (const auto& match : alert.evaluation.matches) ++matches[match.rule_id];
        for (const auto& rule : alert.evaluation.shadows) ++matches[rule.rule_id];
    }
    std::unordered_map<RuleId, ports::RuleFailures> failures;
    for (const auto& row : batch.begun_rows) {
        for (const auto& [id, times] : row.unrecorded) matches[id] += times;
        for (const auto& [id, failed] : row.failures) {
            auto& [rule, times, error] = failures[id];
            rule = id;
            times += failed.times;
            error = failed.error;
        }
    }
    for (auto& [id, failed] : failures) writes.rule_failures.push_back(std::move(failed));
    writes.rule_matches.assign(matches.begin(), matches.end());
    std::ranges::sort(writes.rule_matches);
}

}  // namespace

void take_alerts(FoldBatch& batch, PendingRow& row) noexcept
{
    for (auto& [index, alert] : row.row.alerts) {
        batch.alerts.emplace_back(domain::AlertPosition{.row = row.row.position, .index = index}, std::move(alert));
    }
}

bool judge(FoldBatch& batch, const std::function<bool()>& is_over)
{
    if (batch.mode != FoldBatch::Mode::fold) return true;
    const auto& rules = *batch.policy->rules;
    const auto& suppressions = *batch.policy->suppressions;
    std::size_t row = 0;
    std::size_t note_bytes = 0;  // of the rows before
    std::size_t unrecorded = 0;
    std::size_t sides = 0;
    while (batch.judged < batch.alerts.size()) {
        auto& each = batch.alerts[batch.judged];
        const auto* const before = batch.judged == 0 ? nullptr : &batch.alerts[batch.judged - 1];
        const bool goes_on = before != nullptr && before->position.row == each.position.row;
        each.names = goes_on ? before->names : batch.policy->ids.row(each.position.row);
        for (; batch.rows[row].position != each.position.row; ++row) {
            if (row >= batch.begun_rows.size()) continue;
            note_bytes += batch.begun_rows[row].note_bytes;
            unrecorded += batch.begun_rows[row].unrecorded.size();
            sides += batch.begun_rows[row].sides;
        }
        if (batch.begun_rows.size() <= row) batch.begun_rows.resize(row + 1);
        if (rules.size() > 0) each.evaluation = rules.evaluate(each.alert, each.alert.received_at);
        cover(suppressions, each);
        find_sides(suppressions, each);
        auto& judged = batch.begun_rows[row];
        judged.sides += each.sides.size();
        const auto& budget = each.evaluation.budget;
        if (budget.over) ++(budget.deadline.has_passed() ? judged.over_time : judged.over_steps);
        if (rules.size() > 0) keep(batch, judged);
        const bool is_full = row > 0 && (note_bytes + judged.note_bytes >= JudgedRow::kMostNoteBytes ||
                                         unrecorded + judged.unrecorded.size() >= JudgedRow::kMostUnrecorded ||
                                         sides + judged.sides >= JudgedRow::kMostSides);
        if (++batch.judged < batch.alerts.size() && (is_full || is_over())) return false;
    }
    return true;
}

std::size_t judged_rows(const FoldBatch& batch) noexcept
{
    std::size_t alerts = 0;
    std::size_t rows = 0;
    while (rows < batch.rows.size() && alerts + batch.rows[rows].alerts <= batch.judged) {
        alerts += batch.rows[rows++].alerts;
    }
    return rows;
}

Decision decide(const FoldBatch& batch, triage::States states, std::size_t most_deliveries,
                const std::function<void()>& progress)
{
    const auto got_on = [&] {
        if (progress) progress();
    };
    Decision decision;
    auto& writes = decision.writes;
    if (batch.mode == FoldBatch::Mode::quarantine) return set_aside(batch, std::move(states));
    std::vector<triage::Evaluated> inhibited;
    const auto* judged = &batch.alerts;
    if (batch.mode != FoldBatch::Mode::fold) {
        writes.outcome.next_number = states.next_number;
        if (batch.mode == FoldBatch::Mode::skip) return decision;
        writes.outcome.verdicts.resize(batch.alerts.size());  // "ignored" by default
    } else {
        // A fold that is repeated may have to wait for an operator to mend the route that it takes.
        const auto& config = batch.current->config;
        const auto& suppressions = *batch.policy->suppressions;
        const bool inhibits = !suppressions.inhibitions().empty();
        // A copy, because the batch is decided anew where it could not be stored, by other sources perhaps.
        if (inhibits) {
            inhibited = batch.alerts;
            writes.sources = inhibit(suppressions, std::move(states.sources), inhibited, progress);
            judged = &inhibited;
        }
        const auto& alerts = *judged;
        got_on();
        writes.outcome = triage::fold(alerts, std::move(states), config.settings);
        got_on();
        routing::Planner planner(config);
        for (const auto& notice : writes.outcome.notices) {
            decision.deliveries += planner.recipients(notice).size();
        }
        if (decision.deliveries > most_deliveries) {
            writes = {};
            decision.declined = true;
            return decision;
        }
        writes.deliveries = planner.plan(writes.outcome.notices);
        got_on();
        count_rules(batch, alerts, writes);
        got_on();
        writes.noise = count_noise(alerts, batch.policy->ids, writes.outcome, writes.deliveries);
        got_on();
        keep_covers(alerts, batch.policy->config.tenant.config_version, writes);
    }
    got_on();
    writes.verdict_rows = verdict_rows(batch, writes.outcome.verdicts, decision.over_budget);
    if (decision.over_budget > 0) decision.sequel = overruns(*judged, batch.policy, batch.current);
    got_on();
    return decision;
}

triage::StateKeys keys_of(const FoldBatch& batch)
{
    if (batch.mode == FoldBatch::Mode::quarantine) return triage::keys_of(set_aside_notice(batch));
    if (batch.mode != FoldBatch::Mode::fold) return {};
    auto keys = triage::keys_of(batch.alerts);
    keys.sources = source_keys(*batch.policy->suppressions, batch.alerts);
    return keys;
}

FoldBatch room_behind(const FoldBatch& batch, std::size_t rows)
{
    FoldBatch second;
    second.tenant = batch.tenant;
    second.policy = batch.policy;
    second.current = batch.current;
    second.tried = batch.tried;
    second.rows.assign(batch.rows.begin() + static_cast<std::ptrdiff_t>(rows), batch.rows.end());
    second.begun_rows.reserve(second.rows.size());
    std::size_t alerts = 0;
    for (const auto& row : second.rows) alerts += row.alerts;
    second.alerts.reserve(alerts);
    return second;
}

void split(FoldBatch& batch, FoldBatch& second) noexcept
{
    std::size_t moved = 0;
    for (const auto& row : second.rows) moved += row.alerts;
    const auto first = batch.alerts.size() - moved;
    const auto at = batch.alerts.begin() + static_cast<std::ptrdiff_t>(first);
    second.alerts.assign(std::make_move_iterator(at), std::make_move_iterator(batch.alerts.end()));
    second.judged = batch.judged - std::min(batch.judged, first);
    batch.rows.erase(batch.rows.end() - static_cast<std::ptrdiff_t>(second.rows.size()), batch.rows.end());
    if (batch.begun_rows.size() > batch.rows.size()) {
        const auto from = batch.begun_rows.begin() + static_cast<std::ptrdiff_t>(batch.rows.size());
        second.begun_rows.assign(std::make_move_iterator(from), std::make_move_iterator(batch.begun_rows.end()));
        batch.begun_rows.erase(from, batch.begun_rows.end());
    }
    batch.alerts.erase(at, batch.alerts.end());
    batch.judged = std::min(batch.judged, first);
    batch.failures = batch.timeouts = 0;
}

std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied)
{
    std::size_t alerts = 0;
    std::size_t rows = 0;
    while (rows < batch.rows.size() && batch.rows[rows].position.seq <= applied) alerts += batch.rows[rows++].alerts;
    std::vector<RowMark> dropped(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.rows.erase(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.alerts.erase(batch.alerts.begin(), batch.alerts.begin() + static_cast<std::ptrdiff_t>(alerts));
    batch.judged -= std::min(batch.judged, alerts);
    const auto begun = static_cast<std::ptrdiff_t>(std::min(rows, batch.begun_rows.size()));
    batch.begun_rows.erase(batch.begun_rows.begin(), batch.begun_rows.begin() + begun);
    return dropped;
}

}  // namespace winnow::pipeline

#include "pipeline/noise/noise.hpp"

#include "winnow/base/ordered_text.hpp"
#include "winnow/domain/noise_key.hpp"
#include "winnow/domain/position.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace winnow::pipeline {

namespace {

using domain::Disposition;
using domain::NoiseCounts;
using domain::NoiseKind;
using domain::NoiseRow;

/// Keys refer to the batch: they are read from it a hundred thousand times a second.
using ByText = boost::unordered_flat_map<std::string_view, NoiseCounts, std::hash<std::string_view>>;

struct Hour {
    NoiseCounts total;
    std::unordered_map<RuleId, NoiseCounts> rules;
    ByText sources;
    ByText services;
};

class Counter {
public:
    Hour& at(Timestamp when)
    {
        const Timestamp hour = std::chrono::floor<std::chrono::hours>(when);
        if (last_ == nullptr || hour != last_hour_) {
            last_ = &hours_[hour];
            last_hour_ = hour;
        }
        return *last_;
    }

    [[nodiscard]] std::vector<NoiseRow> rows() const
    {
        std::vector<NoiseRow> rows;
        for (const auto& [hour, counts] : hours_) {
            rows.push_back({hour, NoiseKind::total, {}, counts.total});
            for (const auto& [rule, of_rule] : counts.rules)
                rows.push_back({hour, NoiseKind::rule, rule.str(), of_rule});
            add(hour, NoiseKind::source, counts.sources, rows);
            add(hour, NoiseKind::service, counts.services, rows);
        }
        return rows;
    }

private:
    /// One batch needs no more keys than are kept of a whole hour.
    static void add(Timestamp hour, NoiseKind kind, const ByText& counts, std::vector<NoiseRow>& rows)
    {
        std::vector<std::pair<OrderedText, const NoiseCounts*>> keys;
        keys.reserve(counts.size());
        for (const auto& [key, of_key] : counts) keys.emplace_back(OrderedText(key), &of_key);
        // What is beyond the limit is counted together, in whatever order.
        const auto kept = keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), domain::kMaxNoiseKeys));
        const auto comes_first = [](const auto& a, const auto& b) {
            return std::tie(b.second->received, a.first) < std::tie(a.second->received, b.first);
        };
        std::ranges::nth_element(keys, kept, comes_first);
        std::ranges::sort(keys.begin(), kept, comes_first);
        NoiseRow others{hour, kind, std::string(domain::kOtherKeys), {}};
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto& [key, of_key] = keys[i];
            if (i < domain::kMaxNoiseKeys) {
                rows.push_back({hour, kind, domain::noise_key(key.text()), *of_key});
            } else {
                others.counts += *of_key;
            }
        }
        if (keys.size() > domain::kMaxNoiseKeys) rows.push_back(std::move(others));
    }

    std::map<Timestamp, Hour> hours_;
    Hour* last_ = nullptr;
    Timestamp last_hour_;
};

void count(NoiseCounts& counts, Disposition disposition)
{
    ++counts.received;
    switch (disposition) {
        case Disposition::quarantined:  // in the ticket that says so
        case Disposition::ticketed: ++counts.ticketed; break;
        case Disposition::dropped: ++counts.dropped; break;
        case Disposition::suppressed: ++counts.suppressed; break;
        case Disposition::silenced: ++counts.silenced; break;
        case Disposition::inhibited: ++counts.inhibited; break;
        case Disposition::held: ++counts.held; break;
        case Disposition::resolved: ++counts.resolved; break;
        case Disposition::ignored: ++counts.ignored; break;
    }
}

/// The position of the alert that brought an event about, as triage writes its id into the event; none where time did.
std::optional<domain::AlertPosition> cause_of(const std::string& data, const domain::TenantIds& ids)
{
    constexpr std::string_view kMember = R"("alert_id":")";
    constexpr std::size_t kIdLength = 36;
    const auto at = data.find(kMember);
    if (at == std::string::npos) return std::nullopt;
    const auto id = AlertId::parse(std::string_view(data).substr(at + kMember.size(), kIdLength));
    return id ? ids.position(*id) : std::nullopt;
}

/// How many messages each alert of the batch brought about, by its index; the others are counted by their tickets.
std::vector<std::int64_t> messages(const std::vector<triage::Evaluated>& alerts, const domain::TenantIds& ids,
                                   const triage::Outcome& outcome, const std::vector<domain::Owed>& deliveries,
                                   Counter& counter)
{
    std::vector<std::int64_t> by_alert(alerts.size(), 0);
    std::map<std::pair<TicketId, std::int32_t>, std::int64_t> of_event;
    for (const auto& owed : deliveries) of_event[{owed.ticket_id, owed.event_seq}] += std::ssize(owed.to);
    for (const auto& notice : outcome.notices) {
        const auto found = of_event.find({notice.event.ticket_id, notice.event.seq});
        if (found == of_event.end()) continue;
        const auto cause = cause_of(notice.event.data, ids);
        const auto alert = cause
                               ? std::ranges::lower_bound(alerts, *cause, {}, &triage::Evaluated::position)  // in order
                               : alerts.end();
        if (alert != alerts.end() && alert->position == *cause) {
            by_alert[static_cast<std::size_t>(alert - alerts.begin())] += found->second;
            continue;
        }
        auto& hour = counter.at(notice.event.at);
        hour.total.notified += found->second;
        hour.sources[notice.ticket.source].notified += found->second;
        hour.services[notice.ticket.service].notified += found->second;
    }
    return by_alert;
}

}  // namespace

std::vector<NoiseRow> count_noise(const std::vector<triage::Evaluated>& alerts, const domain::TenantIds& ids,
                                  const triage::Outcome& outcome, const std::vector<domain::Owed>& deliveries)
{
    Counter counter;
    const auto told = messages(alerts, ids, outcome, deliveries, counter);
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const auto& [position, alert, evaluation, cover, sides, names, ticket_index] = alerts[i];
        auto& hour = counter.at(alert.received_at);
        NoiseCounts one;
        count(one, outcome.verdicts[i].disposition);
        one.notified = told[i];
        for (const auto& match : evaluation.matches) hour.rules[match.rule_id] += one;
        bool drops = evaluation.would_drop;
        bool suppresses = evaluation.would_suppress;
        for (const auto& shadow : evaluation.shadows) {
            auto& counts = hour.rules[shadow.rule_id];
            counts += one;
            counts.would_drop += shadow.drops ? 1 : 0;
            counts.would_suppress += shadow.suppresses ? 1 : 0;
            drops = drops || shadow.drops;
            suppresses = suppresses || shadow.suppresses;
        }
        one.would_drop = drops ? 1 : 0;
        one.would_suppress = suppresses ? 1 : 0;
        hour.total += one;
        hour.sources[alert.source] += one;
        hour.services[alert.service] += one;
    }
    return counter.rows();
}

}  // namespace winnow::pipeline

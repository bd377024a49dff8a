#include "pipeline/noise.hpp"

#include "winnow/domain/position.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace winnow::pipeline {

namespace {

using domain::Disposition;
using domain::NoiseCounts;
using domain::NoiseKind;

class Counter {
public:
    NoiseCounts& at(Timestamp when, NoiseKind kind, const std::string& key)
    {
        const Timestamp hour = std::chrono::floor<std::chrono::hours>(when);
        return counts_[hour][static_cast<std::size_t>(kind)][key];
    }

    [[nodiscard]] std::vector<domain::NoiseRow> rows() const
    {
        std::vector<domain::NoiseRow> rows;
        for (const auto& [hour, kinds] : counts_) {
            for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
                for (const auto& [key, counts] : kinds[kind]) {
                    rows.push_back({hour, static_cast<NoiseKind>(kind), key, counts});
                }
            }
        }
        std::ranges::sort(rows, {}, [](const domain::NoiseRow& row) { return std::tie(row.hour, row.kind, row.key); });
        return rows;
    }

private:
    static constexpr std::size_t kKinds = 4;
    std::map<Timestamp, std::array<std::unordered_map<std::string, NoiseCounts>, kKinds>> counts_;
};

void count(NoiseCounts& counts, Disposition disposition)
{
    ++counts.received;
    switch (disposition) {
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

/// The id of the alert that brought an event about, as triage writes it into the event; "" where time did.
std::string_view cause_of(const std::string& data)
{
    constexpr std::string_view kMember = R"("alert_id":")";
    constexpr std::size_t kIdLength = 36;
    const auto at = data.find(kMember);
    return at == std::string::npos ? std::string_view() : std::string_view(data).substr(at + kMember.size(), kIdLength);
}

/// How many messages each alert of the batch brought about, by its index; the others are counted by their tickets.
std::vector<std::int64_t> messages(const std::vector<triage::Evaluated>& alerts, const triage::Outcome& outcome,
                                   const std::vector<domain::Delivery>& deliveries, Counter& counter)
{
    std::vector<std::int64_t> by_alert(alerts.size(), 0);
    if (deliveries.empty()) return by_alert;
    std::map<std::pair<TicketId, std::int32_t>, std::int64_t> of_event;
    for (const auto& delivery : deliveries) ++of_event[{delivery.ticket_id, delivery.event_seq}];
    std::unordered_map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < alerts.size(); ++i) index.emplace(domain::alert_id_at(alerts[i].position).str(), i);
    for (const auto& notice : outcome.notices) {
        const auto found = of_event.find({notice.event.ticket_id, notice.event.seq});
        if (found == of_event.end()) continue;
        const auto cause = index.find(std::string(cause_of(notice.event.data)));
        if (cause != index.end()) {
            by_alert[cause->second] += found->second;
            continue;
        }
        counter.at(notice.event.at, NoiseKind::total, {}).notified += found->second;
        counter.at(notice.event.at, NoiseKind::source, notice.ticket.source).notified += found->second;
        counter.at(notice.event.at, NoiseKind::service, notice.ticket.service).notified += found->second;
    }
    return by_alert;
}

}  // namespace

std::vector<domain::NoiseRow> count_noise(const std::vector<triage::Evaluated>& alerts, const triage::Outcome& outcome,
                                          const std::vector<domain::Delivery>& deliveries)
{
    Counter counter;
    const auto told = messages(alerts, outcome, deliveries, counter);
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const auto& [position, alert, evaluation, cover] = alerts[i];
        const auto disposition = outcome.verdicts[i].disposition;
        const auto add = [&](NoiseKind kind, const std::string& key) -> NoiseCounts& {
            auto& counts = counter.at(alert.received_at, kind, key);
            count(counts, disposition);
            counts.notified += told[i];
            return counts;
        };
        auto& total = add(NoiseKind::total, {});
        auto& source = add(NoiseKind::source, alert.source);
        auto& service = add(NoiseKind::service, alert.service);
        for (const auto& match : evaluation.matches) add(NoiseKind::rule, match.rule_id.str());
        bool drops = false;
        bool suppresses = false;
        for (const auto& effect : evaluation.shadows) {
            auto& counts = add(NoiseKind::rule, effect.rule_id.str());
            counts.would_drop += effect.drops ? 1 : 0;
            counts.would_suppress += effect.suppresses ? 1 : 0;
            drops = drops || effect.drops;
            suppresses = suppresses || effect.suppresses;
        }
        for (auto* counts : {&total, &source, &service}) {
            counts->would_drop += drops ? 1 : 0;
            counts->would_suppress += suppresses ? 1 : 0;
        }
    }
    return counter.rows();
}

}  // namespace winnow::pipeline

#include "pg/noise/columns.hpp"

#include "winnow/domain/noise_key.hpp"

namespace winnow::pg {

std::string noise_columns(std::string_view form)
{
    std::string list;
    const auto add = [&](std::string_view column) {
        if (!list.empty()) list += ", ";
        for (const auto c : form) {
            if (c == '%') {
                list += column;
            } else {
                list += c;
            }
        }
    };
    add("received");
    for (const auto& outcome : kOutcomes) add(outcome.column);
    return list;
}

std::string expanded_noise(const std::string& from)
{
    std::string received;
    std::string rest;
    for (const auto& outcome : kOutcomes) {
        const auto name = "'" + std::string(outcome.column) + "'";
        if (outcome.is_disposition) received += (received.empty() ? "" : ", ") + name;
        rest += ", case e.outcome when " + name + " then e.n else 0 end as " + outcome.column;
    }
    // Whatever stands in the delta: one that an older program wrote may be longer than an index takes.
    const auto key = "case when octet_length(e.key) <= " + std::to_string(domain::kMaxNoiseKeyBytes) +
                     " then e.key else noise_key(e.key) end as key";
    return "select d.tenant_id, d.hour, e.kind, " + key + ", case when e.outcome in (" + received +
           ") then e.n else 0 end as received" + rest + " from " + from +
           " d cross join lateral unnest(d.kinds, d.keys, d.outcomes, d.counts) as e(kind, key, outcome, n)";
}

}  // namespace winnow::pg

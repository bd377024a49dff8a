#include "pg/search/candidates.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"

#include <cstddef>
#include <string>

namespace winnow::pg {

std::optional<std::vector<TicketId>> find_candidates(pqxx::transaction_base& tx, const ports::TicketFilter& filter)
{
    constexpr std::size_t kMost = 10'000;
    if (filter.text.empty() && filter.labels.empty()) return std::nullopt;
    std::vector<std::string> labels;
    for (const auto& [name, value] : filter.labels) labels.push_back("l:" + name + "=" + value);
    const auto rows = query(tx, "select find_tickets($1, $2::text[], $3)", filter.text, array_of(labels), kMost + 1);
    if (static_cast<std::size_t>(rows.size()) > kMost) return std::nullopt;
    std::vector<TicketId> found;
    found.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) found.push_back(id_of<TicketId>(row[0]));
    return found;
}

}  // namespace winnow::pg

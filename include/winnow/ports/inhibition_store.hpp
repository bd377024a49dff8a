#pragma once

/// @file
/// A tenant's inhibitions, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/ports/silence_store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct StoredInhibition {
    domain::Inhibition inhibition;
    CoverStats stats;
    std::optional<domain::JudgeCost> cost = {};  ///< Where this version was an alert's dearest over its budget.
};

/// A live ticket that the source side finds.
struct SourceTicket {
    TicketId ticket_id;
    std::string equal;
    bool two_sided = false;
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class InhibitionStore {
public:
    InhibitionStore() = default;
    InhibitionStore(const InhibitionStore&) = delete;
    InhibitionStore& operator=(const InhibitionStore&) = delete;
    virtual ~InhibitionStore() = default;

    [[nodiscard]] virtual Result<std::vector<StoredInhibition>> page(std::optional<InhibitionId> after,
                                                                     std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<domain::Inhibition>> all() = 0;
    /// `not_found` where the tenant has no such inhibition.
    [[nodiscard]] virtual Result<StoredInhibition> find(InhibitionId id) = 0;
    /// `conflict` where another inhibition has the name.
    [[nodiscard]] virtual Result<Done> insert(const domain::Inhibition& inhibition) = 0;
    [[nodiscard]] virtual Result<Done> update(const domain::Inhibition& inhibition) = 0;
    [[nodiscard]] virtual Result<Done> remove(InhibitionId id) = 0;

    /// Forgets the inhibition's sources and takes these instead: each ticket's firing instances, or where it has none,
    /// its dedup key.
    [[nodiscard]] virtual Result<Done> replace_sources(InhibitionId id, const std::vector<SourceTicket>& tickets) = 0;
};

}  // namespace winnow::ports

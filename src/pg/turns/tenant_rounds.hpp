#pragma once

/// @file
/// Work for all tenants in one statement, that no tenant can spoil for the others. Private to pg.

#include "pg/session/session_pool.hpp"
#include "winnow/fair/setbacks.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// The tenants from that of `first` to `last`. A walk along a key goes on behind (first, second, third).
struct Stretch {
    std::string first = Uuid().str();
    std::string second = Uuid().str();
    std::string third = {};
    std::string last = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};

/// Whether a failure may be one tenant's data's, or somebody's who is in one tenant's way: not the database's as a
/// whole.
[[nodiscard]] bool may_be_one_tenants(const Error& error) noexcept;

/// One attempt takes all tenants at once, which is what it costs while nothing fails. Where one fails for what may be a
/// tenant's data, the tenants are halved, and so on, each part in a transaction of its own, until it stands alone: the
/// others' work is done, and that tenant is left out for a minute, then for twice as long each time, up to an hour.
class TenantRounds {
public:
    /// Does a bounded part of the work of `stretch`'s tenants but those in `without` (a uuid[] literal). With `more`
    /// it is called again with the stretch as it left it. nullopt: another node is at it, and nothing was tried.
    using Attempt = std::function<std::optional<ports::ChoreStep>(pqxx::transaction_base&, Stretch& stretch,
                                                                  const std::string& without)>;

    /// `name`: in the log. `pauses`: of those for whom it fails.
    explicit TenantRounds(std::string_view name, fair::SetbackPauses pauses = {}) : name_(name), setbacks_(pauses) {}

    /// One attempt in one transaction. An error is the database's: nobody is left out for it.
    Result<ports::ChoreStep> step(const Sessions& pool, const Attempt& attempt);

private:
    using Clock = std::chrono::steady_clock;

    void begin();
    Result<ports::ChoreStep> part(const Sessions& pool, const Error& error);
    ports::ChoreStep told(ports::ChoreStep step) const;
    ports::ChoreStep refused();

    std::string name_;
    fair::Setbacks setbacks_;
    std::vector<Stretch> stretches_;  ///< Yet to do in this round, the next one last.
};

}  // namespace winnow::pg

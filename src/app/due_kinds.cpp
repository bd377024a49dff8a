#include "app/due_kinds.hpp"

#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/identity/credential_uses.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pg/hold_store.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/search_index.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/export_runner.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/pipeline/housekeeping.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace winnow::app {

struct DueKinds::Stores {
    explicit Stores(const pg::Sessions& sessions)
        : hold(pg::make_hold_store(sessions)),
          quiet(pg::make_quiet_store(sessions)),
          search(pg::make_search_index(sessions))
    {
    }

    std::unique_ptr<ports::HoldStore> hold;
    std::unique_ptr<ports::QuietStore> quiet;
    std::unique_ptr<ports::SearchIndex> search;
};

DueKinds::DueKinds(const DueParts& parts) : parts_(parts), stores_(std::make_unique<const Stores>(parts.sessions)) {}

DueKinds::~DueKinds() = default;

std::vector<std::unique_ptr<ports::DueKind>> DueKinds::make() const
{
    using std::chrono::milliseconds;
    constexpr milliseconds kSecond{1'000};
    auto& policies = parts_.policies;
    auto& metrics = parts_.metrics;
    const pipeline::OutboxChanged owes = [&dispatcher = parts_.dispatcher] {
        dispatcher.poke();
    };

    auto kinds = parts_.upkeep.kinds();
    kinds.push_back(pipeline::make_hold_kind(*stores_->hold, policies, owes, milliseconds{250}, metrics));
    kinds.push_back(pipeline::make_quiet_kind(*stores_->quiet, policies, owes, kSecond, metrics));
    kinds.push_back(pipeline::make_expiry_kind(parts_.triage_store, policies, owes, kSecond, metrics));
    kinds.push_back(pipeline::make_quiet_silence_kind(*stores_->quiet, kSecond, metrics));
    kinds.push_back(pipeline::make_quiet_source_kind(*stores_->quiet, kSecond));
    const auto remind = [&](std::string_view name, std::function<void()> loop) {
        kinds.push_back(pipeline::make_reminder_kind(name, std::move(loop), kSecond));
    };
    remind("delivery", [&dispatcher = parts_.dispatcher] { dispatcher.remind(); });
    remind("backtest", [&backtests = parts_.backtests] { backtests.poke(); });
    remind("export", [&exports = parts_.exports] { exports.poke(); });
    remind("takeover", [&housekeeping = parts_.housekeeping] { housekeeping.poke(); });
    remind("configuration", [&policies] { policies.compare(); });
    kinds.push_back(pipeline::make_search_kind(*stores_->search, kSecond, metrics));
    kinds.push_back(parts_.uses.make_kind());

    if (const auto name = pipeline::first_never_due(kinds, pg::kinds_on_board())) {
        throw std::logic_error("the board tells nothing of " + *name + ", which waits for it");
    }
    return kinds;
}

}  // namespace winnow::app

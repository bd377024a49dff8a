#include "app/due_kinds.hpp"

#include "winnow/api/denials.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/dispatch/server_mails.hpp"
#include "winnow/identity/credential_uses.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pg/hold_store.hpp"
#include "winnow/pg/quiet_store.hpp"
#include "winnow/pg/search_index.hpp"
#include "winnow/pg/source_network_trials.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/pipeline/export_runner.hpp"
#include "winnow/pipeline/import_runner.hpp"
#include "winnow/pipeline/stream_keeper.hpp"
#include "winnow/vault/key_ring.hpp"

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
          search(pg::make_search_index(sessions)),
          trials(pg::make_source_network_trials(sessions))
    {
    }

    std::unique_ptr<ports::HoldStore> hold;
    std::unique_ptr<ports::QuietStore> quiet;
    std::unique_ptr<ports::SearchIndex> search;
    std::unique_ptr<ports::SourceNetworkTrials> trials;
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
    remind("server_mail", [&mails = parts_.server_mails] { mails.remind(); });
    remind("backtest", [&backtests = parts_.backtests] { backtests.poke(); });
    remind("export", [&exports = parts_.exports] { exports.poke(); });
    remind("import", [&imports = parts_.imports] { imports.poke(); });
    remind("takeover", [&stream_keeper = parts_.stream_keeper] { stream_keeper.poke(); });
    remind("configuration", [&policies] { policies.compare(); });
    kinds.push_back(pipeline::make_search_kind(*stores_->search, kSecond, metrics));
    kinds.push_back(pipeline::make_source_networks_kind(*stores_->trials, kSecond));
    kinds.push_back(parts_.uses.make_kind());
    kinds.push_back(parts_.refused.make_kind());
    kinds.push_back(parts_.denials.make_kind(parts_.database));
    if (parts_.vault != nullptr) kinds.push_back(parts_.vault->make_kind());

    if (const auto name = pipeline::first_never_due(kinds, pg::kinds_on_board())) {
        throw std::logic_error("the board tells nothing of " + *name + ", which waits for it");
    }
    return kinds;
}

}  // namespace winnow::app

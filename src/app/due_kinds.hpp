#pragma once

/// @file
/// All kinds of a node's clock, in the order in which it asks them, with the stores that only they use.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <memory>
#include <vector>

namespace winnow::api {
class Denials;
}
namespace winnow::dispatch {
class Dispatcher;
class ServerMails;
}  // namespace winnow::dispatch
namespace winnow::identity {
class CredentialUses;
class RefusedAccesses;
}  // namespace winnow::identity
namespace winnow::observe {
class Metrics;
}
namespace winnow::pipeline {
class BacktestRunner;
class ExportRunner;
class ImportRunner;
class ConfigCache;
class StreamKeeper;
class Upkeep;
}  // namespace winnow::pipeline
namespace winnow::ports {
class TenantDatabase;
class TriageStore;
}  // namespace winnow::ports
namespace winnow::vault {
class KeyRing;
}

namespace winnow::app {

/// A node's parts that kinds are made of. All must outlive DueKinds and what it made.
struct DueParts {
    const pg::Sessions& sessions;  ///< Of the pipeline's role.
    ports::TriageStore& triage_store;
    pipeline::ConfigCache& policies;
    dispatch::Dispatcher& dispatcher;
    dispatch::ServerMails& server_mails;
    pipeline::BacktestRunner& backtests;
    pipeline::ExportRunner& exports;
    pipeline::ImportRunner& imports;
    pipeline::StreamKeeper& stream_keeper;
    pipeline::Upkeep& upkeep;
    identity::CredentialUses& uses;
    identity::RefusedAccesses& refused;
    api::Denials& denials;
    ports::TenantDatabase& database;
    vault::KeyRing* vault = nullptr;  ///< Null without one.
    observe::Metrics& metrics;
};

class DueKinds {
public:
    explicit DueKinds(const DueParts& parts);
    ~DueKinds();
    DueKinds(const DueKinds&) = delete;
    DueKinds& operator=(const DueKinds&) = delete;

    /// All that waits for its time; when each is due says the board (src/pg/time/due_board.cpp). They use the stores of
    /// this object, which must outlive them. Throws std::logic_error where one waits for a board that does not tell of
    /// it.
    [[nodiscard]] std::vector<std::unique_ptr<ports::DueKind>> make() const;

private:
    struct Stores;
    const DueParts parts_;
    const std::unique_ptr<const Stores> stores_;
};

}  // namespace winnow::app

#pragma once

/// @file
/// All kinds of a node's clock, in the order in which it asks them, with the stores that only they use.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/due_kind.hpp"

#include <memory>
#include <vector>

namespace winnow::dispatch {
class Dispatcher;
}
namespace winnow::identity {
class CredentialUses;
}
namespace winnow::observe {
class Metrics;
}
namespace winnow::pipeline {
class BacktestRunner;
class ExportRunner;
class ConfigCache;
class Housekeeping;
class Upkeep;
}  // namespace winnow::pipeline
namespace winnow::ports {
class TriageStore;
}

namespace winnow::app {

/// A node's parts that kinds are made of. All must outlive DueKinds and what it made.
struct DueParts {
    const pg::Sessions& sessions;  ///< Of the pipeline's role.
    ports::TriageStore& triage_store;
    pipeline::ConfigCache& policies;
    dispatch::Dispatcher& dispatcher;
    pipeline::BacktestRunner& backtests;
    pipeline::ExportRunner& exports;
    pipeline::Housekeeping& housekeeping;
    pipeline::Upkeep& upkeep;
    identity::CredentialUses& uses;
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

#pragma once

/// @file
/// A dead writer's rows, folded one by one in a process of their own, so that one which ends its process is known for
/// certain and ends nothing else (docs/decisions/rows-on-trial.md).

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/position.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {
class ConfigStore;
class JournalStreams;
class TriageStore;
}  // namespace winnow::ports

namespace winnow::pipeline {

/// A row of one stream.
struct TriedRow {
    TenantId tenant;
    std::uint64_t seq = 0;

    friend auto operator<=>(const TriedRow&, const TriedRow&) = default;
};

/// What a process is to do.
struct TrialOrder {
    domain::StreamId stream = 0;
    std::uint64_t rows = 0;  ///< At most, of those that are not applied, in the order of the stream.

    struct SetAside {
        TriedRow row;
        bool unread = false;  ///< Without being decoded: that has ended processes, too.
    };
    std::vector<SetAside> aside;  ///< Those of them that are not judged.

    std::vector<TenantId> last = {};  ///< Whose rows are tried when all others' are, a tenant at a time.
    std::vector<TenantId> left = {};  ///< Whose rows are left as they are.
};

/// How far it has come.
struct TrialReport {
    enum class State : std::uint8_t {
        running,
        passed,   ///< All of it is done.
        slow,     ///< The row was not stored in time, nor did it work meanwhile, which tells nothing about it. None:
                  ///< no rows are to be had.
        stopped,  ///< The process ended, but not by itself: it was told to, or could not even start.
        died,     ///< It ended by itself: a signal that is a defect's, no memory, or an exit in the middle.
    };
    State state = State::running;
    std::optional<TriedRow> at = {};  ///< The row that it is, or was, at.
    bool reading = false;             ///< It only decodes that row yet.
    std::uint64_t steps = 0;          ///< Grows while it gets on, or works.
    std::uint64_t alerts = 0;         ///< Of rows that were applied.
    std::vector<TriedRow> set_aside = {};
};

/// Where such processes run, one at a time. It ends with its owner, however that ends. Not thread-safe.
class TrialBench {
public:
    TrialBench() = default;
    TrialBench(const TrialBench&) = delete;
    TrialBench& operator=(const TrialBench&) = delete;
    virtual ~TrialBench() = default;

    /// Errors: `unavailable`: no process is to be had.
    [[nodiscard]] virtual Result<Done> start(const TrialOrder& order) = 0;
    /// Does not wait. Once it says other than `running` it goes on saying so.
    [[nodiscard]] virtual TrialReport look() = 0;
    /// Ends it, if it is not.
    virtual void stop() = 0;
};

/// Which program the processes run: this one itself, with other arguments. It calls try_rows().
struct TrialProgram {
    std::vector<std::string> arguments;  ///< The program's name is the first of them.
    std::string settings;                ///< One line, the first one that it reads on standard input; may hold secrets.
};
[[nodiscard]] std::unique_ptr<TrialBench> make_trial_bench(TrialProgram program);

/// A line of standard input, which nothing else reads; "" at its end.
[[nodiscard]] std::string next_trial_line();

/// The kernel, where it has no memory left, is to end this process rather than any other.
void volunteer_to_end();

/// What a row may take there.
struct TrialLimits {
    std::chrono::milliseconds hung_turn{30'000};  ///< Of processor time: TriageOptions::hung_turn, and so for reading.
    /// To be stored, or until the database answers. Who spends a fiftieth of it on a processor works, and has as long
    /// again: until it is done, or hangs, however little of a processor it gets.
    std::chrono::milliseconds waiting{60'000};
};

/// The process's own part, after it has read its settings: reads the order, does it, and ends the process. Ends it at
/// once when its owner ends. Call it on the only thread.
/// @param public_url  as its owner's: where links lead in what the rows come to owe.
[[noreturn]] void try_rows(ports::JournalStreams& streams, ports::TriageStore& store, ports::ConfigStore& configs,
                           const domain::AlertIds& ids, const std::string& public_url, TrialLimits limits);

}  // namespace winnow::pipeline

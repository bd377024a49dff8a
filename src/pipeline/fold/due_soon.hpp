#pragma once

/// @file
/// Whether a fold stores what the clock may miss. Private to pipeline. Pure.

#include "winnow/base/time.hpp"
#include "winnow/ports/fold_transaction.hpp"

namespace winnow::pipeline {

/// Something that is stored waits for a time that is over at `by`. What waits longer is seen by the clock's next look,
/// before it is due.
[[nodiscard]] bool is_due_by(const ports::TriageWrites& writes, Timestamp by);

}  // namespace winnow::pipeline

#pragma once

/// @file
/// The provider's chain as lines, read while they are sent.

#include "api/calls/worker_threads.hpp"
#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"

#include <functional>

namespace winnow::api {

/// Has a job done that blocks; false, and the job untouched, where there is no room for it.
using HasDone = std::function<bool(WorkerThreads::Job&)>;

/// Records who exports it, and begins. `store` outlives the answer; `has_done` its last pull.
[[nodiscard]] Result<http::Response> export_provider_audit(const http::Request& request, ports::ProviderStore& store,
                                                           HasDone has_done);

}  // namespace winnow::api

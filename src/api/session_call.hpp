#pragma once

/// @file
/// Runs a resource's handler in a transaction of its tenant, and answers after the commit.

#include "api/route.hpp"
#include "api/router.hpp"

#include <memory>

namespace winnow::api {

/// Thread-safe.
class SessionCalls {
public:
    SessionCalls(ports::TenantDatabase& database, Services services)
        : database_(database), services_(std::move(services))
    {
    }

    /// A POST's Idempotency-Key is honoured: the first answer is stored with the work, and given again. The call keeps
    /// all that it needs, and may come to its turn after whoever started it is gone.
    void run(std::shared_ptr<const Route> route, PathParameters parameters, access::Principal who,
             http::Request request, http::ResponseSink sink);

private:
    ports::TenantDatabase& database_;
    const Services services_;
};

}  // namespace winnow::api

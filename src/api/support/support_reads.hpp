#pragma once

/// @file
/// What the provider's staff read of a tenant by a support grant: the customer's own routes, of which only those that
/// read, each noted in the tenant's audit log before it begins and in its access log before it is answered.

#include "api/audit/access_note.hpp"
#include "api/calls/router.hpp"
#include "api/calls/session_call.hpp"
#include "api/rates/rates.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <memory>

namespace winnow::api {

/// Thread-safe. What it is made of outlives every call.
class SupportReads {
public:
    SupportReads(std::shared_ptr<const Router> router, std::shared_ptr<Rates> rates, ports::TenantDatabase& database,
                 SessionCalls& sessions, AccessLogs logs)
        : router_(std::move(router)), rates_(std::move(rates)), database_(database), sessions_(sessions), logs_(logs)
    {
    }

    /// GET or HEAD of a path below /api/v1. `who` is one of the staff by a grant, which is looked at again in each of
    /// the two transactions: nothing is read of a moment at which it was over. Never blocks; `sink` is called once,
    /// from any thread.
    void run(access::Principal who, http::Request request, http::ResponseSink sink) const;

private:
    [[nodiscard]] const RouteEntry* admitted(const access::Principal& who, const http::Request& request,
                                             const Router::Match& match, http::ResponseSink& sink) const;

    const std::shared_ptr<const Router> router_;
    const std::shared_ptr<Rates> rates_;
    ports::TenantDatabase& database_;
    SessionCalls& sessions_;
    const AccessLogs logs_;
};

}  // namespace winnow::api

#pragma once

/// @file
/// What tenants are told of calls: the access log, and what was refused, for it and for the audit log.

#include "app/config/config.hpp"
#include "winnow/api/denials.hpp"
#include "winnow/base/result.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <memory>

namespace winnow::app {

/// Answers wait for it: it goes after whoever makes them.
class CallLogs {
public:
    /// `pipeline` is of the role winnow_pipeline; it and `metrics` outlive this.
    CallLogs(const Config& config, const pg::Sessions& pipeline, observe::Metrics& metrics);

    [[nodiscard]] ports::AccessRecords& records() noexcept { return *records_; }
    [[nodiscard]] identity::RefusedAccesses& refused() noexcept { return refused_; }
    [[nodiscard]] api::Denials& denials() noexcept { return denials_; }

    /// What is noted and not stored yet, at the end of a node. Blocking.
    void store_rest(ports::TenantDatabase& database);

private:
    std::unique_ptr<ports::RefusedAccessStore> refused_store_;
    identity::RefusedAccesses refused_;
    api::Denials denials_;
    std::unique_ptr<ports::AccessRecords> records_;
};

}  // namespace winnow::app

#pragma once

/// @file
/// What known callers were denied, on its way into their tenants' audit logs.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace winnow::api {

/// A request that was answered 403.
struct Denied {
    std::string operation;   ///< As docs/openapi.yaml names it.
    std::string code;        ///< Of the problem: "forbidden", "address_not_allowed".
    std::string address;     ///< From where it came.
    std::string request_id;  ///< Its own.
};

/// Denials are noted in memory and appended as records by a kind of the clock, equal ones (who, what, why, from where)
/// as one: the first after `first_after`, and while they go on what has gathered since, every `again_after`. Whoever
/// tries without end grows no log. Thread-safe. What was not appended is lost with a process that is killed.
class Denials {
public:
    struct Options {
        std::size_t most = 10'000;        ///< Different ones; of others nothing is noted until there is room.
        std::size_t most_of_caller = 50;  ///< Of one caller; its others are summed, whatever they are.
        std::chrono::milliseconds first_after{60'000};
        std::chrono::milliseconds again_after{3'600'000};
        std::function<Timestamp()> clock = {};  ///< Empty: the system's.
    };

    explicit Denials(Options options);
    ~Denials();
    Denials(const Denials&) = delete;
    Denials& operator=(const Denials&) = delete;

    /// Never waits. Alerts of a suspended tenant are nothing to note: its senders send on, and are told.
    void note(const access::Principal& who, const Denied& what);

    /// Appends all that is left, at the end of a node. What cannot be appended is logged, and lost. Blocking.
    void store_rest(ports::TenantDatabase& database);

    /// What appends them: `denials`, every minute. `this` and `database` must outlive it.
    [[nodiscard]] std::unique_ptr<ports::DueKind> make_kind(ports::TenantDatabase& database);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::api

#pragma once

/// @file
/// REST calls as a node runs them once it knows who calls: by its router and its SessionCalls, on the tenants'
/// database. No HTTP, no keys, no rates.

#include "api/calls/router.hpp"
#include "api/calls/session_call.hpp"
#include "support/postgres.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {

/// An answer, all of it.
struct Answered {
    int status = 0;
    nlohmann::json body;  ///< Null where there is none or it is no JSON.
    std::string text;
    std::vector<http::Header> headers;

    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] std::string id() const { return body.value("id", ""); }
    /// "pointer: detail" of each error of a problem document.
    [[nodiscard]] std::vector<std::string> errors() const;
    /// The pointers alone.
    [[nodiscard]] std::vector<std::string> pointers() const;
};

/// What is asked for.
struct Asked {
    std::string_view method;
    std::string target;                      ///< Below /api/v1, or below /scim/ whole; with its query.
    nlohmann::json body = nullptr;           ///< Null: none.
    std::vector<http::Header> headers = {};  ///< Besides Content-Type.
};

/// Every route of the customer listener.
[[nodiscard]] const api::Router& customer_router();

/// The one of a node, with one session: whatever one call has left in it, the next one finds.
[[nodiscard]] std::unique_ptr<ports::TenantDatabase> tenant_database(const TestDatabase& database);

/// Runs `work` on a database thread, in a transaction of the tenant that is then rolled back, and waits for it. What it
/// throws is thrown here. `reads_only`: as ports::TenantDatabase::Terms has it.
void in_session(ports::TenantDatabase& database, TenantId tenant,
                const std::function<void(ports::TenantSession&)>& work, bool reads_only);

/// Used by one thread, which waits while others work.
class RestCalls {
public:
    /// Told of each page of a body, on the caller's thread, before the next one is asked for.
    using PageRead = std::function<void(std::string_view page)>;

    /// `database` and what `services` refer to outlive it.
    RestCalls(ports::TenantDatabase& database, api::Services services);

    /// The answer, with its body to the end. Where there is no route, or nobody answers in time, or the body breaks,
    /// the test fails with what was asked, and std::runtime_error is thrown.
    Answered call(const access::Principal& who, const Asked& asked, const PageRead& page_read = {});

private:
    api::SessionCalls calls_;
};

}  // namespace winnow::test

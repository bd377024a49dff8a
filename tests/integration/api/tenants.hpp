#pragma once

/// @file
/// A database with two tenants, and the REST API on it.

#include "support/postgres.hpp"
#include "support/rest/rest_calls.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/delivery/channel.hpp"
#include "winnow/vault/one_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {

/// Every route of the configuration resources: all that are not of tickets, alerts, deliveries
/// and directories.
[[nodiscard]] const std::vector<api::Route>& config_routes();

class Tenants : public testing::Test {
protected:
    using json = nlohmann::json;

    Tenants();

    /// As the caller. `headers`: If-Match and such.
    Answered call(std::string_view method, const std::string& target, const json& body = nullptr,
                  const std::vector<http::Header>& headers = {});
    Answered get(const std::string& target) { return call("GET", target); }
    Answered post(const std::string& target, const json& body) { return call("POST", target, body); }
    Answered put(const std::string& target, const json& body) { return call("PUT", target, body); }
    Answered patch(const std::string& target, const json& body) { return call("PATCH", target, body); }
    Answered remove(const std::string& target) { return call("DELETE", target); }
    Answered with_if_match(std::string_view method, const std::string& target, const json& body,
                           const std::string& etag);

    /// The database's own clock goes by it, which says whether keys are over.
    [[nodiscard]] static Timestamp system_time();

    /// Creates something and returns its id.
    std::string made(const std::string& collection, const json& body);
    std::string a_group(const std::string& name = "on call");

    /// Of one of our users, as if somebody had signed in, or set up one-time codes. Its id.
    std::string a_session(const std::string& user);
    std::string a_factor(const std::string& user);
    /// To our tenant alone. Its id.
    std::string an_announcement(const std::string& title);
    /// That waits for approval, with a reason of 20 characters or more. Its id.
    std::string a_support_grant(const std::string& reason);

    /// Goes on as another user, or in the other tenant.
    void become(const std::string& user, access::Role role) { become(ours_, user, role); }
    void become(TenantId tenant, const std::string& user, access::Role role);
    void become_theirs() { become(theirs_, their_admin_, access::Role::admin); }

    /// The first column of the first row.
    std::string sql(const std::string& statement);

    const TestDatabase database_ = PostgresCluster::instance().fresh_database();
    const TenantId ours_ = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
    const TenantId theirs_ = *TenantId::parse("0199c0de-0000-7000-8000-00000000000b");
    const std::string admin_ = "0199c0de-0000-7000-8000-0000000000a1";
    const std::string viewer_ = "0199c0de-0000-7000-8000-0000000000a2";
    const std::string their_admin_ = "0199c0de-0000-7000-8000-0000000000b1";
    const crypto::Sealer sealer_{std::string(32, 'k')};
    vault::OneKey sealing_{sealer_};
    Timestamp now_{std::chrono::milliseconds(1'795'413'600'000)};  // 2026-11-23T06:00:00Z
    access::Principal who_;
    domain::TenantLimits limits_;
    std::span<const ports::ContactType> contact_types_ = delivery::contact_types();

private:
    pqxx::connection superuser_{database_.superuser};
    std::uint64_t ids_made_ = 0;
    const std::unique_ptr<ports::TenantDatabase> tenants_ = tenant_database(database_);  // last: its threads use all
};

/// In CEL, true of every alert after some ten thousand steps: half of what one evaluation may cost.
[[nodiscard]] std::string costly_condition();
/// A rule that is as short as one can be.
[[nodiscard]] nlohmann::json a_rule(const std::string& name, const nlohmann::json& more = nlohmann::json::object());

}  // namespace winnow::test

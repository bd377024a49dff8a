#include "winnow/api/denials.hpp"

#include "unit/api/calls/one_session.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/ports/audit_store.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

using Acts = std::vector<audit::Act>;

/// Takes what is appended, in a transaction.
class AppendedActs final : public ports::AuditStore {
public:
    Result<std::vector<ports::AuditRecord>> page(const ports::AuditFilter& /*filter*/,
                                                 const std::optional<ports::AuditPlace>& /*after*/,
                                                 std::size_t /*limit*/) override
    {
        return unexpected();
    }
    Result<std::vector<ports::AuditRecord>> links(std::int64_t /*after*/, std::int64_t /*last*/,
                                                  std::size_t /*limit*/) override
    {
        return unexpected();
    }
    Result<std::vector<audit::Anchor>> anchors(std::int64_t /*after*/, std::size_t /*limit*/) override
    {
        return unexpected();
    }
    Result<std::int64_t> head() override { return unexpected(); }
    Result<std::int64_t> append(const audit::Act& act) override
    {
        acts.push_back(act);
        return static_cast<std::int64_t>(acts.size());
    }
    Result<std::size_t> redact(const std::vector<std::int64_t>& /*seqs*/, const audit::Act& /*act*/) override
    {
        return unexpected();
    }

    Acts acts;

private:
    static Error unexpected() { return {ErrorCode::internal, "nothing but appending is expected"}; }
};

/// A session with nothing but an audit chain.
class AuditSession final : public NoSession {
public:
    ports::AuditStore& audit() override { return store; }

    AppendedActs store;
};

/// Commits at once what is appended, or nothing where it is away.
class AuditDatabase final : public ports::TenantDatabase {
public:
    using TenantDatabase::submit;
    void submit(TenantId tenant, Job job, Finished finished, Terms /*terms*/) override
    {
        ++transactions;
        if (away) return finished(Error(ErrorCode::unavailable, "away"));
        AuditSession session;
        auto done = job(session);
        if (during) std::exchange(during, {})();
        auto& acts = chains[tenant];
        if (done) acts.insert(acts.end(), session.store.acts.begin(), session.store.acts.end());
        finished(std::move(done));
    }

    bool away = false;
    int transactions = 0;
    std::function<void()> during;  ///< Happens once, before the commit.
    std::map<TenantId, Acts> chains;
};

class DenialsTest : public testing::Test {
protected:
    static access::Principal user(std::uint64_t number, std::uint64_t tenant = 1)
    {
        access::Principal who;
        who.kind = access::CredentialKind::user_key;
        who.tenant = TenantId(Uuid::from_words(tenant, 1));
        who.user = UserId(Uuid::from_words(2, number));
        who.user_name = "Vera";
        who.email = "vera@example.org";
        return who;
    }

    static Denied denied(std::string operation, std::string address = "192.0.2.7")
    {
        return {
            .operation = std::move(operation), .code = "forbidden", .address = std::move(address), .request_id = "r"};
    }

    /// A turn of the clock; what it appended, of all tenants.
    Acts turn()
    {
        database_.chains.clear();
        const auto tenants = kind_->tenants(100);
        EXPECT_TRUE(tenants);
        for (const auto tenant : *tenants) {
            const auto done = kind_->run({.tenant = tenant, .limit = 1'000});
            EXPECT_EQ(done.has_value(), !database_.away);
        }
        Acts all;
        for (const auto& [tenant, acts] : database_.chains) all.insert(all.end(), acts.begin(), acts.end());
        return all;
    }

    static json detail(const audit::Act& act) { return json::parse(act.detail); }

    Timestamp now_{1'795'413'600'000ms};
    AuditDatabase database_;
    Denials denials_{{.most = 6, .most_of_caller = 3, .clock = [this] {
                          return now_;
                      }}};
    std::unique_ptr<ports::DueKind> kind_ = denials_.make_kind(database_);
};

TEST_F(DenialsTest, EqualOnesAreOneRecordWithTheirCount)
{
    denials_.note(user(1), denied("createRule"));
    now_ += 10s;
    denials_.note(user(1), denied("createRule"));
    EXPECT_TRUE(turn().empty()) << "more may come";
    EXPECT_EQ(database_.transactions, 0);
    now_ += 50s;
    const auto acts = turn();
    ASSERT_EQ(acts.size(), 1U);
    EXPECT_EQ(acts[0].name, "request.denied");
    EXPECT_EQ(acts[0].object, "operation:createRule");
    EXPECT_EQ(acts[0].actor.id, user(1).actor());
    EXPECT_EQ(acts[0].actor.means, "user_key");
    EXPECT_EQ(acts[0].actor.request_id, "r");
    EXPECT_EQ(acts[0].result, 403);
    EXPECT_EQ(detail(acts[0]), json({{"code", "forbidden"},
                                     {"count", 2},
                                     {"first_at", "2026-11-23T06:00:00.000Z"},
                                     {"last_at", "2026-11-23T06:00:10.000Z"},
                                     {"address", "192.0.2.7"},
                                     {"name", "Vera"},
                                     {"email", "vera@example.org"}}));
}

TEST_F(DenialsTest, WhoTriesOnAndOnIsRecordedOnceAnHour)
{
    int records = 0;
    std::int64_t counted = 0;
    for (int second = 0; second < 3 * 3'600; ++second) {
        denials_.note(user(1), denied("createRule"));
        now_ += 1s;
        if (second % 60 != 59) continue;
        for (const auto& act : turn()) {
            ++records;
            counted += detail(act)["count"].get<std::int64_t>();
        }
    }
    EXPECT_EQ(records, 3);
    EXPECT_EQ(counted, 60 + 2 * 3'600);
    now_ += 1h;
    const auto rest = turn();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(detail(rest[0])["count"], 3 * 3'600 - counted) << "none is left out";
}

TEST_F(DenialsTest, AfterAnHoursRestItIsAsIfForTheFirstTime)
{
    denials_.note(user(1), denied("createRule"));
    now_ += 1min;
    EXPECT_EQ(turn().size(), 1U);
    now_ += 1h;
    EXPECT_TRUE(turn().empty());
    denials_.note(user(1), denied("createRule"));
    now_ += 1min;
    EXPECT_EQ(turn().size(), 1U);
}

TEST_F(DenialsTest, OthersOperationsReasonsAndPlacesAreOthers)
{
    denials_.note(user(1), denied("createRule"));
    denials_.note(user(1), denied("createRule", "192.0.2.8"));
    denials_.note(user(1), denied("deleteRule"));
    auto foreign = denied("createRule");
    foreign.code = "address_not_allowed";
    denials_.note(user(2), denied("createRule"));
    denials_.note(user(2), foreign);
    denials_.note(user(2, 9), denied("createRule"));
    now_ += 1min;
    EXPECT_EQ(turn().size(), 6U);
    EXPECT_EQ(database_.chains.size(), 2U) << "each in its tenant's";
}

TEST_F(DenialsTest, WhatIsTooMuchOfOneCallerIsSummed)
{
    for (int i = 0; i < 100; ++i) denials_.note(user(1), denied("operation" + std::to_string(i)));
    denials_.note(user(2), denied("createRule"));
    now_ += 1min;
    const auto acts = turn();
    ASSERT_EQ(acts.size(), 5U);
    const auto rest = std::ranges::find(acts, "operations", &audit::Act::object);
    ASSERT_NE(rest, acts.end());
    EXPECT_EQ(rest->actor.id, user(1).actor());
    EXPECT_EQ(detail(*rest)["count"], 97);
    EXPECT_FALSE(detail(*rest).contains("address"));
}

TEST_F(DenialsTest, ANodeHoldsSoManyAndNoMore)
{
    for (std::uint64_t number = 1; number <= 10; ++number) denials_.note(user(number, number), denied("createRule"));
    now_ += 1min;
    EXPECT_EQ(turn().size(), 6U);
    now_ += 1h;
    EXPECT_TRUE(turn().empty());
    denials_.note(user(10, 10), denied("createRule"));
    now_ += 1min;
    EXPECT_EQ(turn().size(), 1U) << "there is room again";
}

TEST_F(DenialsTest, WhatCannotBeAppendedIsTriedAgain)
{
    denials_.note(user(1), denied("createRule"));
    now_ += 1min;
    database_.away = true;
    EXPECT_TRUE(turn().empty());
    denials_.note(user(1), denied("createRule"));
    database_.away = false;
    const auto acts = turn();
    ASSERT_EQ(acts.size(), 1U);
    EXPECT_EQ(detail(acts[0])["count"], 2);
}

TEST_F(DenialsTest, WhatIsNotedWhileTheRestIsAppendedIsNotLost)
{
    denials_.note(user(1), denied("createRule"));
    now_ += 1min;
    database_.during = [this] {
        denials_.note(user(1), denied("createRule"));
    };
    EXPECT_EQ(detail(turn().at(0))["count"], 1);
    now_ += 1h;
    EXPECT_EQ(detail(turn().at(0))["count"], 1);
}

TEST_F(DenialsTest, ASuspendedTenantsAlertsAreNothingToNote)
{
    auto sender = user(1);
    sender.kind = access::CredentialKind::integration_key;
    sender.integration = IntegrationId(Uuid::from_words(3, 1));
    sender.integration_name = "prometheus";
    sender.tenant_suspended = true;
    denials_.note(sender, denied("postAlerts"));
    denials_.note(access::Principal(), denied("postAlerts"));
    now_ += 1min;
    EXPECT_TRUE(turn().empty());
    sender.tenant_suspended = false;
    denials_.note(sender, denied("listRules"));
    now_ += 1min;
    const auto acts = turn();
    ASSERT_EQ(acts.size(), 1U);
    EXPECT_EQ(acts[0].actor.means, "integration_key");
    EXPECT_EQ(detail(acts[0])["name"], "prometheus");
}

TEST_F(DenialsTest, AtTheEndAllThatIsLeftIsAppended)
{
    denials_.note(user(1), denied("createRule"));
    denials_.note(user(2, 9), denied("createRule"));
    denials_.store_rest(database_);
    EXPECT_EQ(database_.chains.size(), 2U);
    denials_.store_rest(database_);
    EXPECT_EQ(database_.transactions, 2);
}

}  // namespace
}  // namespace winnow::api

#include "api/support/support_reads.hpp"

#include "api/rest/respond.hpp"
#include "unit/api/calls/one_session.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/ports/support/support_grant_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using access::Permission;
using testing::ElementsAre;

/// What happened, in order.
using Log = std::vector<std::string>;

/// Is open so often, and no longer.
class Grants final : public ports::SupportGrantStore {
public:
    explicit Grants(Log& log) : log_(log) {}

    Result<std::vector<access::SupportGrant>> page(std::optional<SupportGrantId> /*after*/, std::size_t /*n*/) override
    {
        return std::vector<access::SupportGrant>{};
    }
    Result<access::SupportGrant> find(SupportGrantId /*id*/) override { return access::SupportGrant{}; }
    Result<Done> end(SupportGrantId /*id*/, const audit::Act& /*act*/, const std::string& /*detail*/) override
    {
        return Done{};
    }
    Result<Done> expect_open(SupportGrantId id, StaffId reader) override
    {
        log_.push_back("grant " + id.str().substr(34) + " of " + reader.str().substr(34));
        if (open-- > 0) return Done{};
        return Error(ErrorCode::permission_denied, "the support grant is over: ask for another one");
    }

    int open = 2;

private:
    Log& log_;
};

class Chain final : public ports::AuditStore {
public:
    explicit Chain(Log& log) : log_(log) {}

    using Filter = ports::AuditFilter;
    using Place = std::optional<ports::AuditPlace>;
    Result<std::vector<ports::AuditRecord>> page(const Filter& /*f*/, const Place& /*p*/, std::size_t /*n*/) override
    {
        return std::vector<ports::AuditRecord>{};
    }
    Result<std::vector<ports::AuditRecord>> links(std::int64_t /*a*/, std::int64_t /*b*/, std::size_t /*n*/) override
    {
        return std::vector<ports::AuditRecord>{};
    }
    Result<std::vector<audit::Anchor>> anchors(std::int64_t /*after*/, std::size_t /*n*/) override
    {
        return std::vector<audit::Anchor>{};
    }
    Result<std::int64_t> head() override { return 0; }
    Result<std::int64_t> append(const audit::Act& act) override
    {
        if (fails) return Error(ErrorCode::unavailable, "the chain is away");
        log_.push_back("record " + act.name + " on " + act.object);
        last = act;
        return 1;
    }
    Result<std::size_t> redact(const std::vector<std::int64_t>& /*seqs*/, const audit::Act& /*act*/) override
    {
        return std::size_t{0};
    }

    bool fails = false;
    audit::Act last;

private:
    Log& log_;
};

/// Runs each job at once, each in a transaction of its own.
class Database final : public ports::TenantDatabase {
public:
    explicit Database(Log& log) : grants(log), chain(log), log_(log) {}

    using TenantDatabase::submit;
    void submit(TenantId tenant, Job job, Finished finished, Terms terms) override
    {
        log_.emplace_back(terms.reads_only ? "reads" : "writes");
        tenants.push_back(tenant);
        Session session(*this);
        finished(job(session));
    }

    Grants grants;
    Chain chain;
    std::vector<TenantId> tenants;

private:
    class Session final : public NoSession {
    public:
        explicit Session(Database& database) : database_(database) {}
        ports::SupportGrantStore& support_grants() override { return database_.grants; }
        ports::AuditStore& audit() override { return database_.chain; }

    private:
        Database& database_;
    };

    Log& log_;
};

class Records final : public ports::AccessRecords {
public:
    void store(ports::OwnedAccess access, std::size_t /*held*/, Finished finished) override
    {
        stored.push_back(std::move(access));
        finished(outcome);
    }
    Result<Done> prepare() override { return Done{}; }
    [[nodiscard]] bool healthy() const override { return true; }

    std::vector<ports::OwnedAccess> stored;
    Result<Done> outcome = Done{};
};

class NoRefusals final : public ports::RefusedAccessStore {
public:
    Result<Done> store(const std::vector<ports::OwnedAccess>& /*refused*/,
                       const std::vector<ports::RefusedKey>& /*keys*/) override
    {
        return Done{};
    }
};

class SupportReadsTest : public testing::Test {
protected:
    SupportReadsTest()
    {
        who_.kind = access::CredentialKind::support;
        who_.tenant = TenantId(Uuid::from_words(1, 1));
        who_.staff = StaffId(Uuid::from_words(0, 0x21));
        who_.key = Uuid::from_words(0, 0x31);
        who_.scopes = access::support_permissions();
    }

    RouteEntry entry(std::string_view method, std::string_view pattern, Permission permission, bool streams = false)
    {
        RouteEntry made;
        made.route = {method, pattern, permission, pattern.substr(1), [this](const Call& call, ports::TenantSession&) {
                          log_.emplace_back("read");
                          addresses_.push_back(call.request.head.remote_address);
                          return Result<Answer>(json_response(200, {{"title", "disk full"}}));
                      }};
        made.route.streams = streams;
        return made;
    }
    std::shared_ptr<const Router> router()
    {
        auto probe = entry("GET", "/api/v1/alive", Permission::open);
        probe.special = Special::alive;
        std::vector<RouteEntry> entries;
        entries.push_back(entry("GET", "/api/v1/tickets/{id}", Permission::read_tickets));
        entries.push_back(entry("PATCH", "/api/v1/tickets/{id}", Permission::work_tickets));
        entries.push_back(entry("POST", "/api/v1/rules/test", Permission::read_rules));
        entries.push_back(entry("GET", "/api/v1/users", Permission::read_users));
        entries.push_back(entry("GET", "/api/v1/tickets.csv", Permission::read_tickets, true));
        entries.push_back(std::move(probe));
        return std::make_shared<const Router>(std::move(entries));
    }
    http::Response ask(const std::string& path, const std::string& method = "GET")
    {
        http::Request request;
        request.head.method = method;
        request.head.path = path;
        request.head.query = "q=late";
        request.head.request_id = "r1";
        request.head.remote_address = "192.0.2.7";
        request.body = "{}";
        std::optional<http::Response> answer;
        reads_.run(who_, std::move(request), [&](http::Response response) { answer = std::move(response); });
        EXPECT_TRUE(answer) << path;
        return std::move(*answer);
    }
    static Services services()
    {
        Services services;
        services.clock = [] {
            return Timestamp(std::chrono::milliseconds{42});
        };
        return services;
    }
    static domain::RateLimits limits()
    {
        domain::RateLimits limits;
        limits.of(domain::RateClass::read) = {.rate = 2, .burst = 4};
        return limits;
    }

    Log log_;
    std::vector<std::string> addresses_;
    access::Principal who_;
    observe::Metrics metrics_;
    Instant now_{std::chrono::hours{1}};
    Database database_{log_};
    Records records_;
    NoRefusals store_;
    identity::RefusedAccesses refused_{store_, {}};
    std::shared_ptr<Rates> rates_ = std::make_shared<Rates>(limits(), metrics_, [this] { return now_; });
    SessionCalls sessions_{database_, services(), {}};
    SupportReads reads_{router(), rates_, database_, sessions_, {.records = records_, .refused = refused_}};
};

TEST_F(SupportReadsTest, IsRecordedBeforeItReadsAndEnteredBeforeItIsAnswered)
{
    const auto answer = ask("/api/v1/tickets/7");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.text(), R"({"title":"disk full"})");
    EXPECT_THAT(log_,
                ElementsAre("writes", "grant 31 of 21", "record support_grant.read on support_grant:" + who_.key.str(),
                            "reads", "grant 31 of 21", "read"));
    EXPECT_THAT(database_.tenants, ElementsAre(who_.tenant, who_.tenant));
    const auto& act = database_.chain.last;
    EXPECT_EQ(act.actor.id, "provider:" + who_.staff.str());
    EXPECT_EQ(act.actor.means, "support_grant");
    const auto detail = nlohmann::json::parse(act.detail);
    EXPECT_EQ(detail["operation"], "api/v1/tickets/{id}");
    EXPECT_EQ(detail["path"], "/api/v1/tickets/7");
    EXPECT_EQ(detail["query"], "q=late");
    ASSERT_EQ(records_.stored.size(), 1U);
    const auto& entry = records_.stored.front().entry;
    EXPECT_EQ(entry.actor, "provider:" + who_.staff.str());
    EXPECT_EQ(entry.means, "support_grant");
    EXPECT_EQ(entry.key, who_.key);
    EXPECT_EQ(entry.route, "/api/v1/tickets/{id}");
    EXPECT_EQ(entry.object, "7");
    EXPECT_EQ(entry.address, "") << "from where the provider works is its own";
    EXPECT_THAT(addresses_, ElementsAre(""));
}

TEST_F(SupportReadsTest, NothingIsReadOfAMomentAtWhichTheGrantWasOver)
{
    database_.grants.open = 1;  // it ends between the record and the reading
    EXPECT_EQ(ask("/api/v1/tickets/7").status, 403);
    EXPECT_THAT(log_, testing::Not(testing::Contains("read")));
    log_.clear();
    database_.grants.open = 0;
    EXPECT_EQ(ask("/api/v1/tickets/7").status, 403);
    EXPECT_THAT(log_, ElementsAre("writes", "grant 31 of 21")) << "nor is there a record of what was not done";
}

TEST_F(SupportReadsTest, WithoutItsRecordOrItsEntryNothingIsShown)
{
    database_.chain.fails = true;
    EXPECT_EQ(ask("/api/v1/tickets/7").status, 503);
    EXPECT_THAT(log_, testing::Not(testing::Contains("read")));
    database_.chain.fails = false;
    database_.grants.open = 2;
    records_.outcome = Error(ErrorCode::unavailable, "the log is away");
    const auto answer = ask("/api/v1/tickets/7");
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(answer.body.text().contains("disk full"));
}

TEST_F(SupportReadsTest, OnlyWhatReadsPageByPageWithinItsScopesIsThere)
{
    EXPECT_EQ(ask("/api/v1/users").status, 403);
    EXPECT_EQ(ask("/api/v1/tickets.csv").status, 403);
    for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{{"PATCH", "/api/v1/tickets/7"},
                                                                                       {"POST", "/api/v1/rules/test"},
                                                                                       {"GET", "/api/v1/rules/test"},
                                                                                       {"GET", "/api/v1/alive"},
                                                                                       {"GET", "/api/v1/tickets/7/x"},
                                                                                       {"GET", "/livez"},
                                                                                       {"GET", ""}}) {
        EXPECT_EQ(ask(path, method).status, 404) << method << ' ' << path;
    }
    now_ += std::chrono::seconds{2};  // the rates have filled up
    who_.scopes = access::PermissionSet{Permission::read_rules};
    EXPECT_EQ(ask("/api/v1/tickets/7").status, 403);
    EXPECT_THAT(log_, testing::IsEmpty());
}

TEST_F(SupportReadsTest, TakesNothingOfTheTenantsRates)
{
    access::Principal user;
    user.kind = access::CredentialKind::user_key;
    user.tenant = who_.tenant;
    int answered = 0;
    for (int i = 0; i < 10; ++i) {
        database_.grants.open = 2;
        answered += ask("/api/v1/tickets/7").status == 200 ? 1 : 0;
    }
    EXPECT_GE(answered, 1);
    EXPECT_LE(answered, 4);
    database_.grants.open = 2;
    EXPECT_EQ(ask("/api/v1/tickets/7").status, 429);
    EXPECT_EQ(rates_->refusal(user, domain::RateClass::read, 2), std::nullopt) << "half of the tenant's, as ever";
}

}  // namespace
}  // namespace winnow::api

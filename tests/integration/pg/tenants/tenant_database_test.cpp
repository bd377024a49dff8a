#include "winnow/pg/tenant_database.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/integration_store.hpp"
#include "winnow/ports/receipt_store.hpp"

#include <atomic>
#include <functional>
#include <future>

namespace winnow::pg {
namespace {

using domain::Contact;
using ports::ReceiptAnswer;
using ports::TenantSession;

class TenantDatabaseTest : public PgTest {
protected:
    Result<Done> run(TenantId tenant, ports::TenantDatabase::Job job)
    {
        std::promise<Result<Done>> promise;
        auto outcome = promise.get_future();
        tenants_->submit(tenant, std::move(job), [&](Result<Done> done) { promise.set_value(std::move(done)); });
        return outcome.get();
    }
    [[nodiscard]] static Contact contact(const std::string& name)
    {
        Contact made;
        made.id = ContactId(new_uuid());
        made.name = name;
        made.type = "webhook";
        made.settings["url"].shown = "https://example.org/";
        made.updated_at = Timestamp(std::chrono::milliseconds{1'764'000'000'123});
        return made;
    }

    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(TenantDatabaseTest, SuccessCommitsAndAnErrorRollsBack)
{
    EXPECT_TRUE(run(tenant_, [](TenantSession& session) { return session.contacts().insert(contact("kept")); }));
    const auto failed = run(tenant_, [](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().insert(contact("dropped")));
        return Error(ErrorCode::version_mismatch, "no");
    });
    EXPECT_EQ(failed.error().code(), ErrorCode::version_mismatch);
    EXPECT_EQ(text("select string_agg(name, ',') from contacts"), "kept");
    EXPECT_EQ(text("select to_char(updated_at at time zone 'UTC', 'MS') from contacts"), "123");
}

TEST_F(TenantDatabaseTest, WhatACommitChangedOfTheConfigurationIsToldBeforeItIsFinished)
{
    std::vector<ports::TenantChange> told;
    tenants_ = make_tenant_database(as(database_.api), database_.pipeline, {},
                                    [&](const auto& change) { told.push_back(change); });
    const auto changes = [&](const std::function<Result<Done>(TenantSession&)>& job) {
        std::promise<std::vector<ports::TenantChange>> promise;
        told.clear();
        tenants_->submit(
            tenant_, [&](TenantSession& session) { return job(session); },
            [&](const Result<Done>&) { promise.set_value(told); });
        return promise.get_future().get();
    };
    const auto insert = [](TenantSession& session) {
        return session.contacts().insert(contact(new_uuid().str()));
    };
    const ports::TenantChange policy{.tenant = tenant_, .policy = true, .credentials = false};
    const ports::TenantChange credentials{.tenant = tenant_, .policy = false, .credentials = true};
    EXPECT_THAT(changes(insert), testing::ElementsAre(policy));
    EXPECT_THAT(changes([&](TenantSession& session) -> Result<Done> {
                    EXPECT_TRUE(insert(session));
                    return Error(ErrorCode::version_mismatch, "no");
                }),
                testing::IsEmpty());
    EXPECT_THAT(changes([](TenantSession& session) -> Result<Done> {
                    EXPECT_TRUE(session.contacts().count());
                    return Done{};
                }),
                testing::IsEmpty())
        << "nothing is left of the transaction before it on its session";
    ports::Integration integration;
    integration.id = IntegrationId(new_uuid());
    integration.name = "i";
    EXPECT_THAT(changes([&](TenantSession& session) { return session.integrations().insert(integration); }),
                testing::ElementsAre(credentials));
}

TEST_F(TenantDatabaseTest, AJobSeesItsTenantOnlyAlsoOnASessionThatServedAnother)
{
    const auto other = new_tenant();
    new_contact(other, "theirs");
    const auto count = [&](TenantId tenant) {
        std::size_t seen = 99;
        EXPECT_TRUE(run(tenant, [&](TenantSession& session) -> Result<Done> {
            EXPECT_EQ(session.tenant(), tenant);
            seen = session.contacts().count().value();
            return Done{};
        }));
        return seen;
    };
    EXPECT_EQ(count(other), 1U);
    EXPECT_EQ(count(tenant_), 0U);
}

TEST_F(TenantDatabaseTest, AJobThatOverlooksAFailedStatementIsNotTakenForCommitted)
{
    const auto outcome = run(tenant_, [](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().insert(contact("same")));
        EXPECT_TRUE(session.receipts().claim(Uuid(), "key", "not 32 bytes").error().code() == ErrorCode::internal);
        return Done{};
    });
    EXPECT_FALSE(outcome);
    EXPECT_EQ(number("select count(*) from contacts"), 0);
}

TEST_F(TenantDatabaseTest, AnExceptionOutOfAJobIsAnInternalErrorAndRollsBack)
{
    const auto outcome = run(tenant_, [](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().insert(contact("x")));
        throw std::runtime_error("a bug");
    });
    EXPECT_EQ(outcome.error().code(), ErrorCode::internal);
    EXPECT_EQ(number("select count(*) from contacts"), 0);
}

TEST_F(TenantDatabaseTest, IdleSessionsThatTheServerEndedAreReplacedBeforeTheJobRuns)
{
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(run(tenant_, [](TenantSession& session) -> Result<Done> {
            EXPECT_TRUE(session.contacts().count());
            return Done{};
        }));
        sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_api'");
    }
}

TEST_F(TenantDatabaseTest, ASessionKilledInsideAJobIsUnavailableAndNothingIsStored)
{
    const auto outcome = run(tenant_, [&](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().insert(contact("x")));
        sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_api'");
        return session.contacts().insert(contact("y"));
    });
    EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(number("select count(*) from contacts"), 0);
}

TEST_F(TenantDatabaseTest, ASessionKilledBeforeTheCommitIsInDoubt)
{
    const auto outcome = run(tenant_, [&](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().insert(contact("x")));
        sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_api'");
        return Done{};
    });
    EXPECT_EQ(outcome.error().code(), ErrorCode::timeout);
}

TEST_F(TenantDatabaseTest, AFullQueueAnswersAtOnceAndShuttingDownAnswersEverybody)
{
    auto options = as(database_.api);
    options.connections = 1;
    options.queue_limit = 2;
    auto small = make_tenant_database(options, database_.pipeline);
    std::promise<void> started;
    std::promise<void> go;
    std::atomic<int> answered = 0;
    std::atomic<int> unavailable = 0;
    const auto finished = [&](const Result<Done>& done) {
        ++answered;
        if (!done && done.error().code() == ErrorCode::unavailable) ++unavailable;
    };
    const auto blocked = [&](TenantSession&) -> Result<Done> {
        started.set_value();
        go.get_future().wait();
        return Done{};
    };
    const auto quick = [](TenantSession&) -> Result<Done> {
        return Done{};
    };
    small->submit(tenant_, blocked, finished);
    started.get_future().wait();
    small->submit(tenant_, quick, finished);
    small->submit(tenant_, quick, finished);
    EXPECT_EQ(answered, 0);
    small->submit(tenant_, quick, finished);
    EXPECT_EQ(unavailable, 1);

    std::jthread closer([&] { small.reset(); });
    go.set_value();
    closer.join();
    EXPECT_EQ(answered, 4);
}

/// Jobs of one tenant that do not end before they are let go.
class Blocked {
public:
    ports::TenantDatabase::Job job()
    {
        return [this](TenantSession&) -> Result<Done> {
            ++running;
            gate_.wait();
            return Done{};
        };
    }
    ports::TenantDatabase::Finished finished()
    {
        return [this](const Result<Done>& done) {
            if (!done) last = done.error();
            ++answered;
        };
    }
    void let_go() { open_.set_value(); }

    std::atomic<int> running = 0;
    std::atomic<int> answered = 0;
    Error last{ErrorCode::internal, "none"};

private:
    std::promise<void> open_;
    std::shared_future<void> gate_ = open_.get_future().share();
};

TEST_F(TenantDatabaseTest, ATenantHasAtMostHalfOfTheThreadsAndItsShareOfTheQueue)
{
    auto options = as(database_.api);
    options.connections = 4;
    Blocked loud;
    auto shared = make_tenant_database(options, database_.pipeline, {.waiting = 3, .metrics = {}});
    const auto submit = [&](int jobs) {
        for (int i = 0; i < jobs; ++i) shared->submit(tenant_, loud.job(), loud.finished());
    };
    submit(2);
    EXPECT_TRUE(eventually([&] { return loud.running == 2; }));
    submit(3);
    EXPECT_EQ(loud.answered, 0);
    submit(1);
    EXPECT_EQ(loud.answered, 1) << "at once";
    EXPECT_EQ(loud.last.code(), ErrorCode::rate_limited);
    EXPECT_THAT(loud.last.message(), testing::HasSubstr("of your tenant"));
    EXPECT_THAT(loud.last.message(), testing::HasSubstr("the limit is 3 (rest.waiting_per_tenant)"));

    std::promise<Result<Done>> quiet;
    shared->submit(
        new_tenant(),
        [](TenantSession& session) -> Result<Done> {
            EXPECT_TRUE(session.contacts().count());
            return Done{};
        },
        [&](Result<Done> done) { quiet.set_value(std::move(done)); });
    EXPECT_TRUE(quiet.get_future().get());
    EXPECT_EQ(loud.running, 2);
    loud.let_go();
    ASSERT_TRUE(eventually([&] { return loud.answered == 6; }));
    EXPECT_EQ(loud.running, 5);
}

TEST_F(TenantDatabaseTest, AJobThatIsGivenUpBeforeItsTurnIsNotRun)
{
    auto options = as(database_.api);
    options.connections = 1;
    Blocked first;
    auto single = make_tenant_database(options, database_.pipeline);
    single->submit(tenant_, first.job(), first.finished());
    EXPECT_TRUE(eventually([&] { return first.running == 1; }));
    std::atomic<bool> gone = false;
    std::promise<Result<Done>> outcome;
    single->submit(
        tenant_,
        [](TenantSession&) -> Result<Done> {
            ADD_FAILURE();
            return Done{};
        },
        [&](Result<Done> done) { outcome.set_value(std::move(done)); },
        {.given_up = [&] { return gone.load(); }, .statement_timeout = {}});
    gone = true;
    first.let_go();
    EXPECT_EQ(outcome.get_future().get().error().code(), ErrorCode::timeout);
}

TEST_F(TenantDatabaseTest, AStatementHasItsOwnTimeoutAndSaysWhose)
{
    std::promise<Result<Done>> outcome;
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction lock(connection);
    lock.exec("begin; lock table contacts in access exclusive mode");
    tenants_->submit(
        tenant_,
        [](TenantSession& session) -> Result<Done> {
            if (auto count = session.contacts().count(); !count) return count.error();
            return Done{};
        },
        [&](Result<Done> done) { outcome.set_value(std::move(done)); },
        {.given_up = {}, .statement_timeout = std::chrono::milliseconds{100}});
    const auto done = outcome.get_future().get();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::timeout);
    EXPECT_THAT(done.error().message(), testing::HasSubstr("the limit is PT0.100S (rest.statement_timeout)"));
    lock.exec("commit");
    EXPECT_TRUE(run(tenant_, [](TenantSession& session) -> Result<Done> {
        EXPECT_TRUE(session.contacts().count());
        return Done{};
    }));
}

TEST_F(TenantDatabaseTest, WithoutADatabaseJobsAreUnavailableAndNotRun)
{
    const auto nowhere = make_tenant_database({.conninfo = "host=/nowhere"}, "host=/nowhere");
    std::promise<ErrorCode> code;
    nowhere->submit(
        tenant_,
        [](TenantSession&) -> Result<Done> {
            ADD_FAILURE();
            return Done{};
        },
        [&](const Result<Done>& done) { code.set_value(done.error().code()); });
    EXPECT_EQ(code.get_future().get(), ErrorCode::unavailable);
}

TEST_F(TenantDatabaseTest, ASpareSessionThatCannotBeHadIsNoOutageAsLongAsAnotherServes)
{
    sql("create role narrow login connection limit 1 in role winnow_api");
    auto options = as(database_.api + " user=narrow");
    options.connections = 2;
    auto narrow = make_tenant_database(options, database_.pipeline);
    std::promise<void> started;
    std::promise<void> go;
    std::promise<Result<Done>> first;
    std::promise<Result<Done>> second;
    narrow->submit(
        tenant_,
        [&](TenantSession&) -> Result<Done> {
            started.set_value();
            go.get_future().wait();
            return Done{};
        },
        [&](const Result<Done>& done) { first.set_value(done); });
    started.get_future().wait();
    narrow->submit(
        new_tenant(), [](TenantSession&) -> Result<Done> { return Done{}; },
        [&](const Result<Done>& done) { second.set_value(done); });
    EXPECT_EQ(second.get_future().get().error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(narrow->healthy());
    go.set_value();
    EXPECT_TRUE(first.get_future().get());
    EXPECT_TRUE(narrow->healthy());

    sql("alter role narrow connection limit 0");
    sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'narrow'");
    EXPECT_TRUE(eventually([&] { return !narrow->healthy(); })) << "now nobody serves";
    sql("alter role narrow connection limit 1");
    EXPECT_TRUE(eventually([&] { return narrow->healthy(); })) << "without a job";
    narrow.reset();
    sql("drop role narrow");
}

TEST_F(TenantDatabaseTest, AnUnreadableConnectionStringDoesNotShowItsPassword)
{
    const auto broken = make_tenant_database({.conninfo = "host=x password='hunter2"}, "host=x password='hunter2");
    std::promise<std::string> message;
    broken->submit(
        tenant_, [](TenantSession&) -> Result<Done> { return Done{}; },
        [&](const Result<Done>& done) { message.set_value(done.error().message()); });
    EXPECT_THAT(message.get_future().get(), testing::Not(testing::HasSubstr("hunter2")));
}

TEST_F(TenantDatabaseTest, AReceiptIsFreshUntilItsTransactionCommits)
{
    const std::string body(32, 'b');
    const auto claim = [&](TenantSession& session) {
        return session.receipts().claim(Uuid(), "key", body).value();
    };
    EXPECT_FALSE(run(tenant_, [&](TenantSession& session) -> Result<Done> {
        EXPECT_EQ(claim(session).outcome, ReceiptAnswer::Outcome::fresh);
        return Error(ErrorCode::conflict, "rolled back");
    }));
    EXPECT_TRUE(run(tenant_, [&](TenantSession& session) -> Result<Done> {
        EXPECT_EQ(claim(session).outcome, ReceiptAnswer::Outcome::fresh);
        return session.receipts().answer(Uuid(), "key", 201, "{\"id\":1}");
    }));
    EXPECT_TRUE(run(tenant_, [&](TenantSession& session) -> Result<Done> {
        const auto again = claim(session);
        EXPECT_EQ(again.outcome, ReceiptAnswer::Outcome::replayed);
        EXPECT_EQ(again.status, 201);
        EXPECT_EQ(again.answer, "{\"id\":1}");
        EXPECT_EQ(session.receipts().claim(Uuid(), "key", std::string(32, 'x'))->outcome,
                  ReceiptAnswer::Outcome::mismatched);
        return Done{};
    }));
}

}  // namespace
}  // namespace winnow::pg

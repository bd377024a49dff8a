#include "winnow/pg/sessions.hpp"

#include "integration/pg/fixture.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;

/// A pool of two sessions in common, called after their errands.
class SessionsTest : public PgTest {
protected:
    SessionsTest()
    {
        options_ = pipeline();
        options_.application_name = "pooled";
        options_.session_wait = 60s;  // longer than anybody waits in a test that passes
        places_.common = 2;
        places_.of(Errand::timers) = {.own = 0, .of_common = 2, .name = "pooled timers"};
        places_.of(Errand::chores) = {.own = 0, .of_common = 2, .name = "pooled chores"};
    }

    [[nodiscard]] Sessions pool() const { return {options_, places_}; }

    [[nodiscard]] std::int64_t open()
    {
        return number("select count(*) from pg_stat_activity where application_name like 'pooled%'");
    }
    /// The backend that the session speaks with.
    static Result<std::int64_t> backend(const Sessions& sessions)
    {
        return sessions.run([](Session& session) -> Result<std::int64_t> {
            return pqxx::nontransaction(session.connection()).exec("select pg_backend_pid()")[0][0].as<std::int64_t>();
        });
    }
    static std::string name(const Sessions& sessions)
    {
        return sessions
            .run([](Session& session) -> Result<std::string> {
                return std::string(
                    pqxx::nontransaction(session.connection()).exec("show application_name")[0][0].c_str());
            })
            .value();
    }

    /// Holds a session until it is told to give it back.
    class Holder {
    public:
        explicit Holder(const Sessions& sessions)
            : thread_([this, sessions] {
                  result_ = sessions.run([&](Session& /*session*/) -> Result<Done> {
                      has_it_.count_down();
                      give_it_back_.wait();
                      return Done{};
                  });
              })
        {
            has_it_.wait();
        }
        ~Holder() { give_back(); }
        Holder(const Holder&) = delete;
        Holder& operator=(const Holder&) = delete;
        void give_back()
        {
            if (!thread_.joinable()) return;
            give_it_back_.count_down();
            thread_.join();
        }

    private:
        std::latch has_it_{1};
        std::latch give_it_back_{1};
        Result<Done> result_ = Done{};
        std::thread thread_;
    };

    PgOptions options_;
    SessionPlaces places_;
};

TEST_F(SessionsTest, OpensWhatIsBorrowedAtOnceAndUsesItAgain)
{
    const auto sessions = pool().of(Errand::timers);
    EXPECT_EQ(open(), 0) << "none before it is needed";
    const auto first = backend(sessions).value();
    EXPECT_EQ(backend(sessions).value(), first);
    EXPECT_EQ(open(), 1);
    Holder holder(sessions);
    EXPECT_NE(backend(sessions).value(), first);
    EXPECT_EQ(open(), 2);
}

/// It is on the way of each fold.
TEST_F(SessionsTest, ToBorrowASessionAsksTheServerForNothing)
{
    const auto sessions = pool().of(Errand::timers);
    const auto first = backend(sessions).value();
    Holder holder(sessions);
    EXPECT_EQ(number("select count(*) from pg_stat_activity where query = 'select pg_backend_pid()' and pid = " +
                     std::to_string(first)),
              1)
        << "the last that the session was asked for";
}

TEST_F(SessionsTest, NeverOpensMoreThanItsPlacesHoweverManyAsk)
{
    const auto sessions = pool();
    std::atomic<std::int64_t> most = 0;
    std::atomic<int> done = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, errand = i % 2 == 0 ? Errand::timers : Errand::chores] {
                for (int round = 0; round < 10; ++round) {
                    const auto count = sessions.of(errand).run([](Session& session) -> Result<std::int64_t> {
                        return pqxx::nontransaction(session.connection())
                            .exec("select count(*) from pg_stat_activity where application_name like 'pooled%'")[0][0]
                            .as<std::int64_t>();
                    });
                    if (!count) continue;
                    ++done;
                    auto seen = most.load();
                    while (*count > seen && !most.compare_exchange_weak(seen, *count)) {
                    }
                }
            });
        }
    }
    EXPECT_EQ(done, 80) << "all had their turn";
    EXPECT_EQ(most, 2);
}

TEST_F(SessionsTest, SaysUnavailableToWhoWaitedTooLong)
{
    options_.session_wait = 20ms;
    const auto sessions = pool().of(Errand::timers);
    Holder one(sessions);
    Holder other(sessions);
    const auto refused = backend(sessions);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("in use for 20 ms"));
    one.give_back();
    EXPECT_TRUE(backend(sessions));
}

TEST_F(SessionsTest, WhoIsToldToStopDoesNotWaitForASession)
{
    const auto sessions = pool().of(Errand::timers);
    Holder one(sessions);
    Holder other(sessions);
    std::stop_source stop;
    auto waiting = std::async(std::launch::async, [&] {
        return sessions.run([](Session& /*session*/) -> Result<Done> { return Done{}; }, {}, stop.get_token());
    });
    stop.request_stop();
    const auto refused = waiting.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
}

TEST_F(SessionsTest, ReplacesASessionThatTheServerEnded)
{
    const auto sessions = pool().of(Errand::timers);
    const auto first = backend(sessions).value();
    sql("select pg_terminate_backend(" + std::to_string(first) + ", 5000)");
    const auto second = backend(sessions);
    ASSERT_TRUE(second);
    EXPECT_NE(*second, first);
    EXPECT_EQ(open(), 1);
}

TEST_F(SessionsTest, ASessionThatBreaksInUseLeavesItsPlaceToTheNext)
{
    const auto sessions = pool().of(Errand::timers);
    for (int i = 0; i < 5; ++i) {  // more often than there are places
        const auto broken = sessions.run([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            tx.exec("select pg_terminate_backend(pg_backend_pid())");
            tx.exec("select");
            return Done{};
        });
        ASSERT_FALSE(broken);
        EXPECT_EQ(broken.error().code(), ErrorCode::unavailable);
    }
    EXPECT_TRUE(backend(sessions));
    EXPECT_TRUE(eventually([&] { return open() == 1; }));
}

TEST_F(SessionsTest, GivesThePlaceBackWhereTheDatabaseLetsNobodyIn)
{
    options_.conninfo = "host=/nowhere";
    const auto sessions = pool().of(Errand::timers);
    for (int i = 0; i < 5; ++i) {
        const auto refused = backend(sessions);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
    }
}

TEST_F(SessionsTest, ClosesWhatNobodyNeedsAnyMore)
{
    options_.keep_idle = 0ms;
    const auto sessions = pool().of(Errand::timers);
    {
        Holder one(sessions);
        Holder other(sessions);
        EXPECT_EQ(open(), 2);
    }
    ASSERT_TRUE(backend(sessions));
    EXPECT_TRUE(eventually([&] { return open() <= 1; })) << "the server takes a moment";
}

TEST_F(SessionsTest, KeepsAsManyAsAnErrandHasPlacesOfItsOwn)
{
    options_.keep_idle = 0ms;
    places_.of(Errand::timers).own = 1;
    const auto sessions = pool().of(Errand::timers);
    {
        Holder one(sessions);
        ASSERT_TRUE(backend(sessions));
    }
    EXPECT_EQ(backend(sessions).value(), backend(sessions).value());
    EXPECT_TRUE(eventually([&] { return open() == 1; })) << "of the two one is kept";
}

TEST_F(SessionsTest, IsCalledAfterItsErrandAndRenamedOnlyWhereThereMayBeNoMore)
{
    const auto sessions = pool();
    const auto timers = sessions.of(Errand::timers);
    const auto chores = sessions.of(Errand::chores);
    EXPECT_EQ(name(timers), "pooled timers");
    EXPECT_EQ(name(chores), "pooled chores");
    EXPECT_EQ(open(), 2) << "one each";
    const auto of_timers = backend(timers).value();
    EXPECT_NE(backend(chores).value(), of_timers);
    Holder holder(chores);
    EXPECT_EQ(name(chores), "pooled chores");
    EXPECT_EQ(backend(chores).value(), of_timers) << "there is no third";
    EXPECT_EQ(name(timers), "pooled timers");
}

TEST_F(SessionsTest, AConnectionStringsOwnNameStays)
{
    options_.conninfo += " application_name='pooled by its operator'";
    places_.common = 1;
    const auto sessions = pool();
    EXPECT_EQ(name(sessions.of(Errand::chores)), "pooled by its operator");
    EXPECT_EQ(name(sessions.of(Errand::timers)), "pooled by its operator") << "the same session";
}

TEST_F(SessionsTest, WhatATransactionHasSetIsGoneForTheNext)
{
    const auto sessions = pool().of(Errand::timers);
    const auto settings = [&] {
        return sessions
            .run([](Session& session) -> Result<std::string> {
                pqxx::nontransaction tx(session.connection());
                return std::string(tx.exec("select string_agg(name || '=' || setting, ' ' order by name) from "
                                           "pg_settings where source = 'session' or name like '%timeout'")[0][0]
                                       .c_str());
            })
            .value();
    };
    const auto before = settings();
    const auto failed = sessions.run([](Session& session) -> Result<Done> {
        Transaction transaction(session);
        transaction.tx().exec("set local statement_timeout = 1; set local lock_timeout = 7");
        transaction.tx().exec("select 1/0");
        return Done{};
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(settings(), before);
}

TEST_F(SessionsTest, WhoHasASessionIsRefusedASecondOne)
{
    const auto sessions = pool();
    const auto outcome = sessions.of(Errand::timers).run([&](Session& /*session*/) -> Result<Done> {
        const auto second =
            sessions.of(Errand::chores).run([](Session& /*session*/) -> Result<Done> { return Done{}; });
        EXPECT_FALSE(second);
        if (!second) EXPECT_EQ(second.error().code(), ErrorCode::internal);
        const auto elsewhere =
            pool().of(Errand::chores).run([](Session& /*session*/) -> Result<Done> { return Done{}; });
        EXPECT_TRUE(elsewhere) << "another pool's may be had";
        return Done{};
    });
    EXPECT_TRUE(outcome);
    EXPECT_TRUE(backend(sessions.of(Errand::chores))) << "afterwards it may";
}

TEST_F(SessionsTest, WhatAThreadHasBorrowedItGivesBackInAnyOrder)
{
    const auto timers = [&] {
        return pool().of(Errand::timers);
    };
    const std::array<Sessions, 3> pools{timers(), timers(), timers()};
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        std::array<std::optional<SessionLease>, 3> leases;
        for (std::size_t i = 0; i < pools.size(); ++i) {
            ASSERT_FALSE(leases.at(i).emplace(pools.at(i)).begin({}, {}));
        }
        for (const auto which : order) {
            EXPECT_FALSE(backend(pools.at(which))) << "it has one of that pool";
            leases.at(which).reset();
            EXPECT_TRUE(backend(pools.at(which))) << "it has none of that pool any more";
        }
    } while (std::ranges::next_permutation(order).found);
}

TEST_F(SessionsTest, ASessionThatAnotherThreadGivesBackEndsTheProcess)
{
    SessionPool pool(options_, places_);
    std::optional<SessionPool::Loan> loan(std::in_place, pool, Errand::timers);
    ASSERT_FALSE(loan->begin({}));
    // Of a process that forks, the thread that does so lives on alone: so it is the other one.
    std::thread([&] { EXPECT_DEATH(loan.reset(), "given back by a thread that has not borrowed it"); }).join();
    loan.reset();
    EXPECT_EQ(open(), 1) << "its own thread may, and the session is kept";
}

}  // namespace
}  // namespace winnow::pg

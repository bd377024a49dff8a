/// @file
/// The dispatcher on a real database while somebody holds the tickets that its messages are about.

#include "integration/pg/fixture.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/outbox.hpp"

#include <pqxx/transaction>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

namespace winnow::dispatch {
namespace {

using namespace std::chrono_literals;

/// Delivers everything at once, and counts.
class CountingChannel final : public ports::Channel {
public:
    void send(const ports::ClaimedDelivery& message, std::function<void(ports::SendReport)> done) override
    {
        {
            const std::lock_guard lock(mutex_);
            ++sent_[message.delivery.id];
        }
        done({.outcome = ports::SendReport::Outcome::delivered,
              .heard = ports::SendReport::Heard::answer,
              .status = 200,
              .error = "",
              .retry_after = {}});
    }
    [[nodiscard]] std::map<DeliveryId, int> sent() const
    {
        const std::lock_guard lock(mutex_);
        return sent_;
    }

private:
    mutable std::mutex mutex_;
    std::map<DeliveryId, int> sent_;
};

class HeldTickets : public pg::PgTest {
protected:
    /// A tenant with tickets, of each of which its contact is owed one message.
    TenantId storm(int tickets)
    {
        const auto tenant = new_tenant();
        const auto contact = new_contact(tenant, "one");
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq) select '" +
            tenant.str() +
            "', gen_random_uuid(), n, 'open', 2, 't', n, 1, now(), now(), now(), 1 "
            "from generate_series(1, " +
            std::to_string(tickets) + ") n");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) "
            "select tenant_id, gen_random_uuid(), ticket_id, 1, 'opened', '" +
            contact.str() + "', '{}' from tickets where tenant_id = '" + tenant.str() + "'");
        return tenant;
    }
    [[nodiscard]] std::unique_ptr<Dispatcher> node(const std::string& name)
    {
        DispatcherOptions options;
        options.node = name;
        options.lease = 300ms;
        options.poll = 20ms;
        auto made = std::make_unique<Dispatcher>(*outbox_, channel_, options, metrics_);
        made->start();
        return made;
    }
    [[nodiscard]] std::int64_t events(TenantId tenant)
    {
        return number("select count(*) from ticket_events where kind = 'notified' and tenant_id = '" + tenant.str() +
                      "'");
    }
    [[nodiscard]] std::int64_t delivered()
    {
        return number("select count(*) from deliveries where state = 'delivered' and attempts = 1");
    }

    std::unique_ptr<ports::Outbox> outbox_ = pg::make_outbox(pipeline());
    CountingChannel channel_;
    observe::Metrics metrics_;
};

TEST_F(HeldTickets, NothingIsSentTwiceAndEveryTimelineIsToldInTheEndAlsoByAnotherNode)
{
    const auto mine = storm(10);
    const auto neighbour = storm(3);
    pqxx::connection connection(database_.superuser);
    pqxx::work fold(connection);
    fold.exec("select from tickets where tenant_id = '" + mine.str() + "' for update");
    auto dead = node("dead");
    ASSERT_TRUE(pg::eventually([&] { return delivered() == 13; })) << "whoever holds the tickets";
    ASSERT_TRUE(pg::eventually([&] { return events(neighbour) == 3; }));
    const auto leases_end = text("select now() + interval '1 second'");
    ASSERT_TRUE(pg::eventually([&] { return text("select now() > '" + leases_end + "'") == "t"; }));
    dead.reset();
    EXPECT_EQ(events(mine), 0);
    EXPECT_THAT(channel_.sent(), testing::SizeIs(13));
    EXPECT_THAT(channel_.sent(), testing::Each(testing::Pair(testing::_, 1)));

    const auto alive = node("alive");
    fold.commit();
    ASSERT_TRUE(pg::eventually([&] { return events(mine) == 10; }));
    EXPECT_EQ(number("select max(event_seq) from tickets"), 2);
    EXPECT_THAT(channel_.sent(), testing::Each(testing::Pair(testing::_, 1)));
}

}  // namespace
}  // namespace winnow::dispatch

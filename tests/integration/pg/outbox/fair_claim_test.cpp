#include "claiming.hpp"
#include "integration/pg/fixture.hpp"
#include "winnow/pg/outbox.hpp"

#include <map>
#include <set>

namespace winnow::pg {
namespace {

using ports::ClaimedDelivery;
using ports::ClaimShare;
using std::chrono::milliseconds;
using testing::Each;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

constexpr milliseconds kLease{60'000};

class FairClaim : public PgTest {
protected:
    /// Tenants beside tenant_, each with contacts; and contacts for tenant_.
    void make_neighbours(int tenants, int contacts)
    {
        sql("insert into tenants (tenant_id, service_code, name) select md5('tenant ' || n)::uuid, 'next' || n, 'n' "
            "from generate_series(1, " +
            std::to_string(tenants) + ") n");
        sql("insert into contacts (tenant_id, contact_id, name, type, url) select tenant_id, "
            "md5(tenant_id::text || n)::uuid, 'c' || n, 'webhook', 'https://example.org/' from tenants, "
            "generate_series(1, " +
            std::to_string(contacts) + ") n where service_code like 'next%'");
    }
    void make_contacts(int count)
    {
        sql("insert into contacts (tenant_id, contact_id, name, type, url) select '" + tenant_.str() +
            "', md5('contact ' || n)::uuid, 'c' || n, 'webhook', 'https://host' || n || '.example.org/' "
            "from generate_series(1, " +
            std::to_string(count) + ") n");
    }
    /// So many deliveries to each contact that `which` says, of a ticket each.
    void owe(int each, const std::string& which, const std::string& age, int attempts = 0)
    {
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
            "next_attempt_at, attempts) select tenant_id, gen_random_uuid(), gen_random_uuid(), 1, 'opened', "
            "contact_id, '{}', now() - interval '" +
            age + "' + n * interval '1 ms', " + std::to_string(attempts) +
            " from contacts join tenants using (tenant_id), generate_series(1, " + std::to_string(each) + ") n where " +
            which);
    }
    [[nodiscard]] std::string mine() const { return "tenant_id = '" + tenant_.str() + "'"; }

    [[nodiscard]] ports::Claim claim(const ClaimShare& share)
    {
        auto claim = outbox_->claim("node", share, kLease);
        EXPECT_TRUE(claim) << claim.error().message();
        return claim.value_or(ports::Claim());
    }
    [[nodiscard]] static std::map<TenantId, std::size_t> by_tenant(const ports::Claim& claim)
    {
        std::map<TenantId, std::size_t> counts;
        for (const auto& each : claim.deliveries) ++counts[each.tenant];
        return counts;
    }
    [[nodiscard]] static ClaimShare usual(bool retries = false)
    {
        return {.retries = retries, .limit = 128, .per_tenant = 32, .per_receiver = 8, .per_contact = 2};
    }

    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::Outbox> outbox_ = make_outbox(pipeline());
};

TEST_F(FairClaim, AClaimGivesEachTenantItsTurnAndNoneMoreThanItsShare)
{
    make_contacts(100);
    make_neighbours(20, 3);
    owe(100, mine(), "3 hours");
    owe(4, "service_code like 'next%'", "1 minute");
    const auto few = by_tenant(claim({.limit = 21, .per_tenant = 32, .per_receiver = 8, .per_contact = 2}));
    EXPECT_THAT(few, SizeIs(21)) << "one each, however old the flood is";
    const auto many = by_tenant(claim(usual()));
    EXPECT_EQ(many.at(tenant_), 128U - 20 * 6) << "what the others leave, who have three contacts and two for each";
    auto share = usual();
    share.tenants = {{.id = tenant_, .room = 5}};
    EXPECT_EQ(by_tenant(claim(share)).at(tenant_), 5U);
    share.tenants = {{.id = tenant_, .room = 0}};
    EXPECT_FALSE(by_tenant(claim(share)).contains(tenant_));
}

TEST_F(FairClaim, FirstAttemptsAndRetriesAreClaimedApart)
{
    const auto fresh = new_contact(tenant_, "fresh");
    const auto failed = new_contact(tenant_, "failed");
    owe(1, "contacts.name = 'fresh'", "1 minute");
    sql("update deliveries set contact_id = '" + fresh.str() + "'");
    sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, "
        "attempts, "
        "next_attempt_at) values ('" +
        tenant_.str() + "', gen_random_uuid(), gen_random_uuid(), 1, 'opened', '" + failed.str() +
        "', '{}', 3, now() - interval '1 hour')");
    const auto first = claim(usual());
    ASSERT_THAT(first.deliveries, SizeIs(1));
    EXPECT_EQ(first.deliveries[0].contact.id, fresh);
    EXPECT_EQ(first.deliveries[0].delivery.attempts, 1);
    const auto again = claim(usual(true));
    ASSERT_THAT(again.deliveries, SizeIs(1));
    EXPECT_EQ(again.deliveries[0].contact.id, failed);
    EXPECT_EQ(again.deliveries[0].delivery.attempts, 4);
}

TEST_F(FairClaim, NewsOfATicketThatFailedIsAFirstAttempt)
{
    const auto contact = new_contact(tenant_, "one");
    const std::string row =
        "insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, "
        "contact_id, payload, attempts, next_attempt_at) values ('" +
        tenant_.str() + "', gen_random_uuid(), '" + tenant_.str() + "', ";
    sql(row + "1, 'opened', '" + contact.str() + "', '{}', 3, now() + interval '1 hour')");
    EXPECT_THAT(claim(usual()).deliveries, IsEmpty());
    sql(row + "2, 'recovered', '" + contact.str() + "', '{}', 0, now())");
    EXPECT_THAT(claim(usual(true)).deliveries, IsEmpty());
    const auto claimed = claim(usual());
    ASSERT_THAT(claimed.deliveries, SizeIs(1));
    EXPECT_EQ(claimed.deliveries[0].delivery.event_seq, 2);
    EXPECT_EQ(text("select state from deliveries where event_seq = 1"), "superseded");
}

TEST_F(FairClaim, AReceiverHasItsRoomAndAClosedOneGetsNothing)
{
    const auto a = new_contact(tenant_, "a");
    const auto b = new_contact(tenant_, "b");
    const auto elsewhere = new_contact(tenant_, "elsewhere");
    sql("update contacts set url = 'https://Example.org:443/b' where contact_id = '" + b.str() + "'");
    sql("update contacts set url = 'https://example.org:8443/' where contact_id = '" + elsewhere.str() + "'");
    owe(10, mine(), "1 hour");
    auto share = usual();
    share.per_contact = 10;
    share.receivers = {{.tenant = tenant_, .receiver = "https://example.org", .room = 0}};
    auto claimed = claim(share).deliveries;
    ASSERT_THAT(claimed, SizeIs(8));
    EXPECT_THAT(claimed, Each(Field(&ClaimedDelivery::receiver, "https://example.org:8443")));
    share.receivers[0].room = 3;
    share.receivers.push_back({.tenant = tenant_, .receiver = "https://example.org:8443", .room = 0});
    claimed = claim(share).deliveries;
    ASSERT_THAT(claimed, SizeIs(3)) << "of both contacts, together";
    EXPECT_THAT(claimed, Each(Field(&ClaimedDelivery::receiver, "https://example.org")));

    // Nobody else's.
    share.receivers = {{.tenant = TenantId(new_uuid()), .receiver = "https://example.org", .room = 0}};
    EXPECT_FALSE(claim(share).deliveries.empty());
    EXPECT_EQ(number("select count(distinct contact_id) from deliveries where contact_id in ('" + a.str() + "', '" +
                     b.str() + "') and state = 'sending'"),
              2);
}

TEST_F(FairClaim, AReceiverIsSchemeHostAndPort)
{
    const std::map<std::string, std::string> receivers = {
        {"https://example.org/hook?x=https://other/", "https://example.org"},
        {"HTTPS://Example.ORG:443", "https://example.org"},
        {"https://example.org:8443#x", "https://example.org:8443"},
        {"http://10.0.0.1:80/", "http://10.0.0.1"},
        {"http://10.0.0.1:443/", "http://10.0.0.1:443"},
        {"https://user:secret@example.org/", "https://example.org"},
        {"https://[2001:db8::1]:443/", "https://[2001:db8::1]"},
        {"nonsense", ""},
    };
    const auto contact = new_contact(tenant_, "one");
    for (const auto& [url, receiver] : receivers) {
        sql("update contacts set url = '" + url + "' where contact_id = '" + contact.str() + "'");
        EXPECT_EQ(text("select receiver from contacts"), receiver) << url;
    }
    sql("update contacts set type = 'email', address = 'a@example.org'");
    EXPECT_EQ(text("select receiver from contacts"), "mail");
}

TEST_F(FairClaim, WhatIsOwedToManyWhoGetNothingHidesNothingBehindIt)
{
    make_contacts(300);
    owe(1, mine(), "1 hour");
    std::vector<ContactId> most;
    for (const auto& row : sql("select contact_id from contacts order by contact_id limit 290")) {
        most.push_back(ContactId(*Uuid::parse(row[0].c_str())));
    }
    auto share = usual();
    share.busy = most;
    std::set<ContactId> told;
    for (int claims = 0; claims < 5; ++claims) {
        const auto got = claim(share);
        for (const auto& each : got.deliveries) told.insert(each.contact.id);
        if (!got.more) break;
    }
    EXPECT_THAT(told, SizeIs(10));
    share.busy.clear();
    EXPECT_FALSE(claim(share).deliveries.empty()) << "and it begins anew";
}

TEST_F(FairClaim, ATenantWithoutRoomGoesOnLaterWhereItsLastClaimEnded)
{
    make_contacts(100);
    owe(20, mine(), "1 hour");
    std::set<ContactId> late;
    for (const auto& row : sql("select contact_id from contacts order by contact_id offset 64")) {
        late.insert(ContactId(*Uuid::parse(row[0].c_str())));
    }
    auto share = usual();
    share.per_tenant = 4;
    auto full = share;
    full.tenants = {{.id = tenant_, .room = 0}};
    for (int turn = 0; turn < 4; ++turn) {
        const auto got = claim(share);
        ASSERT_THAT(got.deliveries, SizeIs(4));
        EXPECT_EQ(got.more, turn % 2 == 0);
        for (const auto& each : got.deliveries) {
            EXPECT_EQ(late.contains(each.contact.id), turn % 2 == 1) << "turn " << turn;
        }
        EXPECT_THAT(claim(full).deliveries, IsEmpty());
    }
}

TEST_F(FairClaim, TheShareOfRetriesHoldsForRunOutLeasesToo)
{
    make_contacts(20);
    owe(1, mine(), "1 hour");
    auto share = usual();
    auto outbox = make_outbox(pipeline());
    const auto lost = outbox->claim("dead", share, milliseconds{0});
    ASSERT_TRUE(lost);
    ASSERT_THAT(lost->deliveries, SizeIs(20));
    EXPECT_THAT(claim(usual()).deliveries, IsEmpty()) << "they were tried";
    share = usual(true);
    share.per_tenant = 8;
    EXPECT_THAT(claim(share).deliveries, SizeIs(8));
    share.tenants = {{.id = tenant_, .room = 1}};
    EXPECT_THAT(claim(share).deliveries, SizeIs(1));
}

TEST_F(FairClaim, ADeadNodesLeasesEndWhenItsLatestStreamIsTakenOver)
{
    make_contacts(3);
    owe(1, mine(), "1 hour");
    auto share = usual();
    share.limit = 1;
    for (const auto* const node : {"dead", "alive", "own"}) {
        ASSERT_THAT(outbox_->claim(node, share, kLease)->deliveries, SizeIs(1));
    }
    const auto stream = [&](const std::string& node) {
        return static_cast<domain::StreamId>(
            number("insert into journal_streams (node) values ('" + node + "') returning stream"));
    };
    const auto former = stream("dead");
    const auto dead = stream("dead");
    const auto lost = stream("alive");
    std::ignore = stream("alive");
    const auto own = stream("own");
    EXPECT_EQ(outbox_->free_leases(former, "own"), 0U) << "it opened another one since";
    EXPECT_EQ(outbox_->free_leases(lost, "own"), 0U) << "it lives, and writes another one";
    EXPECT_EQ(outbox_->free_leases(own, "own"), 0U);
    EXPECT_EQ(outbox_->free_leases(9'999, "own"), 0U);
    EXPECT_EQ(next_delivery(pipeline()) > milliseconds{1'000}, true);
    EXPECT_EQ(outbox_->free_leases(dead, "own"), 1U);
    EXPECT_EQ(next_delivery(pipeline()), milliseconds{0});
    EXPECT_THAT(claim(usual()).deliveries, IsEmpty());
    const auto again = claim(usual(true)).deliveries;
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].delivery.attempts, 2);
    EXPECT_EQ(outbox_->free_leases(dead, "own"), 0U);
}

/// The size that the design was measured at. Whatever a plan looks like: it may not read the table, nor many rows.
TEST_F(FairClaim, BesideAHundredThousandOfOneTenantAClaimReadsAFewRowsByIndexesAlone)
{
    make_contacts(1'000);
    make_neighbours(200, 5);
    owe(80, mine(), "3 hours");
    owe(20, mine(), "2 hours", 3);
    owe(1, "service_code like 'next%'", "1 minute");
    sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload, state) "
        "select tenant_id, gen_random_uuid(), gen_random_uuid(), 1, 'opened', contact_id, '{}', 'delivered' "
        "from contacts, generate_series(1, 20) n");
    sql("vacuum analyze deliveries, contacts");
    const auto figure = [&](const std::string& sum, const std::string& table) {
        return number("select coalesce(" + sum + ", 0)::int8 from pg_stat_user_tables where relname = '" + table + "'");
    };
    const auto read = [&] {
        return figure("seq_tup_read + idx_tup_fetch", "deliveries");
    };
    const auto scans = [&] {
        return figure("seq_scan", "deliveries");
    };
    const auto updated = [&] {
        return figure("n_tup_upd", "deliveries");
    };
    for (const bool retries : {false, true}) {
        const auto read_before = read();
        const auto scans_before = scans();
        const auto updated_before = updated();
        outbox_ = make_outbox(pipeline());
        const auto began = std::chrono::steady_clock::now();
        const auto claimed = claim(usual(retries));
        const auto took = std::chrono::steady_clock::now() - began;
        outbox_.reset();  // sessions tell their figures when they end
        const auto tenants = by_tenant(claimed);
        EXPECT_THAT(tenants, SizeIs(retries ? 1 : 128));
        EXPECT_LE(tenants.at(tenant_), 32U);
        ASSERT_TRUE(eventually(
            [&] { return updated() >= updated_before + static_cast<std::int64_t>(claimed.deliveries.size()); }));
        EXPECT_EQ(scans(), scans_before) << "read the whole table";
        EXPECT_LT(read() - read_before, 8'000);
        RecordProperty(retries ? "retries_rows" : "first_rows", std::to_string(read() - read_before));
        RecordProperty(retries ? "retries_us" : "first_us",
                       std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    }
}

}  // namespace
}  // namespace winnow::pg

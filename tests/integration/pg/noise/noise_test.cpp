/// The noise statistics: what each fold adds is read at once, and gathered later into the same.

#include "integration/pg/triage/triage_fixture.hpp"
#include "pg/noise/gatherer.hpp"
#include "pg/noise/noise_rows.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/noise_store.hpp"

#include <gmock/gmock.h>
#include <pqxx/transaction>

#include <future>

namespace winnow::pg {
namespace {

using domain::NoiseKind;
using domain::NoiseRow;
using ports::NoiseGroup;
using ports::NoiseLine;
using testing::SizeIs;

class NoiseTest : public TriageFixture {
protected:
    NoiseTest() { keep_statistics(); }

    /// kHour is an hour of its own, however long ago it is.
    void keep_statistics() { sql(R"(update tenant_settings set retention_days = '{"statistics": 3650}')"); }

    static NoiseRow row(NoiseKind kind, const std::string& key, std::int64_t dropped, std::int64_t ticketed)
    {
        NoiseRow row{.hour = kHour, .kind = kind, .key = key, .counts = {}};
        row.counts.received = dropped + ticketed;
        row.counts.dropped = dropped;
        row.counts.ticketed = ticketed;
        row.counts.notified = ticketed;
        row.counts.would_suppress = dropped;
        return row;
    }

    void add(std::vector<NoiseRow> rows) { add(tenant_, std::move(rows)); }
    void add(TenantId tenant, std::vector<NoiseRow> rows)
    {
        ++seq_;
        ASSERT_TRUE(store_->apply(tenant, tenant == tenant_ ? seq_ - 1 : 0, at(seq_), {}, [&](const triage::States&) {
            ports::TriageWrites writes;
            writes.noise = rows;
            return writes;
        }));
    }

    std::size_t gather(std::size_t limit)
    {
        pqxx::connection connection(database_.pipeline);
        pqxx::work tx(connection);
        const auto gathered = NoiseGatherer().gather(tx, limit).rows;
        tx.commit();
        return gathered;
    }

    std::vector<NoiseLine> read(NoiseGroup group) { return read(tenant_, group); }
    std::vector<NoiseLine> read(TenantId tenant, NoiseGroup group)
    {
        std::vector<NoiseLine> lines;
        std::promise<Result<Done>> promise;
        tenants_->submit(
            tenant,
            [&](ports::TenantSession& session) -> Result<Done> {
                auto read = session.noise().read(kHour, kHour + std::chrono::hours(1), group, 5'000);
                if (!read) return read.error();
                lines = *std::move(read);
                return Done{};
            },
            [&](Result<Done> done) { promise.set_value(std::move(done)); });
        const auto done = promise.get_future().get();
        EXPECT_TRUE(done) << done.error().message();
        return lines;
    }

    static constexpr Timestamp kHour{std::chrono::hours{494'000}};
    std::uint64_t seq_ = 0;
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(NoiseTest, IsReadTheSameBeforeAndAfterItIsGathered)
{
    add({row(NoiseKind::total, "", 1, 2), row(NoiseKind::source, "a \"b\\", 1, 2)});
    add({row(NoiseKind::total, "", 3, 0), row(NoiseKind::source, "c", 3, 0)});
    const auto check = [&] {
        const auto total = read(NoiseGroup::none);
        ASSERT_THAT(total, SizeIs(1));
        EXPECT_EQ(total[0].counts, row(NoiseKind::total, "", 4, 2).counts);
        const auto sources = read(NoiseGroup::source);
        ASSERT_THAT(sources, SizeIs(2));
        EXPECT_EQ(sources[1].key, "c");
        EXPECT_EQ(sources[0].counts, row(NoiseKind::source, "", 1, 2).counts);
        EXPECT_EQ(read(NoiseGroup::hour)[0].counts.received, 6);
    };
    check();
    EXPECT_EQ(gather(100), 2U);
    EXPECT_EQ(number("select count(*) from noise_deltas"), 0);
    check();
    add({row(NoiseKind::total, "", 0, 1)});
    EXPECT_EQ(read(NoiseGroup::none)[0].counts.received, 7) << "what is gathered and what is not count together";
    EXPECT_EQ(gather(100), 1U);
    EXPECT_EQ(read(NoiseGroup::none)[0].counts.received, 7);
    EXPECT_EQ(gather(100), 0U);
}

TEST_F(NoiseTest, IsGatheredInPartsAndOfEachTenantByItself)
{
    const auto other = new_tenant();
    keep_statistics();
    for (int i = 0; i < 3; ++i) add({row(NoiseKind::service, "s", 1, 0)});
    add(other, {row(NoiseKind::service, "s", 7, 0)});
    EXPECT_EQ(gather(3), 3U);
    EXPECT_EQ(gather(3), 1U);
    EXPECT_EQ(read(NoiseGroup::service)[0].counts.dropped, 3);
    EXPECT_EQ(read(other, NoiseGroup::service)[0].counts.dropped, 7);
}

TEST_F(NoiseTest, AnHourKeepsSoManyKeysTheBusiestOfTheFirstAndTheRestTogether)
{
    std::vector<NoiseRow> many;
    for (std::size_t i = 0; i < domain::kMaxNoiseKeys + 10; ++i) {
        many.push_back(row(NoiseKind::source, "host-" + std::to_string(i), 1, i < 10 ? 0 : 1));
    }
    add(many);
    EXPECT_EQ(gather(100), 1U);
    const auto kept = [&](const std::string& key) {
        const auto lines = read(NoiseGroup::source);
        EXPECT_THAT(lines, SizeIs(domain::kMaxNoiseKeys + 1));
        const auto line = std::ranges::find(lines, key, &NoiseLine::key);
        return line == lines.end() ? 0 : line->counts.received;
    };
    EXPECT_EQ(kept("host-3"), 0) << "these ten were the quietest";
    EXPECT_EQ(kept(std::string(domain::kOtherKeys)), 10);

    add({row(NoiseKind::source, "late", 5, 0), row(NoiseKind::source, "host-77", 1, 0),
         row(NoiseKind::source, std::string(domain::kOtherKeys), 2, 0), row(NoiseKind::rule, "rule", 1, 0)});
    EXPECT_EQ(gather(100), 1U);
    EXPECT_EQ(kept("late"), 0);
    EXPECT_EQ(kept("host-77"), 3);
    EXPECT_EQ(kept(std::string(domain::kOtherKeys)), 17);
}

TEST_F(NoiseTest, WhileSomebodyElseGathersThereIsNothingToDo)
{
    add({row(NoiseKind::total, "", 1, 0)});
    pqxx::connection other(database_.superuser);
    pqxx::nontransaction session(other);
    session.exec("select pg_advisory_lock(x'574E4E4F'::int, 0)");
    EXPECT_EQ(gather(100), 0U);
    session.exec("select pg_advisory_unlock(x'574E4E4F'::int, 0)");
    EXPECT_EQ(gather(100), 1U);
}

}  // namespace
}  // namespace winnow::pg

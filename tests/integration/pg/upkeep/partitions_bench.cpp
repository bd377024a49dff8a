/// @file
/// The longest pause of a writer beside a running pg_dump, while partitions are made and dropped: as it is done now,
/// and as `create … partition of` and `drop table` did it.

#include "integration/pg/fixture.hpp"

#include <pqxx/except>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class PartitionsBench : public PgTest {
protected:
    /// Ten seconds of appends beside a dump that nobody reads, while `upkeep` runs again and again.
    void measure(const char* name, const std::function<void()>& upkeep)
    {
        const auto tenant = new_tenant();
        sql("select make_day_partitions((now() at time zone 'UTC')::date - 100, 5); "
            "select make_day_partitions((now() at time zone 'UTC')::date, 1)");
        const auto streams = make_journal_streams(pipeline());
        const auto stream = streams->open("n").value();
        sql("insert into journal select '" + tenant.str() +
            "', now(), 99, n, 1, string_agg(sha256((n * 1000 + m)::text::bytea), '') from generate_series(1, 64) n, "
            "generate_series(1, 1000) m group by n");
        const auto session = streams->session(stream).value();
        FILE* dump = popen((WINNOW_PG_BINDIR "/pg_dump --dbname='" + database_.superuser + "'").c_str(), "r");
        ASSERT_TRUE(eventually([&] {
            return number(
                       "select count(*) from pg_locks l join pg_stat_activity a using (pid) where "
                       "a.application_name = 'pg_dump' and l.relation = 'verdicts'::regclass and l.granted") > 0;
        }));
        std::vector<double> pauses;
        std::size_t refused = 0;
        {
            const std::jthread other([&](const std::stop_token& stop) {
                while (!stop.stop_requested()) {
                    upkeep();
                    std::this_thread::sleep_for(100ms);  // the pace of the load
                }
            });
            const auto end = Clock::now() + 10s;
            for (std::uint64_t seq = 1; Clock::now() < end; ++seq) {
                const auto begun = Clock::now();
                const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
                const auto done = session->append(
                    {{.tenant = tenant, .position = {now, stream, seq}, .alert_count = 1, .payload = "x"}});
                refused += done ? 0 : 1;
                pauses.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
            }
        }
        std::string rest(1U << 20U, '\0');
        while (fread(rest.data(), 1, rest.size(), dump) > 0) {
        }
        pclose(dump);
        std::ranges::sort(pauses);
        std::printf("%s: %zu appends, median %.1f ms, 99.9%% %.1f ms, longest %.1f ms, refused %zu\n", name,
                    pauses.size(), pauses[pauses.size() / 2], pauses[pauses.size() * 999 / 1000], pauses.back(),
                    refused);
    }
};

TEST_F(PartitionsBench, AttachedAndDroppedAsAChore)
{
    const auto chores = make_chores(pipeline());
    measure("now", [&] {
        static_cast<void>(chores->step(0));
        static_cast<void>(chores->step(1));
    });
}

TEST_F(PartitionsBench, LockedAgainstEverybody)
{
    measure("before", [&] {
        try {
            sql("set lock_timeout = '5s'; create table journal_new partition of journal for values from ('2040-01-01') "
                "to ('2040-01-02'); drop table journal_new");
        } catch (const pqxx::sql_error&) {  // the lock was not to be had
        }
    });
}

}  // namespace
}  // namespace winnow::pg

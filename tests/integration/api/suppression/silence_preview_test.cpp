#include "integration/api/tenants.hpp"
#include "pg/rows/values.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace winnow::test {
namespace {

using SilencePreview = Tenants;

TEST_F(SilencePreview, DoesNotReadWhatWasSetAsideAndSaysThatItHasNotLookedAtAll)
{
    const json wanted{{"matchers", R"(source=~"db-.*")"}};
    now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
    const auto put = [&](int seq, std::string_view lines, domain::Disposition disposition) {
        const auto row = "('" + ours_.str() + "', date_trunc('second', now()) - interval '1 minute', 1, " +
                         std::to_string(seq) + ", ";
        sql("insert into journal values " + row + "1, '" + pg::hex_bytes(journal::encode_rows(lines)) + "')");
        domain::Verdict verdict;
        verdict.disposition = disposition;
        sql("insert into verdicts values " + row + "'" + pg::hex_bytes(journal::encode_verdicts({verdict})) + "')");
    };
    std::string lines;
    domain::Alert alert;
    alert.title = alert.dedup_key = "disk";
    alert.source = "db-1";
    intake::append_canonical(alert, lines);
    put(1, lines, domain::Disposition::ticketed);
    auto alerts = post("/silences/preview", wanted).body["alerts"];
    EXPECT_EQ(alerts["count"], 1) << alerts;
    EXPECT_EQ(alerts["complete"], true);
    put(2, "this cannot be read", domain::Disposition::quarantined);
    const auto preview = post("/silences/preview", wanted);
    ASSERT_EQ(preview.status, 200) << preview.text;
    EXPECT_EQ(preview.body["alerts"]["count"], 1);
    EXPECT_EQ(preview.body["alerts"]["complete"], false);
}

}  // namespace
}  // namespace winnow::test

/// @file
/// Tickets by text and label: the index finds what walking every ticket finds, reads little, and nothing of others.

#include "integration/api/world.hpp"
#include "winnow/pg/search_index.hpp"

#include <array>
#include <random>

namespace winnow::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class TicketSearch : public World {
protected:
    void index()
    {
        while (index_->advance(500).value() > 0) {
        }
    }
    /// As the fold does it.
    void number_of(std::int64_t last)
    {
        sql("insert into ticket_numbers values ('" + ours_.str() + "', " + std::to_string(last + 1) +
            ") on conflict (tenant_id) do update set next_number = excluded.next_number");
    }
    std::int64_t count(const std::string& statement) { return sql(statement)[0][0].as<std::int64_t>(); }
    /// By the function itself, as the role that serves requests.
    std::int64_t found_for(const std::string& tenant, const std::string& needle)
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        if (!tenant.empty()) begin_as(tx, database_, tenant);
        return tx.exec("select count(*) from find_tickets(" + tx.quote(needle) + ", '{}', 100)")[0][0]
            .as<std::int64_t>();
    }
    const std::unique_ptr<ports::SearchIndex> index_ =
        pg::make_search_index(pg::PgOptions{.conninfo = database_.pipeline});
};

TEST_F(TicketSearch, FindsWhatIsIndexedWhatIsNewAndWhatHasChanged)
{
    const auto old = add_ticket({.title = "disk full", .labels = R"({"env":"prod"})"});
    number_of(1);
    index();
    EXPECT_EQ(count("select count(*) from ticket_search"), 1);
    const auto fresh = add_ticket({.title = "DISK gone", .labels = R"({"env":"prod"})"});
    number_of(2);
    EXPECT_THAT(ids("/tickets?q=disk"), UnorderedElementsAre(old, fresh)) << "one of them is not indexed yet";
    EXPECT_THAT(ids("/tickets?label.env=prod"), UnorderedElementsAre(old, fresh));
    index();
    call("PATCH", "/tickets/" + old, {{"title", "memory full"}});
    EXPECT_THAT(ids("/tickets?q=memory"), ElementsAre(old)) << "before the index knows";
    index();
    EXPECT_EQ(count("select count(*) from search_due"), 0);
    EXPECT_THAT(ids("/tickets?q=memory"), ElementsAre(old));
    EXPECT_THAT(ids("/tickets?q=disk"), ElementsAre(fresh));
    EXPECT_EQ(get("/tickets/stats?q=disk").body["total"], 1);
}

TEST_F(TicketSearch, OfADescriptionItsBeginningIsSearchedHoweverTheTicketIsFound)
{
    const auto within = add_ticket({.title = "a", .description = std::string(8'185, '.') + " needle and on"});
    add_ticket(
        {.title = "b", .description = std::string(8'186, '.') + " needle and on"});  // its end is character 8,193
    number_of(2);
    EXPECT_THAT(ids("/tickets?q=needle"), ElementsAre(within)) << "not indexed: each is looked at";
    EXPECT_EQ(get("/tickets/stats?q=needle").body["total"], 1);
    index();
    EXPECT_THAT(ids("/tickets?q=needle"), ElementsAre(within)) << "by the index";
}

/// A run is indexed in pieces of 32 characters.
TEST_F(TicketSearch, AnyPartOfALongRunIsFoundByTheIndex)
{
    std::string letters;
    for (unsigned i = 0; i < 100; ++i) letters += static_cast<char>('a' + i * i * 7 % 26);
    std::string kana;
    for (unsigned i = 0; i < 100; ++i) kana += {'\xE3', '\x82', static_cast<char>(0x80 + i * i * 5 % 63)};
    add_ticket({.title = letters, .description = kana});
    number_of(1);
    index();
    for (std::size_t at = 0; at + 6 <= 100; ++at) {
        EXPECT_EQ(found_for(ours_.str(), letters.substr(at, 6)), 1) << at;
        EXPECT_EQ(found_for(ours_.str(), kana.substr(3 * at, 3 * 2)), 1) << at;
    }
    EXPECT_EQ(count("select cardinality(search_grams('" + letters + "', true))"),
              count("select count(distinct substr(t, at, width)) from (select '" + letters +
                    "' as t) as one, generate_series(1, 3) as width, generate_series(1, 101 - width) as at"));
}

/// What the list finds without the index is the oracle: the same request with as many tickets not indexed.
TEST_F(TicketSearch, TheIndexFindsExactlyWhatLookingAtEveryTicketFinds)
{
    constexpr std::array kWords{"disk",  "web-prod-12", "ディスク", "使用率",  "障",  "a",
                                "90%",   "Straße",      "naïve",    "Ünïcö",   "x_y", "10.0.0.1",
                                "ﾃﾞｨｽｸ", "🔥",          "db7",      "timeout", "ß",   "Σίσυφος"};
    std::mt19937 dice(20261126);
    const auto word = [&] {
        return std::string(kWords.at(dice() % kWords.size()));
    };
    for (int i = 0; i < 300; ++i) {
        add_ticket({.title = word() + (dice() % 3 == 0 ? "" : " ") + word(),
                    .description = word() + "\n" + word(),
                    .labels = json{{"host", word()}, {"env", dice() % 2 == 0 ? "prod" : "dev"}}.dump()});
    }
    number_of(300);
    index();
    EXPECT_EQ(count("select count(*) from ticket_search"), 300);
    const auto oracle = [&](const std::string& text) {
        pqxx::nontransaction tx(admin_);
        return tx
            .exec("select count(*) from tickets t where strpos(lower(t.title), lower(" + tx.quote(text) +
                  ")) > 0 or strpos(lower(t.description), lower(" + tx.quote(text) + ")) > 0 or " +
                  "strpos(lower(t.dedup_key), lower(" + tx.quote(text) + ")) > 0")[0][0]
            .as<std::int64_t>();
    };
    const auto encoded = [](const std::string& text) {
        std::string out;
        constexpr std::string_view kHex = "0123456789ABCDEF";
        for (const char each : text) {
            const auto c = static_cast<unsigned char>(each);
            out += '%';
            out += kHex[c >> 4U];
            out += kHex[c & 15U];
        }
        return out;
    };
    for (int i = 0; i < 300; ++i) {
        auto text = word() + (dice() % 2 == 0 ? " " + word() : "");
        // A part of it, cut between code points.
        const auto is_head = [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        };
        auto from = dice() % text.size();
        while (!is_head(text[from])) --from;
        text = text.substr(from);
        if (text.find_first_not_of(' ') == std::string::npos) continue;
        EXPECT_EQ(get("/tickets/stats?state=held,open,in_progress,recovered,close_requested,returned,closed&q=" +
                      encoded(text))
                      .body["total"],
                  oracle(text))
            << text;
    }
    EXPECT_EQ(ids("/tickets?label.env=prod&limit=500").size(),
              static_cast<std::size_t>(count("select count(*) from tickets where labels->>'env' = 'prod'")));
}

TEST_F(TicketSearch, AnotherTenantIsNeverFoundNorAnybodyWithoutATenant)
{
    add_ticket({.title = "secret word"}, theirs_);
    add_ticket({.title = "secret word"});
    sql("insert into ticket_numbers select tenant_id, max(number) + 1 from tickets group by 1");
    EXPECT_EQ(found_for(theirs_.str(), "secret"), 1);
    EXPECT_EQ(found_for("", "secret"), 0);
    index();
    EXPECT_EQ(count("select count(distinct tenant_id) from ticket_search"), 2);
    EXPECT_EQ(found_for(ours_.str(), "secret"), 1);
    EXPECT_EQ(found_for("0199c0de-0000-7000-8000-00000000000c", "secret"), 0);
    EXPECT_EQ(found_for("", "secret"), 0);
    EXPECT_THAT(ids("/tickets?q=secret"), testing::SizeIs(1));
}

/// What is read is counted, whatever the plans look like: of 20,000 tickets, not many more than match.
TEST_F(TicketSearch, ARareTextLabelOrNothingReadsFewRows)
{
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, labels, occurrences,"
        " first_seen_at, last_seen_at, opened_at)"
        " select '" +
        ours_.str() +
        "', gen_random_uuid(), n, 'open', 1 + n % 4, 'ticket on host' || n, 'key ' || n,"
        " jsonb_build_object('rack', 'r' || n % 5000), 1, now(), now(),"
        " timestamptz '2026-11-23' + n * interval '1 ms' from generate_series(1, 20000) as n");
    number_of(20'000);
    index();
    sql("vacuum analyze ticket_search, tickets");  // the index's pending entries, too
    for (const auto* target :
         {"/tickets?q=host12345", "/tickets?q=nowhere", "/tickets?label.rack=r77", "/tickets?q=host77&label.rack=r77",
          "/tickets/stats?q=host12345", "/tickets/stats?label.rack=r77"}) {
        EXPECT_LE(rows_read_by(target), 300) << target;
    }
    EXPECT_LE(pages_read_by("/tickets/stats"), 200) << "counted in an index, not in the tickets";
}

}  // namespace
}  // namespace winnow::test

/// The words of tickets' states in the schema, whose released migrations cannot ask the program for them.

#include "integration/pg/fixture.hpp"
#include "winnow/domain/ticket.hpp"

#include <string>
#include <vector>

namespace winnow::pg {
namespace {

class TicketStatesTest : public PgTest {};

TEST_F(TicketStatesTest, OfTheSchemaAreThoseOfTheProgramAndLiveInTheSame)
{
    std::vector<std::string> all;
    std::vector<std::string> ended;
    for (const auto state : domain::ticket_states()) {
        all.emplace_back(to_string(state));
        if (!domain::is_live(state)) ended.emplace_back(to_string(state));
    }
    const auto words_of = [&](const std::string& expression, const std::string& of) {
        const auto rows = sql("select w.word[1] from " + of + " cross join lateral regexp_matches(" + expression +
                              R"(, '''(\w+)''', 'g') with ordinality as w(word, place) order by w.place)");
        std::vector<std::string> words;
        for (const auto& row : rows) words.emplace_back(row[0].c_str());
        return words;
    };
    EXPECT_EQ(words_of("pg_get_constraintdef(c.oid)",
                       "(select oid from pg_constraint where conrelid = "
                       "'tickets'::regclass and conname = 'tickets_state_check') c"),
              all);
    EXPECT_EQ(words_of("pg_get_expr(i.indpred, i.indrelid)",
                       "(select indpred, indrelid from pg_index where indexrelid "
                       "= 'tickets_one_live_per_key'::regclass) i"),
              ended);
}

}  // namespace
}  // namespace winnow::pg

/// @file
/// Rules as rows: what the table of their fields writes, statements built of it store, and histories show.

#include "winnow/ports/rule_store.hpp"

#include "integration/pg/fixture.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/noun_stores.hpp"
#include "unit/forms/random_documents.hpp"
#include "winnow/ports/ruleset_history.hpp"

#include <utility>

namespace winnow::pg {
namespace {

using domain::Rule;
using nlohmann::json;
using testing::IsEmpty;

constexpr std::size_t kRules = 200;

class RuleStoreTest : public PgTest {
protected:
    /// As the api role, in a transaction of the tenant.
    template <typename Work>
    auto in_session(Work work)
    {
        pqxx::nontransaction tx(session_.connection());
        test::begin_as(tx, database_, tenant_.str());
        auto result = work(tx);
        tx.exec("commit");
        return result;
    }

    void apply(const ports::RuleChanges& changes)
    {
        const auto done = in_session([&](auto& tx) { return make_rule_store(tx, tenant_)->apply(changes); });
        ASSERT_TRUE(done) << done.error().message();
    }

    std::vector<Rule> stored()
    {
        auto rules = in_session([&](auto& tx) { return make_rule_store(tx, tenant_)->all(); });
        EXPECT_TRUE(rules) << rules.error().message();
        return rules ? *std::move(rules) : std::vector<Rule>();
    }

    /// The rules of the rule set's latest version, as its history shows them.
    json remembered()
    {
        const auto snapshot = in_session([&](auto& tx) {
            const auto history = make_ruleset_history(tx, tenant_);
            return history->find(history->version().value());
        });
        EXPECT_TRUE(snapshot) << snapshot.error().message();
        return snapshot ? json::parse(snapshot->rules) : json();
    }

    /// Whole rules, in order, each of its own version.
    std::vector<Rule> random_rules()
    {
        std::vector<Rule> rules;
        while (rules.size() < kRules) {
            std::vector<FieldError> errors;
            auto input = forms::read_rule(random_.rule(), "", errors);
            EXPECT_THAT(errors, IsEmpty());
            const auto place = static_cast<std::int32_t>(rules.size()) + 1;
            auto& rule = input.rule;
            rule.id = RuleId(new_uuid());
            rule.position = place;
            rule.version = place;
            rule.updated_at = Timestamp(std::chrono::milliseconds{1'764'000'000'000 + place % 3});
            rule.updated_by = "user:" + rule.id.str();
            rules.push_back(std::move(rule));
        }
        return rules;
    }

    /// The same bytes in the table as in the history.
    void expect_stored(const std::vector<Rule>& rules)
    {
        const auto rows = stored();
        const auto history = remembered();
        ASSERT_EQ(rows.size(), rules.size());
        ASSERT_EQ(history.size(), rules.size());
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const auto given = forms::rule_json(rules[i]).dump();
            ASSERT_EQ(forms::rule_json(rows[i]).dump(), given);
            ASSERT_EQ(history[i].dump(), given);
        }
    }

    TenantId tenant_ = new_tenant();
    Session session_{as(database_.api)};
    forms::RandomDocuments random_{1};
};

TEST_F(RuleStoreTest, KeepsEveryRuleAndRemembersItAsTheSameBytes)
{
    auto rules = random_rules();
    apply({.created = rules, .updated = {}, .deleted = {}, .moved = {}, .actor = "user:ann", .comment = ""});
    expect_stored(rules);

    auto changed = random_rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        changed[i].id = rules[i].id;
        changed[i].version = rules[i].version + 1;
    }
    apply({.created = {}, .updated = changed, .deleted = {}, .moved = {}, .actor = "user:ann", .comment = ""});
    expect_stored(changed);
}

TEST_F(RuleStoreTest, ARuleThatCannotBeReadHasNoActionAndKeepsItsName)
{
    const auto rules = random_rules();
    apply({.created = rules, .updated = {}, .deleted = {}, .moved = {}, .actor = "user:ann", .comment = ""});
    const auto spoil = [&](std::size_t place, const std::string& column, const std::string& value) {
        sql("update rules set " + column + " = '" + value + "' where rule_id = '" + rules[place].id.str() + "'");
    };
    spoil(0, "actions", R"([{"type":"dorp"}])");
    spoil(1, "schedule", R"({"time_zone":"UTC"})");
    const auto rows = stored();
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_THAT(rows[i].actions, IsEmpty()) << i;
        EXPECT_EQ(rows[i].name, rules[i].name);
        EXPECT_EQ(rows[i].schedule, std::nullopt);
    }
    EXPECT_EQ(forms::rule_json(rows[2]).dump(), forms::rule_json(rules[2]).dump());
}

}  // namespace
}  // namespace winnow::pg

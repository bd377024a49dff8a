/// What a program from before tenants were proven reaches in a database that newer ones have changed.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/database_checks.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/migrator.hpp"

#include <pqxx/except>

namespace winnow::pg {
namespace {

using test::PostgresCluster;
using testing::HasSubstr;

/// A database that is in use, from before tenants were proven.
class OlderProgram : public PgTest {
protected:
    OlderProgram()
    {
        database_ = PostgresCluster::instance().empty_database();
        for (const auto& step : embedded_migrations()) {
            if (step.name.ends_with("_tenant_proofs")) break;
            its_steps_.push_back(step);
        }
        EXPECT_LT(its_steps_.size(), embedded_migrations().size());
        EXPECT_TRUE(migrate(database_.superuser, {}, its_steps_));
        sql("insert into tenants (tenant_id, service_code, name) values ('" + tenant_.str() + "', 'tenant1', 'x')");
        new_contact(tenant_, "ours");
        sql("insert into journal_streams (node) values ('older')");
    }

    /// Which contacts the role sees that has done what `put_on` says.
    template <typename PutOn>
    [[nodiscard]] std::string seen(PutOn put_on)
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        put_on(tx);
        try {
            return tx.exec1("select coalesce(string_agg(name, ','), '') from contacts")[0].c_str();
        } catch (const pqxx::insufficient_privilege&) {
            return "refused";
        }
    }
    [[nodiscard]] std::string seen_by_who_says(const std::string& proof = "")
    {
        return seen([&](pqxx::transaction_base& tx) {
            tx.exec("begin; select set_config('winnow.tenant_id', '" + tenant_.str() +
                    "', true), set_config('winnow.tenant_proof', " + tx.quote(proof) + ", true)");
        });
    }
    [[nodiscard]] std::string seen_by_who_proves()
    {
        return seen([&](pqxx::transaction_base& tx) { test::begin_as(tx, database_, tenant_.str()); });
    }

    const TenantId tenant_{new_uuid()};
    std::vector<Migration> its_steps_;
};

TEST_F(OlderProgram, IsBelievedWhatItSaysUntilItHasEnded)
{
    ASSERT_EQ(seen_by_who_says(), "ours");
    ASSERT_GE(migrate(database_.superuser).value(), 1U);
    sql("update schema_migrations set compatible = true where name not like '%\\_tenant\\_proofs'");
    ASSERT_TRUE(make_journal_streams(pipeline())->open("newer"));
    for (const std::string ended_at : {"null", "now() - interval '4 minutes'"}) {  // it may only have lost its stream
        sql("update journal_streams set ended_at = " + ended_at + " where not proves_tenants");
        do_chore("require_proofs");
        EXPECT_EQ(migrate(database_.superuser).value(), 0U);
        EXPECT_EQ(seen_by_who_says(), "ours");
        EXPECT_EQ(seen_by_who_says("00"), "refused") << "a wrong proof is never none";
        EXPECT_EQ(seen_by_who_proves(), "ours");
        EXPECT_TRUE(check_schema(database_.pipeline, its_steps_)) << "it may start again";
        EXPECT_THAT(check_openings(database_.pipeline).value(), testing::Contains(HasSubstr("without a proof")));
    }
    sql("update journal_streams set ended_at = now() - interval '6 minutes' where not proves_tenants");
    do_chore("require_proofs");
    EXPECT_EQ(seen_by_who_says(), "refused");
    EXPECT_EQ(seen_by_who_proves(), "ours");
    const auto refused = check_schema(database_.pipeline, its_steps_);
    ASSERT_FALSE(refused) << "it would be refused each statement";
    EXPECT_THAT(refused.error().message(), HasSubstr("_tenant_proofs is unknown"));
    EXPECT_THAT(check_openings(database_.pipeline).value(), testing::IsEmpty());
}

}  // namespace
}  // namespace winnow::pg

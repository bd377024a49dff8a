/// @file
/// What an import leaves as it is: what others do meanwhile, and what says who gets in.

#include "integration/pg/imports/import_fixture.hpp"
#include "winnow/pg/source_network_trials.hpp"

#include <chrono>

namespace winnow::pg {
namespace {

using json = nlohmann::json;
using testing::HasSubstr;

class ImportBesideTest : public ImportTest {
protected:
    void import(const Exported& exported)
    {
        const auto target = opened(begun(ours_));
        write(*target, exported);
        const auto finished = target->finish(summary(theirs_));
        ASSERT_TRUE(finished) << finished.error().message();
        EXPECT_TRUE(*finished);
    }
    [[nodiscard]] std::string networks()
    {
        return text(
            "select users::text || admins::text || keys::text || coalesce(old_users::text || old_admins::text || "
            "old_keys::text, '-') || coalesce((revert_at > now())::text, '-') from source_networks where "
            "tenant_id = " +
            quoted(ours_));
    }
    /// One by whom the tenant's row, or what else is said, is changed at once, or not at all.
    void at_once(const std::string& statement)
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        tx.exec("set lock_timeout = '1ms'");
        EXPECT_NO_THROW(tx.exec(statement)) << statement;
    }
};

TEST_F(ImportBesideTest, ListsThatAreThereComeBackAndEmptyOnesReplaceNone)
{
    fill(theirs_);
    sql("insert into source_networks (tenant_id, users, admins) values (" + quoted(ours_) +
        ", '{10.0.0.0/8}', '{10.1.0.0/16}')");
    import(exported(theirs_));
    EXPECT_EQ(networks(), "{10.0.0.0/8}{192.0.2.0/24}{}{10.0.0.0/8}{10.1.0.0/16}{}true");
    sql("update source_networks set revert_at = now() where tenant_id = " + quoted(ours_));
    EXPECT_TRUE(make_source_network_trials(pipeline())->revert(ours_).value());
    EXPECT_EQ(networks(), "{10.0.0.0/8}{10.1.0.0/16}{}--");
}

TEST_F(ImportBesideTest, AnArchiveWithoutListsChangesNone)
{
    fill(theirs_);
    sql("update source_networks set admins = '{}' where tenant_id = " + quoted(theirs_));
    sql("insert into source_networks (tenant_id, users) values (" + quoted(ours_) + ", '{10.0.0.0/8}')");
    import(exported(theirs_));
    EXPECT_EQ(networks(), "{10.0.0.0/8}{}{}--");
}

TEST_F(ImportBesideTest, ListsOnTrialGoOnBeingOnTrialBesideWhatWasKept)
{
    fill(theirs_);
    sql("insert into source_networks values (" + quoted(ours_) +
        ", '{10.2.0.0/16}', '{}', '{}', '{10.0.0.0/8}', '{}', '{}', now() + interval '5 minutes')");
    import(exported(theirs_));
    EXPECT_EQ(networks(), "{10.2.0.0/16}{192.0.2.0/24}{}{10.0.0.0/8}{}{}true");
}

TEST_F(ImportBesideTest, WhatIsToSignInIsSaidHereAndWhatNetworksCameIsRecorded)
{
    fill(theirs_);
    sql("update tenant_settings set mfa_policy = 'admins', session_idle_ms = 43200000 where tenant_id = " +
        quoted(theirs_));
    import(exported(theirs_));
    EXPECT_EQ(text("select mfa_policy || (session_idle_ms <> 43200000)::text || reopen_window_ms from tenant_settings "
                   "where tenant_id = " +
                   quoted(ours_)),
              "alltrue60000");
    const auto detail =
        json::parse(text("select detail from audit where act = 'import.finish' and tenant_id = " + quoted(ours_)));
    EXPECT_EQ(detail["source_networks"]["admins"], json::array({"192.0.2.0/24"}));
}

TEST_F(ImportBesideTest, NobodyWaitsForOneThatIsWritten)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    sql("insert into source_networks (tenant_id, users) values (" + quoted(ours_) + ", '{10.0.0.0/8}')");
    const auto job = begun(ours_);
    const auto target = opened(job);
    write(*target, lines);
    at_once("update users set state = 'disabled' where tenant_id = " + quoted(ours_));
    at_once("update api_keys set revoked_at = now() where tenant_id = " + quoted(ours_));
    at_once("select from tenants where tenant_id = " + quoted(ours_) + " for no key update");
    at_once("update tenant_settings set updated_at = now() where tenant_id = " + quoted(ours_));
    at_once("update source_networks set users = '{}' where tenant_id = " + quoted(ours_));
    at_once("update tenant_key set groups_required = groups_required");
    at_once("update tenants set state = 'suspended', suspended_at = now() where tenant_id = " + quoted(ours_));
    EXPECT_FALSE(import_jobs_->keep(job, {.state = domain::ImportState::writing}).value());
    const auto finished = target->finish(summary(theirs_));
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(finished.error().message(), HasSubstr("the tenant is suspended"));
    EXPECT_EQ(number("select count(*) from rules where tenant_id = " + quoted(ours_)), 0);
}

TEST_F(ImportBesideTest, NothingIsMixedWithWhatWasMadeMeanwhile)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    const auto refused = [&](const std::string& meanwhile) {
        std::string why;
        {
            const auto target = opened(begun(ours_));
            write(*target, lines);
            at_once(meanwhile);
            const auto finished = target->finish(summary(theirs_));
            why = finished ? "taken" : finished.error().message();
        }
        sql("delete from imports");
        return why;
    };
    EXPECT_THAT(refused("update tenant_settings set reopen_window_ms = 1 where tenant_id = " + quoted(ours_)),
                HasSubstr("was changed while the archive was written"));
    EXPECT_THAT(
        refused("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at, "
                "revoked_at) values (" +
                quoted(ours_) + ", gen_random_uuid(), sha256('meanwhile'), 'h', 'viewer', 'x', now(), now())"),
        HasSubstr("was changed while the archive was written (scim_tokens)"));
    sql("delete from scim_tokens where tenant_id = " + quoted(ours_));
    EXPECT_EQ(refused("select 1"), "taken");
}

TEST_F(ImportBesideTest, NodesAreToldOfWhatCame)
{
    fill(theirs_);
    const auto versions =
        "select config_version || ' ' || credentials_version from tenants where tenant_id = " + quoted(ours_);
    const auto before = text(versions);
    import(exported(theirs_));
    EXPECT_NE(text(versions), before);
}

TEST_F(ImportBesideTest, WhatNobodyCouldReadIsRefused)
{
    fill(theirs_);
    sql("alter table tenant_settings drop constraint tenant_settings_retention_days_are_days");
    sql("update tenant_settings set retention_days = '{\"access_log\": \"x\"}' where tenant_id = " + quoted(theirs_));
    const auto target = opened(begun(ours_));
    write(*target, exported(theirs_));
    const auto finished = target->finish(summary(theirs_));
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), ErrorCode::invalid_argument) << finished.error().message();
    EXPECT_THAT(finished.error().message(), HasSubstr("settings cannot be read"));
}

}  // namespace
}  // namespace winnow::pg

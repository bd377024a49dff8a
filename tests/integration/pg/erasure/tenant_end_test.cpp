/// @file
/// The end of a tenant: who still gets in, what is refused, what is left of it on disk, in the vault and in the
/// provider's log.

#include "integration/pg/erasure/eraser.hpp"
#include "integration/pg/fixture.hpp"
#include "support/vault_database.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/pg/key_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/except>

#include <chrono>
#include <string>

namespace winnow::pg {
namespace {

using nlohmann::json;

class TenantEndTest : public PgTest {
protected:
    [[nodiscard]] static std::string quoted(TenantId tenant) { return "'" + tenant.str() + "'"; }

    /// Beside admin@example.org: a user of that role with a key and a session, both of the SHA-256 of its name.
    void user(const std::string& name, const std::string& role, bool audits = false)
    {
        const auto id = "'" + new_uuid().str() + "'";
        sql("insert into users (tenant_id, user_id, email, name, role, audits) values (" + quoted(ours_) + ", " + id +
            ", '" + name + "@example.org', '" + name + "', '" + role + "', " + (audits ? "true" : "false") + ")");
        sql("insert into api_keys (tenant_id, key_id, user_id, secret_hash, hint) values (" + quoted(ours_) +
            ", gen_random_uuid(), " + id + ", sha256('" + name + "'), 'h')");
        sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
            "last_seen_at, expires_at) values (" +
            quoted(ours_) + ", gen_random_uuid(), " + id + ", sha256('" + name +
            "'), 'active', now(), now(), now(), now() + interval '1 hour')");
    }
    [[nodiscard]] bool gets_in(const std::string& name)
    {
        const auto by_key = number("select count(*) from find_caller(sha256('" + name + "'))");
        EXPECT_EQ(number("select count(*) from find_session(sha256('" + name + "'))"), by_key) << name;
        return by_key == 1;
    }
    [[nodiscard]] Result<ports::Erasure> erase(const std::string& name, bool waives)
    {
        return eraser_.ends().erase(ours_,
                                    {.id = ErasureId(new_uuid()),
                                     .wish = {.name = name, .waives_window = waives},
                                     .reason = "asked for in writing"},
                                    {});
    }
    [[nodiscard]] Result<domain::Tenant> close(std::chrono::days window = std::chrono::days{30})
    {
        return eraser_.ends().close(ours_, window, "the contract has ended", {});
    }
    /// How many of the relation's files hold the text.
    [[nodiscard]] bool is_in_the_files_of(const std::string& relation, const std::string& what)
    {
        sql("checkpoint");
        return number("select count(*) from pg_class c where c.relkind in ('r', 'i', 't') and (c.oid = '" + relation +
                      "'::regclass or c.oid in (select i.indexrelid from pg_index i where i.indrelid = '" + relation +
                      "'::regclass) or c.oid = (select reltoastrelid from pg_class where oid = '" + relation +
                      "'::regclass)) and position('" + what +
                      "'::bytea in pg_read_binary_file(pg_relation_filepath(c.oid))) > 0") > 0;
    }

    const TenantId ours_ = new_tenant();
    std::unique_ptr<ports::ProviderStore> provider_ = make_provider_store(as(database_.provider));
    Eraser eraser_{as(database_.provider), pipeline()};
};

TEST_F(TenantEndTest, WhileItClosesOnlyItsAdminsGetInAndNothingIsTakenIn)
{
    user("chief", "admin");
    user("operator", "operator");
    user("viewer", "viewer");
    user("auditor", "viewer", true);
    sql("insert into integrations (tenant_id, integration_id, name) values (" + quoted(ours_) +
        ", gen_random_uuid(), 'i')");
    sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) select tenant_id, "
        "gen_random_uuid(), integration_id, sha256('sender'), 'h' from integrations");
    const auto closing = close();
    ASSERT_TRUE(closing) << closing.error().message();
    EXPECT_EQ(closing->state, domain::TenantState::closing);
    EXPECT_EQ(*closing->export_until - *closing->closed_at, std::chrono::days{30});
    EXPECT_TRUE(gets_in("chief"));
    for (const char* who : {"operator", "viewer", "auditor"}) EXPECT_FALSE(gets_in(who)) << who;
    EXPECT_EQ(text("select suspended from find_caller(sha256('sender'))"), "t");
    EXPECT_EQ(text("select suspended from find_caller(sha256('chief'))"), "t");
    EXPECT_EQ(text("select closing from tenant_of_code('tenant1')"), "t");

    ASSERT_TRUE(eraser_.ends().cancel_close(ours_, "they stay", {}));
    for (const char* who : {"chief", "operator", "viewer", "auditor"}) EXPECT_TRUE(gets_in(who)) << who;
    EXPECT_EQ(text("select suspended from find_caller(sha256('sender'))"), "f");
    EXPECT_EQ(number("select count(*) from tenants where closed_at is not null or export_until is not null"), 0);
}

TEST_F(TenantEndTest, OnceItIsToBeErasedNobodyGetsIn)
{
    user("chief", "admin");
    sql("insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, expires_at) select tenant_id, "
        "gen_random_uuid(), user_id, sha256('link'), 'pending', now() + interval '1 day' from users where name = "
        "'chief'");
    EXPECT_EQ(text("select tenant_of_link(sha256('link'))"), ours_.str());
    eraser_.ask(ours_, "Tenant 1", new_uuid());
    EXPECT_FALSE(gets_in("chief"));
    EXPECT_EQ(number("select count(*) from tenant_of_code('tenant1')"), 0);
    EXPECT_EQ(text("select tenant_of_link(sha256('link')) is null"), "t");
    EXPECT_EQ(number("select count(*) from users"), 2) << "before anything is deleted";
}

TEST_F(TenantEndTest, WithoutAWindowIsAWaivedOne)
{
    ASSERT_TRUE(close());
    sql("update tenants set export_until = closed_at");
    EXPECT_FALSE(erase("Tenant 1", false));
    const auto erasure = erase("Tenant 1", true);
    ASSERT_TRUE(erasure) << erasure.error().message();
    EXPECT_TRUE(erasure->window_waived);
}

TEST_F(TenantEndTest, IsNotSkippedAndNotTakenBack)
{
    const auto code = [](const auto& refused) {
        return refused ? ErrorCode::internal : refused.error().code();
    };
    EXPECT_EQ(code(erase("Tenant 1", true)), ErrorCode::conflict) << "it is not closing";
    EXPECT_EQ(code(eraser_.ends().cancel_close(ours_, "r", {})), ErrorCode::conflict);
    ASSERT_TRUE(provider_->set_suspended(ours_, true));
    ASSERT_TRUE(close()) << "also one that is suspended";
    EXPECT_EQ(code(close()), ErrorCode::conflict);
    EXPECT_EQ(code(provider_->set_suspended(ours_, false)), ErrorCode::conflict);
    EXPECT_EQ(code(provider_->set_suspended(ours_, true)), ErrorCode::conflict);
    EXPECT_EQ(code(erase("tenant 1", true)), ErrorCode::invalid_argument) << "another name";
    EXPECT_EQ(code(erase("Tenant 1", false)), ErrorCode::conflict) << "the window is open";
    sql("update tenants set export_until = now()");
    const auto erasure = erase("Tenant 1", false);
    ASSERT_TRUE(erasure) << erasure.error().message();
    EXPECT_FALSE(erasure->window_waived);
    EXPECT_EQ(code(erase("Tenant 1", true)), ErrorCode::conflict);
    EXPECT_EQ(code(eraser_.ends().cancel_close(ours_, "r", {})), ErrorCode::conflict);
    EXPECT_EQ(code(provider_->set_suspended(ours_, false)), ErrorCode::conflict);
    EXPECT_THROW(sql("update tenants set state = 'active', closed_at = null, export_until = null"), pqxx::sql_error)
        << "an older program";
    EXPECT_EQ(code(eraser_.ends().certificate(erasure->id)), ErrorCode::conflict);
    EXPECT_EQ(code(eraser_.ends().certificate(ErasureId(new_uuid()))), ErrorCode::not_found);
    EXPECT_EQ(code(eraser_.ends().close(TenantId(new_uuid()), std::chrono::days{1}, "r", {})), ErrorCode::not_found);
}

TEST_F(TenantEndTest, IsCertifiedAndRecordedAndItsServiceCodeIsNobodyElses)
{
    sql("insert into audit_heads values (" + quoted(ours_) + ", 7, sha256('head'), false)");
    sql("insert into exports (tenant_id, export_id, state, created_at, created_by, finished_at) values (" +
        quoted(ours_) + ", gen_random_uuid(), 'ready', now(), 'x', '2026-11-01T00:00:00Z')");
    const auto id = eraser_.ask(ours_, "Tenant 1", new_uuid());
    EXPECT_EQ(eraser_.ends().erasure(id)->stage, domain::ErasureStage::rows);
    eraser_.to_the_end();
    const auto erasure = eraser_.ends().erasure(id).value();
    EXPECT_TRUE(erasure.finished_at);
    EXPECT_EQ(erasure.steps, 0);
    ASSERT_EQ(eraser_.ends().erasures("", 10)->size(), 1U);
    EXPECT_TRUE(eraser_.ends().erasures("tenant1", 10)->empty());

    const auto body = json::parse(eraser_.ends().certificate(id)->body);
    EXPECT_EQ(body["tenant"], ours_.str());
    EXPECT_EQ(body["service_code"], "tenant1");
    EXPECT_EQ(body["asked"]["by"], "provider");
    EXPECT_EQ(body["asked"]["request"], "r-1");
    EXPECT_EQ(body["audit_head"]["seq"], 7);
    EXPECT_EQ(body["export"]["last_made_at"], "2026-11-01T00:00:00.000Z");
    EXPECT_EQ(body["export"]["waived"], true);
    EXPECT_TRUE(body["keys_destroyed"].is_null()) << "there is no vault";
    EXPECT_GT(body["backups_until"].get<std::string>(), body["finished_at"].get<std::string>());

    EXPECT_EQ(text("select string_agg(act, ' ' order by seq) from audit where tenant_id = '" + Uuid().str() + "'"),
              "tenant.create tenant.close tenant.erase tenant.erased");
    EXPECT_EQ(provider_->tenant(ours_).error().code(), ErrorCode::not_found);
    ports::NewTenant again;
    again.id = TenantId(new_uuid());
    again.service_code = "tenant1";
    again.name = "Again";
    again.admin_id = UserId(new_uuid());
    again.admin_email = "a@b.c";
    again.admin_name = "A";
    again.admin_key_id = ApiKeyId(new_uuid());
    again.admin_key_hash = std::string(32, 'x');
    EXPECT_EQ(provider_->create_tenant(again).error().code(), ErrorCode::conflict);
}

TEST_F(TenantEndTest, NothingIsRecordedOfItAnyMore)
{
    eraser_.ask(ours_, "Tenant 1", new_uuid());
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    for (const bool gone : {false, true}) {
        if (gone) eraser_.to_the_end();
        test::begin_as(tx, database_, ours_.str());
        EXPECT_EQ(tx.exec1("select audit_append('{}', '{}', '')")[0].as<int>(), 0);
        tx.exec("commit");
        EXPECT_EQ(number("select count(*) from audit where tenant_id = " + quoted(ours_)), 0);
    }
}

TEST_F(TenantEndTest, NoPageKeepsWhatStoodInItNorAnIndexNorASample)
{
    const TenantId theirs = new_tenant();
    for (const auto& tenant : {ours_, theirs}) {
        sql("insert into integrations (tenant_id, integration_id, name, description) select " + quoted(tenant) +
            ", gen_random_uuid(), 'canary-of-" + tenant.str() + "-' || n, repeat('canary-of-" + tenant.str() +
            "', 200) from generate_series(1, 50) n");
    }
    sql("analyze integrations");
    const auto canary = "canary-of-" + ours_.str();
    ASSERT_TRUE(is_in_the_files_of("integrations", canary)) << "without it this test shows nothing";
    eraser_.ask(ours_, "Tenant 1", new_uuid());
    while (number("select count(*) from integrations where tenant_id = " + quoted(ours_)) > 0)
        ASSERT_TRUE(eraser_.step());
    EXPECT_TRUE(is_in_the_files_of("integrations", canary)) << "deleting alone takes nothing off a page";
    eraser_.to_the_end();
    EXPECT_FALSE(is_in_the_files_of("integrations", canary));
    EXPECT_TRUE(is_in_the_files_of("integrations", "canary-of-" + theirs.str()));
    EXPECT_EQ(number("select count(*) from pg_stats where tablename = 'integrations' and "
                     "coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') like '%" +
                     canary + "%'"),
              0);
    EXPECT_EQ(number("select count(*) from pg_index where indisclustered and indrelid = 'integrations'::regclass"), 0);
}

TEST_F(TenantEndTest, ATableThatIsTooLargeIsLeftAsItIsAndTheCertificateSaysSo)
{
    Eraser eraser(as(database_.provider), pipeline(), {.rewrite_bytes = 0});
    const auto id = eraser.ask(ours_, "Tenant 1", new_uuid());
    eraser.to_the_end();
    std::size_t left = 0;
    for (const auto& table : json::parse(eraser.ends().certificate(id)->body)["tables"]) {
        EXPECT_EQ(table["pages_rewritten"], 0) << table;
        left += table["pages_left"] == 1 ? 1 : 0;
    }
    EXPECT_GT(left, 40U) << "each table by itself";
}

TEST_F(TenantEndTest, WithoutAKeyToSignByItWaitsBeforeItsEndAndAnotherNodeEndsIt)
{
    const auto id = eraser_.ask(ours_, "Tenant 1", new_uuid());
    eraser_.start_anew(/*with_key=*/false);
    eraser_.to_the_end();
    EXPECT_FALSE(eraser_.ends().certificate(id));
    EXPECT_EQ(text("select string_agg(stage, ' ') from erasure_steps where done_at is null"), "certificate");
    EXPECT_EQ(number("select count(*) from tenants"), 1);
    eraser_.start_anew();
    eraser_.to_the_end();
    EXPECT_TRUE(eraser_.ends().certificate(id));
}

/// With a vault that has a key of the tenant's.
class VaultEndTest : public TenantEndTest {
protected:
    VaultEndTest()
    {
        const std::string root(16, 'a');
        const auto reported = keys_->report({.node = "one", .roots = {root}, .seals = {}, .since = {}});
        EXPECT_TRUE(reported);
        const auto added =
            keys_->add_first({.of = {.tenant = ours_, .version = 1}, .root = root, .wrapped = std::string(60, 'w')});
        EXPECT_TRUE(added) << added.error().message();
    }

    [[nodiscard]] VaultChores chores()
    {
        return {.sealing = nullptr,
                .keys = keys_.get(),
                .is_there = [this] { return is_there_; },
                .rewrap = [](std::size_t) { return Result<std::size_t>(std::size_t{0}); },
                .renew =
                    [](std::size_t) {
                        return Result<std::size_t>(std::size_t{0});
                    }};
    }

    const test::VaultDatabase vault_;
    std::unique_ptr<ports::KeyStore> keys_ = make_key_store(vault_.url(), 2);
    bool is_there_ = true;
};

TEST_F(VaultEndTest, ItsKeysAreDestroyedAndTheCertificateNamesTheirVersions)
{
    Eraser eraser(as(database_.provider), pipeline(), {}, chores());
    const auto id = eraser.ask(ours_, "Tenant 1", new_uuid());
    is_there_ = false;
    eraser.to_the_end();
    EXPECT_EQ(vault_.text("select state from tenant_keys"), "current") << "it waits for the vault";
    EXPECT_EQ(text("select stage from erasure_steps where done_at is null order by position limit 1"), "keys");
    is_there_ = true;
    ASSERT_TRUE(keys_->destroy_all(ours_)) << "as a node that was killed before it could say so";
    eraser.to_the_end();
    EXPECT_EQ(vault_.text("select state || octet_length(wrapped) from tenant_keys"), "destroyed0");
    EXPECT_EQ(json::parse(eraser.ends().certificate(id)->body)["keys_destroyed"], json::array({1}));
}

}  // namespace
}  // namespace winnow::pg

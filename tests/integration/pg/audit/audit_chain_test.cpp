/// Audit chains as the database keeps them: who may append, what is hashed, what may go.

#include "integration/pg/fixture.hpp"
#include "pg/audit/audit_rows.hpp"
#include "winnow/audit/chain.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/signature.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/except>

#include <functional>
#include <future>
#include <memory>

namespace winnow::pg {
namespace {

using ports::AuditRecord;

class AuditChainTest : public PgTest {
protected:
    /// In one transaction of the tenant; what fails is a failure of the test.
    void in_tenant(TenantId tenant, std::function<Result<Done>(ports::AuditStore&)> work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return work(session.audit()); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        const auto done = finished.get_future().get();
        EXPECT_TRUE(done) << done.error().message();
    }

    static audit::Act act(const std::string& name)
    {
        audit::Act act;
        act.actor = {.id = "user:0199c0de-0000-7000-8000-000000000002", .means = "user_key", .request_id = "r"};
        act.name = name;
        act.object = "rule:" + name;
        act.detail = "{\"name\":\"Zoë\"}";
        return act;
    }

    void append(TenantId tenant, const std::string& name)
    {
        in_tenant(tenant, [&](ports::AuditStore& store) -> Result<Done> {
            const auto seq = store.append(act(name));
            if (!seq) return seq.error();
            return Done{};
        });
    }

    std::vector<AuditRecord> links(TenantId tenant)
    {
        std::vector<AuditRecord> records;
        in_tenant(tenant, [&](ports::AuditStore& store) -> Result<Done> {
            auto read = store.links(0, 1'000'000, 1'000);
            if (!read) return read.error();
            records = *std::move(read);
            return Done{};
        });
        return records;
    }

    std::vector<audit::Anchor> anchors(TenantId tenant)
    {
        std::vector<audit::Anchor> found;
        in_tenant(tenant, [&](ports::AuditStore& store) -> Result<Done> {
            auto read = store.anchors(0, 1'000);
            if (!read) return read.error();
            found = *std::move(read);
            return Done{};
        });
        return found;
    }

    audit::Verdict verdict(TenantId tenant)
    {
        const crypto::VerifyingKeys keys(key_->public_pem());
        audit::Verifier verifier(tenant.value(), crypto::sha256,
                                 [&](std::string_view id, std::string_view text, std::string_view signature) {
                                     return keys.verify(std::string(id), text, signature);
                                 });
        for (auto& anchor : anchors(tenant)) verifier.add_anchor(std::move(anchor));
        for (const auto& record : links(tenant)) {
            audit::Link link{.seq = record.seq,
                             .hash = record.hash,
                             .record = record.record,
                             .detail = std::nullopt,
                             .salt = record.salt};
            if (record.detail) link.detail = *record.detail;
            verifier.add(link);
        }
        return verifier.finish(
            number("select coalesce(max(seq), 0) from audit_heads where tenant_id = '" + tenant.str() + "'"));
    }

    /// Step by step until nothing is left.
    std::size_t chore(const std::string& name)
    {
        const auto chores = make_chores(pipeline(), {.audit = std::chrono::days{30}}, {},
                                        {.key_id = key_->id(), .sign = [key = key_](auto text) {
                                             return key->sign(text);
                                         }});
        const auto found = std::ranges::find(chores->list(), name, &ports::Chore::name);
        if (found == chores->list().end()) throw std::invalid_argument("there is no chore " + name);
        std::size_t rows = 0;
        for (bool more = true; more;) {
            const auto step = chores->step(static_cast<std::size_t>(found - chores->list().begin()));
            if (!step) throw std::runtime_error(step.error().message());
            rows += step->rows;
            more = step->more;
        }
        return rows;
    }

    std::shared_ptr<const crypto::SigningKey> key_ = std::make_shared<crypto::SigningKey>(crypto::SigningKey::make());
    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(AuditChainTest, TheDatabaseHashesAsTheCoreVerifies)
{
    for (int i = 0; i < 5; ++i) append(a_, "act" + std::to_string(i));
    append(b_, "other");
    const auto good = verdict(a_);
    EXPECT_FALSE(good.finding);
    EXPECT_EQ(good.last, 5);
    EXPECT_FALSE(verdict(b_).finding);
    EXPECT_EQ(links(b_).size(), 1U) << "each tenant's chain is its own";
}

TEST_F(AuditChainTest, WhatIsRolledBackLeavesNoGap)
{
    append(a_, "first");
    std::promise<Result<Done>> finished;
    api_->submit(
        a_,
        [&](ports::TenantSession& session) -> Result<Done> {
            EXPECT_TRUE(session.audit().append(act("undone")));
            return Error(ErrorCode::conflict, "undone");
        },
        [&](Result<Done> done) { finished.set_value(std::move(done)); });
    EXPECT_FALSE(finished.get_future().get());
    append(a_, "second");
    const auto records = links(a_);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1].seq, 2);
    EXPECT_FALSE(verdict(a_).finding);
}

TEST_F(AuditChainTest, AppendsThatComeTogetherMakeOneChain)
{
    std::vector<std::promise<Result<Done>>> finished(40);
    for (std::size_t i = 0; i < finished.size(); ++i) {
        api_->submit(
            a_,
            [&](ports::TenantSession& session) -> Result<Done> {
                const auto seq = session.audit().append(act("act"));
                if (!seq) return seq.error();
                return Done{};
            },
            [&done = finished[i]](Result<Done> outcome) { done.set_value(std::move(outcome)); });
    }
    for (auto& done : finished) EXPECT_TRUE(done.get_future().get());
    EXPECT_EQ(verdict(a_).last, 40);
    EXPECT_FALSE(verdict(a_).finding);
}

TEST_F(AuditChainTest, NobodyAppendsForAnotherTenantNorWithoutOne)
{
    const auto text = written(act("forged"));
    const auto call = [&](pqxx::transaction_base& tx, const std::string& function) {
        return tx.exec("select " + function + "(" + tx.quote(text.record) + ", " + tx.quote(text.detail) + ", '\\x" +
                       crypto::to_hex(text.salt) + "')");
    };
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    EXPECT_THROW(call(tx, "audit_append"), pqxx::insufficient_privilege) << "of no tenant";
    EXPECT_THROW(call(tx, "audit_append_provider"), pqxx::insufficient_privilege);
    EXPECT_THROW(tx.exec("select audit_link('" + b_.str() + "', '', '', '')"), pqxx::insufficient_privilege);
    test::begin_as(tx, database_, a_.str());
    EXPECT_THROW(tx.exec("insert into audit (tenant_id, seq, hash, record, at) values ('" + a_.str() +
                         "', 1, sha256(''), '{}', now())"),
                 pqxx::insufficient_privilege);
    tx.exec("rollback");
    test::begin_as(tx, database_, a_.str());
    EXPECT_THROW(tx.exec("update audit_heads set seq = 0"), pqxx::insufficient_privilege);
    tx.exec("rollback");
    EXPECT_EQ(number("select count(*) from audit where tenant_id <> '" + Uuid().str() + "'"), 0);
}

TEST_F(AuditChainTest, ARecordCommitsToItsDetail)
{
    const auto text = written(act("act"));
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, a_.str());
    EXPECT_THROW(
        tx.exec("select audit_append(" + tx.quote(text.record) + ", '{}', '\\x" + crypto::to_hex(text.salt) + "')"),
        pqxx::data_exception);
    tx.exec("rollback");
}

TEST_F(AuditChainTest, EmptyingDetailsKeepsTheChainAndIsARecordItself)
{
    for (const auto* name : {"one", "two", "three"}) append(a_, name);
    in_tenant(a_, [&](ports::AuditStore& store) -> Result<Done> {
        auto emptying = act("audit.redact");
        emptying.object = "audit:1,3,9";
        const auto emptied = store.redact({1, 3, 9}, emptying);
        if (!emptied) return emptied.error();
        EXPECT_EQ(*emptied, 2U);
        return Done{};
    });
    const auto records = links(a_);
    ASSERT_EQ(records.size(), 4U);
    EXPECT_FALSE(records[0].detail);
    EXPECT_TRUE(records[1].detail);
    EXPECT_FALSE(records[2].detail);
    EXPECT_THAT(records[3].record, testing::HasSubstr("\"on\":\"audit:1,3,9\""));
    EXPECT_FALSE(verdict(a_).finding);
    EXPECT_EQ(verdict(a_).emptied, 2);
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, a_.str());
    const auto text = written(act("audit.redact"));
    EXPECT_THROW(tx.exec("select audit_redact('{2}', " + tx.quote(text.record) + ", " + tx.quote(text.detail) +
                         ", '\\x" + crypto::to_hex(text.salt) + "')"),
                 pqxx::data_exception)
        << "its record does not name them";
    tx.exec("rollback");
}

TEST_F(AuditChainTest, HeadsAreSignedOnceAndStandInTheProvidersChain)
{
    append(a_, "one");
    append(a_, "two");
    append(b_, "one");
    EXPECT_EQ(chore("sign_heads"), 3U) << "two tenants', and the provider's: it made them";
    ASSERT_EQ(anchors(a_).size(), 1U);
    EXPECT_EQ(anchors(a_)[0].seq, 2);
    EXPECT_EQ(number("select count(*) from audit where tenant_id = '" + Uuid().str() + "' and act = 'audit.anchor'"),
              2);
    EXPECT_EQ(chore("sign_heads"), 1U) << "the provider's grew by those";
    EXPECT_EQ(chore("sign_heads"), 0U);
    append(a_, "three");
    EXPECT_EQ(chore("sign_heads"), 1U);
    EXPECT_EQ(anchors(a_).back().seq, 3);
    const auto good = verdict(a_);
    EXPECT_FALSE(good.finding);
    EXPECT_EQ(good.last_anchored, 3);
}

TEST_F(AuditChainTest, AHeadThatTheChainHasNotIsNotStored)
{
    append(a_, "one");
    const auto text = written(act("audit.anchor"));
    pqxx::connection connection(database_.pipeline);
    pqxx::nontransaction tx(connection);
    EXPECT_EQ(tx.exec("select audit_anchor('" + a_.str() + "', 1, sha256(''), now(), 'k', sha256('') || sha256(''), " +
                      tx.quote(text.record) + ", " + tx.quote(text.detail) + ", '\\x" + crypto::to_hex(text.salt) +
                      "')")[0][0]
                  .as<bool>(),
              false);
    EXPECT_EQ(number("select count(*) from audit_anchors"), 0);
}

TEST_F(AuditChainTest, WhatSomebodyChangesInTheTablesIsFound)
{
    for (int i = 0; i < 10; ++i) append(a_, "act" + std::to_string(i));
    chore("sign_heads");
    const auto t = "tenant_id = '" + a_.str() + "'";
    const auto found_after = [&](const std::string& statement) {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
        const auto finding = verdict(a_).finding;
        return finding ? std::string(to_string(finding->fault)) + " " + std::to_string(finding->seq) : "nothing";
    };
    const auto good = "create table kept as select tenant_id, seq, hash, record, detail, salt, at from audit";
    const auto back = [&] {
        sql("delete from audit; insert into audit (tenant_id, seq, hash, record, detail, salt, at) select * from kept");
    };
    sql(good);
    EXPECT_EQ(found_after("update audit set record = replace(record, 'act4', 'act5') where seq = 5 and " + t),
              "changed 5");
    back();
    EXPECT_EQ(found_after("update audit set detail = '{}' where seq = 6 and " + t), "changed 6");
    back();
    EXPECT_EQ(found_after("delete from audit where seq = 3 and " + t), "missing 3");
    back();
    EXPECT_EQ(found_after("delete from audit where seq > 7 and " + t), "cut 8");
    back();
    EXPECT_EQ(found_after("delete from audit where seq > 7 and " + t + "; update audit_heads set seq = 7 where " + t),
              "cut 8")
        << "the signed head tells";
}

TEST_F(AuditChainTest, RetentionCutsUpToASignedHead)
{
    for (int i = 0; i < 4; ++i) append(a_, "old");
    chore("sign_heads");
    append(a_, "old");
    append(a_, "unsigned");
    EXPECT_EQ(chore("forget_audit"), 0U);
    sql("update audit set at = now() - interval '31 days' where seq <= 5 and tenant_id = '" + a_.str() + "'");
    EXPECT_EQ(chore("forget_audit"), 4U) << "behind the fifth nobody has signed yet";
    auto good = verdict(a_);
    EXPECT_FALSE(good.finding);
    EXPECT_EQ(good.first, 5);
    EXPECT_EQ(good.last, 6);
    EXPECT_EQ(anchors(a_).size(), 1U) << "the one at which it was cut stays";
    chore("sign_heads");
    sql("update audit set at = now() - interval '31 days' where tenant_id = '" + a_.str() + "'");
    EXPECT_EQ(chore("forget_audit"), 2U);
    EXPECT_FALSE(verdict(a_).finding) << "nothing is left of it but its head";
    append(a_, "new");
    good = verdict(a_);
    EXPECT_FALSE(good.finding);
    EXPECT_EQ(good.first, 7);
}

TEST_F(AuditChainTest, ListsAreNewestFirstAndFiltered)
{
    for (const auto* name : {"one", "two", "one"}) append(a_, name);
    in_tenant(a_, [&](ports::AuditStore& store) -> Result<Done> {
        const auto all = store.page({}, {}, 10);
        if (!all) return all.error();
        EXPECT_EQ(all->size(), 3U);
        EXPECT_EQ(all->front().seq, 3);
        const auto rest = store.page({}, ports::AuditPlace{.at = all->front().at, .seq = 3}, 10);
        if (!rest) return rest.error();
        EXPECT_EQ(rest->size(), 2U);
        const auto filtered =
            store.page({.from = {}, .to = {}, .actor = {}, .act = "one", .object = "rule:one"}, {}, 10);
        if (!filtered) return filtered.error();
        EXPECT_EQ(filtered->size(), 2U);
        const auto none = store.page({.from = {}, .to = {}, .actor = "user:x", .act = {}, .object = {}}, {}, 10);
        if (!none) return none.error();
        EXPECT_TRUE(none->empty());
        const auto later = store.page(
            {.from = all->front().at + std::chrono::hours{1}, .to = {}, .actor = {}, .act = {}, .object = {}}, {}, 10);
        if (!later) return later.error();
        EXPECT_TRUE(later->empty());
        return Done{};
    });
}

TEST_F(AuditChainTest, TheProvidersActsStandInItsOwnChain)
{
    const auto provider = make_provider_store(as(database_.provider));
    ASSERT_TRUE(provider->set_suspended(a_, true));
    ASSERT_TRUE(provider->set_suspended(a_, false));
    ASSERT_TRUE(provider->release(a_, {}));
    EXPECT_FALSE(provider->set_suspended(TenantId(new_uuid()), true));
    const auto records = provider->audit({}, {}, 10);
    ASSERT_TRUE(records);
    std::vector<std::string> acts;
    for (const auto& record : *records) acts.push_back(record.record.substr(8, record.record.find('"', 8) - 8));
    EXPECT_THAT(acts, testing::ElementsAre("quarantine.release", "tenant.resume", "tenant.suspend", "tenant.create",
                                           "tenant.create"));
    EXPECT_TRUE(links(a_).empty());
    pqxx::connection connection(database_.provider);
    pqxx::nontransaction tx(connection);
    append(a_, "own");
    EXPECT_EQ(tx.exec("select count(*) from audit where tenant_id <> '" + Uuid().str() + "'")[0][0].as<int>(), 0)
        << "a tenant's is none of its business";
}

}  // namespace
}  // namespace winnow::pg

/// @file
/// Quiet tickets as rows: which are due, and that finding out costs nothing for those that are not.

#include "winnow/pg/quiet_store.hpp"

#include "triage_fixture.hpp"

namespace winnow::pg {
namespace {

using domain::TicketState;
using ports::TriageWrites;
using testing::ElementsAre;
using testing::IsEmpty;
using triage::States;

class QuietStoreTest : public TriageFixture {
protected:
    [[nodiscard]] ports::QuietTicket covered(const triage::Outcome::Opened& ticket, const std::string& source) const
    {
        ports::QuietTicket quiet;
        quiet.ticket_id = ticket.ticket.id;
        quiet.alert = "{}";
        quiet.cover = {.cause = {.kind = domain::QuietKind::inhibition, .id = new_uuid()},
                       .reason = {},
                       .until = {},
                       .source_key = source};
        quiet.config_version = version();
        return quiet;
    }
    [[nodiscard]] triage::Outcome::Opened suppressed(const std::string& key, std::int64_t number) const
    {
        auto made = opened(key, number);
        made.ticket.suppressed = true;
        return made;
    }
    [[nodiscard]] static triage::InstanceState instance(const std::string& key, TicketId ticket, bool firing)
    {
        return {.key = key, .ticket_id = ticket, .starts_at = Timestamp{}, .ends_at = {}, .firing = firing};
    }

    void store(const TriageWrites& writes, std::vector<std::string> load = {})
    {
        ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), by_keys(std::move(load)),
                                  [&](const States&) { return writes; }));
        ++seq_;
    }
    [[nodiscard]] std::int64_t version() const
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection)
            .exec("select config_version from tenants where tenant_id = '" + tenant_.str() + "'")[0][0]
            .as<std::int64_t>();
    }
    /// All that is due becomes that: parked or unquieted. Returns which they were.
    std::vector<TicketId> release(std::vector<TicketId> TriageWrites::* as)
    {
        std::vector<TicketId> due;
        const auto released = pg::release(*quiet_, tenant_, version(), 100, [&](const ports::DueTickets& rows) {
            for (const auto& quiet : rows.tickets) due.push_back(quiet.ticket_id);
            TriageWrites writes;
            writes.*as = due;
            return writes;
        });
        EXPECT_TRUE(released) << released.error().message();
        return due;
    }

    std::uint64_t seq_ = 0;
    std::unique_ptr<ports::QuietStore> quiet_ = make_quiet_store(pipeline());
};

TEST_F(QuietStoreTest, ATicketIsDueWhenTheTicketThatExplainsItEnds)
{
    const auto cause = opened("cause", 1);
    const auto effect = suppressed("effect", 2);
    auto writes = opening({cause, effect}, 3);
    writes.quiet_tickets = {covered(effect, "kcause")};
    store(writes);
    EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
    ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), by_keys({"cause"}), [&](States states) {
        TriageWrites ends;
        states.tickets.at(0).state = TicketState::recovered;
        states.tickets.at(0).recovered_at = now_;
        ends.outcome.changed = states.tickets;
        return ends;
    }));
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
    EXPECT_THAT(release(&TriageWrites::unquieted), ElementsAre(effect.ticket.id));
    EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
}

TEST_F(QuietStoreTest, ATicketIsDueWhenTheInstanceThatExplainsItEnds)
{
    const auto cause = opened("cause", 1);
    const auto effect = suppressed("effect", 2);
    auto writes = opening({cause, effect}, 3);
    writes.outcome.instances = {instance("am/1", cause.ticket.id, true)};
    writes.quiet_tickets = {covered(effect, "iam/1")};
    store(writes);
    EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
    TriageWrites ends;
    ends.outcome.instances = {instance("am/1", cause.ticket.id, false)};
    store(ends);
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
}

TEST_F(QuietStoreTest, ATicketWhoseExplanationEndsInTheSameTransactionIsDueAtOnce)
{
    const auto cause = opened("cause", 1);
    const auto effect = suppressed("effect", 2);
    auto writes = opening({cause, effect}, 3);
    writes.outcome.instances = {instance("am/1", cause.ticket.id, false)};
    writes.quiet_tickets = {covered(effect, "iam/1")};
    store(writes);
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
}

TEST_F(QuietStoreTest, ASourceThatEndsWhileItIsBeingClosedExplainsNothingAnyMore)
{
    const auto cause = opened("cause", 1);
    const auto effect = suppressed("effect", 2);
    auto writes = opening({cause, effect}, 3);
    writes.quiet_tickets = {covered(effect, "kcause")};
    store(writes);
    sql("update tickets set state = 'close_requested' where dedup_key = 'cause'");
    EXPECT_EQ(number("select source_fires(tenant_id, 'kcause')::int from tenants"), 1);
    ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), by_keys({"cause"}), [&](States states) {
        TriageWrites ends;
        states.tickets.at(0).recovered_at = now_;
        ends.outcome.changed = states.tickets;
        return ends;
    }));
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
    EXPECT_EQ(number("select source_fires(tenant_id, 'kcause')::int from tenants"), 0);
}

TEST_F(QuietStoreTest, AQuietTicketThatHasEndedWaitsForItsReturnAndIsNotDueBefore)
{
    const auto effect = suppressed("effect", 1);
    auto writes = opening({effect}, 2);
    writes.quiet_tickets = {covered(effect, "kcause")};
    store(writes);
    sql("update tickets set state = 'recovered', recovered_at = now()");
    sql("update tenants set config_version = config_version + 1");
    for (int i = 0; i < 20; ++i) {  // every kind of look at it
        if (quiet_->tenants_due().value().empty()) break;
        EXPECT_THAT(release(&TriageWrites::parked), ElementsAre(effect.ticket.id));
    }
    EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 1);
    sql("update tenants set config_version = config_version + 1");
    for (int i = 0; i < 20; ++i) EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
    sql("update tickets set state = 'open', recovered_at = null; update quiet_tickets set source_ended = true");
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
    EXPECT_THAT(release(&TriageWrites::unquieted), ElementsAre(effect.ticket.id));
    EXPECT_EQ(number("select count(*) from quiet_tickets"), 0);
}

TEST_F(QuietStoreTest, AnEndThatNobodySawIsFoundALittleLater)
{
    const auto cause = opened("cause", 1);
    const auto effect = suppressed("effect", 2);
    auto writes = opening({cause, effect}, 3);
    writes.quiet_tickets = {covered(effect, "kcause")};
    store(writes);
    sql("update tickets set state = 'closed' where dedup_key = 'cause'");
    EXPECT_TRUE(eventually([&] { return quiet_->tenants_due().value() == std::vector{tenant_}; }));
}

TEST_F(QuietStoreTest, OfManySourcesThatExplainTheSameOneOfEachKindIsLoadedAndAllOfTheBatchsOwn)
{
    const auto t = "'" + tenant_.str() + "'";
    const auto inhibition = new_uuid();
    sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, target_condition, "
        "target_syntax, updated_by) values (" +
        t + ", '" + inhibition.str() + "', 'i', 'true', 'cel', 'true', 'cel', 'test')");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, firing) select " + t +
        ", n::text, md5('t')::uuid, now(), n > 10 from generate_series(1, 2000) n");
    sql("insert into inhibition_sources select " + t + ", '" + inhibition.str() +
        "', 'i' || n, case when n > 1900 then 'other' else 'same' end, n % 2 = 0 from generate_series(1, 2000) n");
    auto keys = by_keys({});
    keys.sources.equals = {{InhibitionId(inhibition), "same"}};
    keys.sources.keys = {"i11", "i12", "i13", "i1950", "i5"};
    std::vector<std::string> own;
    std::vector<bool> others;
    ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), keys, [&](const States& states) {
        for (const auto& source : states.sources) {
            const bool is_own = std::ranges::find(keys.sources.keys, source.key) != keys.sources.keys.end();
            if (is_own) own.push_back(source.key);
            if (!is_own) others.push_back(source.two_sided);
            EXPECT_TRUE(is_own || source.equal == "same");
            EXPECT_GT(std::stoi(source.key.substr(1)), 10) << "it does not fire";
        }
        return TriageWrites{};
    }));
    EXPECT_THAT(own, testing::UnorderedElementsAre("i11", "i12", "i13", "i1950"));
    EXPECT_THAT(others, testing::UnorderedElementsAre(false, true));
}

TEST_F(QuietStoreTest, OfLongValuesThatAnEarlierVersionStoredTheBeginningIsLoaded)
{
    const auto t = "'" + tenant_.str() + "'";
    const auto inhibition = new_uuid();
    sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, target_condition, "
        "target_syntax, updated_by) values (" +
        t + ", '" + inhibition.str() + "', 'i', 'true', 'cel', 'true', 'cel', 'test')");
    sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, firing) values (" + t +
        ", '1', md5('t')::uuid, now(), true)");
    sql("insert into inhibition_sources select " + t + ", '" + inhibition.str() +
        "', 'i1', '60000:' || repeat('x', 60000) || ';', false");
    auto keys = by_keys({});
    keys.sources.keys = {"i1"};
    std::vector<domain::InhibitionSource> loaded;
    ASSERT_TRUE(store_->apply(tenant_, seq_, at(seq_ + 1), keys, [&](const States& states) {
        loaded = states.sources;
        TriageWrites writes;
        for (auto source : states.sources) {
            source.equal = "sha256:of the same";
            writes.sources.push_back(source);
        }
        return writes;
    }));
    ASSERT_EQ(loaded.size(), 1U);
    EXPECT_EQ(loaded[0].equal.size(), 1'000U);
    EXPECT_EQ(text("select equal_values from inhibition_sources"), "sha256:of the same")
        << "as its source has it stored when it fires again";
}

TEST_F(QuietStoreTest, TheSourcesAreLookedAtInStretchesRoundAndRound)
{
    const auto t = "'" + tenant_.str() + "'";
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
        "first_seen_at,"
        " last_seen_at, opened_at) select " +
        t +
        ", md5(n::text)::uuid, n, 'open', 1, 't', 'k' || n, 1, now(), now(), now() from generate_series(1, 1200) n");
    sql("insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, source_key, alert_id, alert, config_version) "
        "select tenant_id, ticket_id, 'inhibition', ticket_id, 'i' || number, ticket_id, '{}', 1 from tickets");
    const auto marked = [&] {
        EXPECT_TRUE(quiet_->tenants_due());
        return number("select count(*) from quiet_tickets where source_ended");
    };
    EXPECT_EQ(marked(), 500) << "the first call looks at a stretch";
    EXPECT_TRUE(eventually([&] { return marked() == 1'200; }));
    sql("update quiet_tickets set source_ended = false where source_key = 'i1'");
    EXPECT_TRUE(eventually([&] { return marked() == 1'200; })) << "from the beginning again";
}

TEST_F(QuietStoreTest, AChangeOfPolicyMakesATicketDueAndANewKeyDoesNot)
{
    const auto effect = suppressed("effect", 1);
    auto writes = opening({effect}, 2);
    writes.quiet_tickets = {covered(effect, "")};
    store(writes);
    sql("update users set name = 'Another'");
    EXPECT_THAT(quiet_->tenants_due().value(), IsEmpty());
    sql("update tenant_settings set reopen_window_ms = 1");
    EXPECT_THAT(quiet_->tenants_due().value(), ElementsAre(tenant_));
}

}  // namespace
}  // namespace winnow::pg

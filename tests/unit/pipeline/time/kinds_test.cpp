/// @file
/// The kinds over stores that fail at each call: the next round does what this one could not, for each tenant.

#include "unit/pipeline/fakes.hpp"
#include "unit/pipeline/time/one_clock.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/ports/time/hold_store.hpp"
#include "winnow/ports/time/quiet_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <thread>

namespace winnow::pipeline {
namespace {

/// What the fakes have in common: which tenants are due, and which calls go wrong next.
class Due {
public:
    /// The next calls of that name fail with these, one after the other.
    void fail(const std::string& call, std::deque<Error> errors)
    {
        const std::lock_guard lock(mutex_);
        errors_[call] = std::move(errors);
    }
    void owe(TenantId tenant)
    {
        const std::lock_guard lock(mutex_);
        due_.insert(tenant);
    }
    [[nodiscard]] int calls(const std::string& call)
    {
        const std::lock_guard lock(mutex_);
        return calls_[call];
    }
    [[nodiscard]] bool done()
    {
        const std::lock_guard lock(mutex_);
        return due_.empty();
    }

    /// From here on the calling thread has one, and asks for nothing else: as of a pool whose session it holds.
    void begin()
    {
        const std::lock_guard lock(mutex_);
        folding_.insert(std::this_thread::get_id());
    }
    void end()
    {
        const std::lock_guard lock(mutex_);
        folding_.erase(std::this_thread::get_id());
    }

    /// A call of a store.
    std::optional<Error> ask(const std::string& call)
    {
        {
            const std::lock_guard lock(mutex_);
            if (folding_.contains(std::this_thread::get_id())) {
                ++misused_;
                return Error(ErrorCode::internal, "who has a transaction asks for another one");
            }
        }
        return next(call);
    }
    /// A call of a transaction.
    std::optional<Error> next(const std::string& call)
    {
        const std::lock_guard lock(mutex_);
        ++calls_[call];
        auto& errors = errors_[call];
        if (errors.empty()) return std::nullopt;
        auto error = errors.front();
        errors.pop_front();
        return error;
    }
    Result<std::vector<TenantId>> tenants()
    {
        if (auto error = ask("tenants_due")) return *error;
        const std::lock_guard lock(mutex_);
        return std::vector<TenantId>(due_.begin(), due_.end());
    }
    void release(TenantId tenant)
    {
        const std::lock_guard lock(mutex_);
        due_.erase(tenant);
    }
    /// Somebody did not keep to the contract.
    void misuse()
    {
        const std::lock_guard lock(mutex_);
        ++misused_;
    }
    [[nodiscard]] int misused()
    {
        const std::lock_guard lock(mutex_);
        return misused_;
    }
    [[nodiscard]] bool has(TenantId tenant)
    {
        const std::lock_guard lock(mutex_);
        return due_.contains(tenant);
    }

private:
    std::mutex mutex_;  // guards what follows
    std::map<std::string, std::deque<Error>> errors_;
    std::map<std::string, int> calls_;
    std::set<TenantId> due_;
    std::set<std::thread::id> folding_;  ///< Who has a transaction.
    int misused_ = 0;
};

/// A tenant's release, which is done when it is committed. After an error it is of no use but to be dropped.
class FakeRelease final : public ports::FoldTransaction {
public:
    FakeRelease(Due& due, TenantId tenant, triage::TicketCore ticket)
        : due_(due), tenant_(tenant), ticket_(std::move(ticket))
    {
        due_.begin();
    }
    ~FakeRelease() override { due_.end(); }
    FakeRelease(const FakeRelease&) = delete;
    FakeRelease& operator=(const FakeRelease&) = delete;

    Result<triage::States> load(const triage::StateKeys& keys) override
    {
        if (keys.tickets != std::vector{ticket_.id}) due_.misuse();
        if (auto error = call("load")) return *error;
        return triage::States{.tickets = {ticket_}, .instances = {}};
    }
    Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& /*judges*/,
                                                        const triage::StateKeys& /*keys*/) override
    {
        return Error(ErrorCode::internal, "no fold");
    }
    Result<Done> store(const ports::TriageWrites& writes) override
    {
        if (writes.deliveries.empty()) due_.misuse();
        if (auto error = call("store")) return *error;
        return Done{};
    }
    Result<Done> commit() override
    {
        if (auto error = call("commit")) return *error;
        due_.release(tenant_);
        return Done{};
    }

private:
    /// In their order, each once.
    std::optional<Error> call(const std::string& name)
    {
        if (name != next_) due_.misuse();
        auto error = due_.next(name);
        next_ = error || name == "commit" ? "" : name == "load" ? "store" : "commit";
        return error;
    }

    Due& due_;
    const TenantId tenant_;
    const triage::TicketCore ticket_;
    std::string next_ = "load";
};

/// One row, whatever it is, and the ticket of it.
template <typename Rows>
Result<ports::Due<Rows>> one_row(Due& due, TenantId tenant, triage::TicketCore ticket, Rows rows)
{
    if (auto error = due.ask("lock_due")) return *error;
    if (!due.has(tenant)) return ports::Due<Rows>{};
    return ports::Due<Rows>{.fold = std::make_unique<FakeRelease>(due, tenant, std::move(ticket)),
                            .rows = std::move(rows)};
}

/// One that people are told of when it is released.
triage::TicketCore untold()
{
    triage::TicketCore ticket;
    ticket.id = TicketId(Uuid::from_words(6, 1));
    ticket.number = 1;
    ticket.dedup_key = "k";
    ticket.opened_at = triage::kNoon;
    return ticket;
}

class FakeHoldStore final : public ports::HoldStore {
public:
    explicit FakeHoldStore(Due& due) : due_(due) {}
    Result<std::vector<TenantId>> tenants_due() override { return due_.tenants(); }
    Result<ports::Due<ports::DueHolds>> lock_due(TenantId tenant, std::int64_t /*config_version*/,
                                                 ports::Turn /*turn*/) override
    {
        auto held = untold();
        held.state = domain::TicketState::held;
        held.restraint = {.by = domain::HoldKind::pause, .until = triage::kNoon, .never_told = true};
        const auto id = held.id;
        return one_row<ports::DueHolds>(due_, tenant, std::move(held),
                                        {.alerts = {{id, alert("k")}}, .machines = {}, .until = triage::kNoon});
    }

private:
    Due& due_;
};

class FakeQuietStore final : public ports::QuietStore {
public:
    explicit FakeQuietStore(Due& due) : due_(due) {}
    Result<std::vector<TenantId>> tenants_due() override { return due_.tenants(); }
    Result<ports::Due<ports::DueTickets>> lock_due(TenantId tenant, std::int64_t /*config_version*/,
                                                   ports::Turn /*turn*/) override
    {
        auto quiet = untold();
        quiet.suppressed = true;
        ports::QuietTicket row;
        row.ticket_id = quiet.id;
        return one_row<ports::DueTickets>(due_, tenant, std::move(quiet), {.tickets = {row}, .now = triage::kNoon});
    }
    Result<Done> mark_ended_sources() override
    {
        if (auto error = due_.ask("mark_ended_sources")) return *error;
        return Done{};
    }
    Result<ports::ChoreStep> end_quiet_silences() override
    {
        if (auto error = due_.ask("end_quiet_silences")) return *error;
        return ports::ChoreStep{};
    }

private:
    Due& due_;
};

class FakeExpiryStore final : public ports::TriageStore {
public:
    explicit FakeExpiryStore(Due& due) : due_(due) {}
    Result<std::unique_ptr<ports::FoldTransaction>> lock(TenantId /*tenant*/, std::uint64_t /*from_seq*/,
                                                         const domain::RowPosition& /*to*/,
                                                         const ports::Patience& /*patience*/) override
    {
        return Error(ErrorCode::internal, "no fold");
    }
    Result<std::uint64_t> applied(TenantId /*tenant*/, domain::StreamId /*stream*/) override { return 0; }
    Result<std::vector<TenantId>> tenants_with_expired_instances() override { return due_.tenants(); }
    Result<ports::Due<ports::ExpiredInstances>> lock_expired(TenantId tenant, ports::Turn /*turn*/) override
    {
        auto firing = untold();
        firing.firing_instances = 1;
        triage::InstanceState row{.key = "i", .ticket_id = firing.id, .starts_at = {}, .ends_at = {}, .firing = true};
        return one_row<ports::ExpiredInstances>(due_, tenant, std::move(firing),
                                                {.instances = {row}, .now = triage::kNoon});
    }

private:
    Due& due_;
};

enum class Keeper : std::uint8_t { holds, quiet, expiry };

std::string name_of(const testing::TestParamInfo<Keeper>& info)
{
    return std::array{"holds", "quiet", "expiry"}.at(static_cast<std::size_t>(info.param));
}

class KeepersTest : public testing::TestWithParam<Keeper> {
protected:
    KeepersTest()
    {
        for (std::uint64_t i = 1; i <= 3; ++i) configs_.put(config(tenant_id(i)), false);
    }
    void start()
    {
        // Whoever is told may want something of the same store at once.
        const auto told = [this] {
            ++told_;
            if (!due_.tenants()) ++refused_;
        };
        if (GetParam() == Keeper::holds) {
            keeper_.emplace(kinds(make_hold_kind(hold_store_, policies_, told, 1ms, metrics_)), metrics_);
        } else if (GetParam() == Keeper::expiry) {
            keeper_.emplace(kinds(make_expiry_kind(expiry_store_, policies_, told, 1ms, metrics_)), metrics_);
        } else {
            keeper_.emplace(
                kinds(make_quiet_kind(quiet_store_, policies_, told, 1ms, metrics_),
                      make_quiet_silence_kind(quiet_store_, 1ms, metrics_), make_quiet_source_kind(quiet_store_, 1ms)),
                metrics_);
        }
        keeper_->start();
    }
    void owe_all()
    {
        for (std::uint64_t i = 1; i <= 3; ++i) due_.owe(tenant_id(i));
    }

    Due due_;
    FakeHoldStore hold_store_{due_};
    FakeQuietStore quiet_store_{due_};
    FakeExpiryStore expiry_store_{due_};
    FakeConfigStore configs_;
    ConfigCache policies_{configs_, ""};
    observe::Metrics metrics_;
    std::atomic<int> told_ = 0;
    std::atomic<int> refused_ = 0;
    std::optional<OneClock> keeper_;
};

const Error kAway{ErrorCode::unavailable, "away"};
const Error kLate{ErrorCode::timeout, "late"};
const Error kBroken{ErrorCode::internal, "broken"};
const Error kTaken{ErrorCode::conflict, "somebody else is at the tenant"};

TEST_P(KeepersTest, AFailedLookIsRepeated)
{
    owe_all();
    due_.fail("tenants_due", {kAway, kLate, kBroken});
    start();
    EXPECT_TRUE(eventually([&] { return due_.done(); }));
    EXPECT_GE(due_.calls("tenants_due"), 4);
}

TEST_P(KeepersTest, AReleaseThatFailsAtAnyCallIsRepeatedAndHoldsUpNoOtherTenant)
{
    start();
    for (const std::string call : {"lock_due", "load", "store", "commit"}) {
        const auto before = due_.calls(call);
        const auto committed = due_.calls("commit");
        due_.fail(call, {kAway, kLate, kBroken, kTaken, kTaken});
        owe_all();
        ASSERT_TRUE(eventually([&] { return due_.done(); })) << call;
        EXPECT_GE(due_.calls(call) - before, 8) << call << ": five in vain, three that did it";
        EXPECT_EQ(due_.calls("commit") - committed, call == "commit" ? 8 : 3)
            << call << ": nothing half done is stored";
    }
    EXPECT_EQ(due_.misused(), 0) << "after an error a transaction is of no use";
}

TEST_P(KeepersTest, WhoIsToldMayAskTheSameStore)
{
    owe_all();
    start();
    EXPECT_TRUE(eventually([&] { return told_ == 3; }));
    EXPECT_EQ(refused_, 0) << "the transaction had not gone yet";
    EXPECT_EQ(due_.misused(), 0);
}

TEST_P(KeepersTest, ATenantWhoseConfigurationCannotBeReadHoldsUpNoOther)
{
    due_.owe(tenant_id(77));  // nobody knows it
    owe_all();
    start();
    EXPECT_TRUE(eventually([&] { return due_.calls("commit") >= 3; }));
    EXPECT_FALSE(due_.done());
}

TEST_P(KeepersTest, ATenantWhoseConfigurationCouldNotBeReadIsTriedAgainAtOnce)
{
    configs_.put(config(tenant_id(77)), false);
    configs_.fail_loads_of(tenant_id(77), 2);  // at the third time it would be left out for a minute
    due_.owe(tenant_id(77));
    start();
    EXPECT_TRUE(eventually([&] { return due_.done(); }));
    EXPECT_GE(configs_.loads(), 3);
}

TEST_P(KeepersTest, EndsAtOnceWhileItsStoreIsAway)
{
    owe_all();
    due_.fail("tenants_due", std::deque<Error>(100'000, kAway));
    start();
    ASSERT_TRUE(eventually([&] { return due_.calls("tenants_due") >= 2; }));
    keeper_.reset();
    EXPECT_FALSE(due_.done());
}

INSTANTIATE_TEST_SUITE_P(Each, KeepersTest, testing::Values(Keeper::holds, Keeper::quiet, Keeper::expiry), name_of);

class QuietKeeperTest : public KeepersTest {};

TEST_P(QuietKeeperTest, SilencesThatCannotBeEndedHoldUpNoRelease)
{
    owe_all();
    due_.fail("end_quiet_silences", std::deque<Error>(100'000, kBroken));
    start();
    EXPECT_TRUE(eventually([&] { return due_.done(); }));
}

INSTANTIATE_TEST_SUITE_P(Each, QuietKeeperTest, testing::Values(Keeper::quiet));

}  // namespace
}  // namespace winnow::pipeline

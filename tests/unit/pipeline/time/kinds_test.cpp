/// @file
/// The kinds over stores that fail at each call: the next round does what this one could not, for each tenant.

#include "unit/pipeline/fakes.hpp"
#include "unit/pipeline/time/one_clock.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/ports/hold_store.hpp"
#include "winnow/ports/quiet_store.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <map>

namespace winnow::pipeline {
namespace {

/// What both fakes have in common: which tenants are due, and which calls go wrong next.
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
        if (auto error = next("tenants_due")) return *error;
        const std::lock_guard lock(mutex_);
        return std::vector<TenantId>(due_.begin(), due_.end());
    }
    Result<std::size_t> release(TenantId tenant)
    {
        if (auto error = next("release")) return *error;
        const std::lock_guard lock(mutex_);
        return due_.erase(tenant);
    }

private:
    std::mutex mutex_;  // guards what follows
    std::map<std::string, std::deque<Error>> errors_;
    std::map<std::string, int> calls_;
    std::set<TenantId> due_;
};

class FakeHoldStore final : public ports::HoldStore {
public:
    explicit FakeHoldStore(Due& due) : due_(due) {}
    Result<std::vector<TenantId>> tenants_due() override { return due_.tenants(); }
    Result<std::size_t> release(TenantId tenant, std::int64_t /*config_version*/, ports::Turn /*turn*/,
                                const std::function<domain::InhibitionSourceKeys(const ports::DueHolds&)>& source_keys,
                                const std::function<ports::TriageWrites(const ports::DueHolds&)>& decide) override
    {
        static_cast<void>(source_keys({}));
        static_cast<void>(decide({}));
        return due_.release(tenant);
    }

private:
    Due& due_;
};

class FakeQuietStore final : public ports::QuietStore {
public:
    explicit FakeQuietStore(Due& due) : due_(due) {}
    Result<std::vector<TenantId>> tenants_due() override { return due_.tenants(); }
    Result<std::size_t> release(
        TenantId tenant, std::int64_t /*config_version*/, ports::Turn /*turn*/,
        const std::function<domain::InhibitionSourceKeys(const std::vector<ports::QuietTicket>&)>& source_keys,
        const ports::DecideRelease& decide) override
    {
        static_cast<void>(source_keys({}));
        static_cast<void>(decide({}));
        return due_.release(tenant);
    }
    Result<Done> mark_ended_sources() override
    {
        if (auto error = due_.next("mark_ended_sources")) return *error;
        return Done{};
    }
    Result<ports::ChoreStep> end_quiet_silences() override
    {
        if (auto error = due_.next("end_quiet_silences")) return *error;
        return ports::ChoreStep{};
    }

private:
    Due& due_;
};

enum class Keeper : std::uint8_t { holds, quiet };

class KeepersTest : public testing::TestWithParam<Keeper> {
protected:
    KeepersTest()
    {
        for (std::uint64_t i = 1; i <= 3; ++i) configs_.put(config(tenant_id(i)), false);
    }
    void start()
    {
        if (GetParam() == Keeper::holds) {
            keeper_.emplace(kinds(make_hold_kind(hold_store_, policies_, [] {}, 1ms, metrics_)), metrics_);
        } else {
            keeper_.emplace(
                kinds(make_quiet_kind(
                          quiet_store_, policies_, [] {}, 1ms, metrics_),
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
    FakeConfigStore configs_;
    ConfigCache policies_{configs_, ""};
    observe::Metrics metrics_;
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

TEST_P(KeepersTest, AReleaseThatFailsIsRepeatedAndHoldsUpNoOtherTenant)
{
    owe_all();
    due_.fail("release", {kAway, kLate, kBroken, kTaken, kTaken});
    start();
    EXPECT_TRUE(eventually([&] { return due_.done(); }));
    EXPECT_EQ(due_.calls("release") >= 8, true) << "five in vain, three that did it";
}

TEST_P(KeepersTest, ATenantWhoseConfigurationCannotBeReadHoldsUpNoOther)
{
    due_.owe(tenant_id(77));  // nobody knows it
    owe_all();
    start();
    EXPECT_TRUE(eventually([&] { return due_.calls("release") >= 3; }));
    EXPECT_FALSE(due_.done()) << "and it is tried again";
    configs_.put(config(tenant_id(77)));
    EXPECT_TRUE(eventually([&] { return due_.done(); }));
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

INSTANTIATE_TEST_SUITE_P(Each, KeepersTest, testing::Values(Keeper::holds, Keeper::quiet),
                         [](const auto& info) { return info.param == Keeper::holds ? "holds" : "quiet"; });

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

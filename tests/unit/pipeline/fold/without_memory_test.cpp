/// @file
/// Triage where any allocation may fail: no alert is lost, none is ignored, and no thread ends the process.

#include "support/failing_memory.hpp"
#include "triage_fixture.hpp"
#include "winnow/observe/log.hpp"

#include <optional>

namespace winnow::pipeline {
namespace {

using test::Spared;

/// A transaction that never wants for memory itself.
class SparedFold final : public ports::FoldTransaction {
public:
    /// `thread`: nor does what happens between its calls.
    SparedFold(std::unique_ptr<ports::FoldTransaction> fold, bool thread) : fold_(std::move(fold))
    {
        if (thread) thread_.emplace();
    }

    Result<triage::States> load(const triage::StateKeys& keys) override
    {
        const Spared the_store;
        return fold_->load(keys);
    }
    Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& judges,
                                                        const triage::StateKeys& keys) override
    {
        const Spared the_store;
        return fold_->load_costs(judges, keys);
    }
    Result<Done> store(const ports::TriageWrites& writes) override
    {
        const Spared the_store;
        return fold_->store(writes);
    }
    Result<Done> commit() override
    {
        const Spared the_store;
        return fold_->commit();
    }

private:
    const std::unique_ptr<ports::FoldTransaction> fold_;
    std::optional<Spared> thread_;
};

/// The store itself never wants for memory; whoever calls it may, unless he writes messages: the destructor of the
/// library's JSON values takes memory, and must not fail.
class SparedStore final : public ports::TriageStore {
public:
    explicit SparedStore(FakeTriageStore& store) : store_(store) {}

    void write_messages() { writes_messages_ = true; }

    Result<std::unique_ptr<ports::FoldTransaction>> lock(TenantId tenant, std::uint64_t from,
                                                         const domain::RowPosition& to,
                                                         const ports::Patience& patience) override
    {
        const Spared the_store;
        auto fold = store_.lock(tenant, from, to, patience);
        if (!fold) return fold;
        return std::make_unique<SparedFold>(*std::move(fold), writes_messages_);
    }
    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) override
    {
        return store_.applied(tenant, stream);
    }
    Result<std::vector<TenantId>> tenants_with_expired_instances() override { return std::vector<TenantId>(); }
    Result<ports::Due<ports::ExpiredInstances>> lock_expired(TenantId /*tenant*/, ports::Turn /*turn*/) override
    {
        return ports::Due<ports::ExpiredInstances>{};
    }

private:
    FakeTriageStore& store_;
    bool writes_messages_ = false;
};

class WithoutMemoryTest : public TriageServiceTest {
protected:
    void SetUp() override
    {
        if (!test::kMemoryCanFail) GTEST_SKIP() << "no allocation can be made to fail under ThreadSanitizer";
        service_ = std::make_unique<TriageService>(
            spared_store_, policies_, TriageOptions{.coalesce = 1ms}, [this] { ++outbox_changes_; }, metrics_);
    }
    void TearDown() override
    {
        test::end_of_failures();
        service_.reset();
    }

    /// The first allocation after a submission fails, then the second one, up to `depth`. `contacts`: that each alert
    /// is told to.
    void fail_everywhere(std::uint64_t depth, std::uint64_t contacts)
    {
        const auto allocations = 2 * depth;
        const Spared the_test;
        const auto before = test::failed_allocations();
        for (std::uint64_t n = 0; n < allocations; ++n) {
            const auto tenant = tenant_id(100 + n);
            configs_.put(telling(tenant, contacts), false);
            std::vector<journal::CommittedRow> rows;
            for (std::uint64_t seq = 1; seq <= 4; ++seq) rows.push_back(row(tenant, 3, (4 * n) + seq, {"a", "a"}));
            test::fail_allocations(static_cast<std::int64_t>(n % depth), 1 + (static_cast<std::int64_t>(n) % 3));
            submit({rows[0], rows[1], rows[1]});
            submit({rows[2], rows[3]});
            ASSERT_TRUE(eventually([&] { return !test::failures_are_left() || service_->flush(1ms); }));
        }
        test::end_of_failures();
        ASSERT_TRUE(flushed());
        EXPECT_GE(test::failed_allocations() - before, static_cast<std::int64_t>(depth)) << "the test tests nothing";
        for (std::uint64_t n = 0; n < allocations; ++n) {
            const auto tenant = tenant_id(100 + n);
            EXPECT_EQ(store_.occurrences(tenant, "a"), 8) << n;
            EXPECT_EQ(position(tenant, 3), (4 * n) + 4) << n;
        }
        EXPECT_TRUE(measured("winnow_triage_poisoned_rows_total 0"));
        EXPECT_TRUE(measured("winnow_triage_dropped_rows_total 0"));
        EXPECT_TRUE(measured("winnow_triage_backlog_alerts 0"));
    }

    SparedStore spared_store_{store_};
};

TEST_F(WithoutMemoryTest, WhicheverAllocationFailsNoAlertIsLostOrIgnored)
{
    fail_everywhere(100, 0);
}

TEST_F(WithoutMemoryTest, NeitherWhereRowsAreGivenMoreTimeAside)
{
    spared_store_.write_messages();
    store_.with([](auto& store) {
        store.most_owed_ = 10;
        store.needed_ = 1s;
    });
    fail_everywhere(30, 20);
}

// Run alone, the process has written no line before: that one makes the log.
TEST_F(WithoutMemoryTest, ALineOfTheLogIsLeftOutRatherThanThrown)
{
    for (int n = 0; n < 20; ++n) {
        bool thrown = false;
        test::fail_allocations(n, 1'000);
        try {
            observe::error("a line of the log", {{"allocations", n}});
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        test::end_of_failures();
        EXPECT_FALSE(thrown) << n;
    }
}

TEST_F(WithoutMemoryTest, WhatElseIsThrownHoldsUpItsTenantOnly)
{
    configs_.put(config(one_), false);
    configs_.put(config(two_), false);
    configs_.throw_for(one_);
    submit({row(one_, 3, 1, {"a"})});
    ASSERT_TRUE(eventually([&] { return configs_.loads() > 0; }));
    submit({row(two_, 3, 2, {"b"})});
    EXPECT_TRUE(eventually([&] { return position(two_, 3) == 2; }));
    configs_.throw_for(std::nullopt);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
}

}  // namespace
}  // namespace winnow::pipeline

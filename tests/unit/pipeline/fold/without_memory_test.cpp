/// @file
/// Triage where any allocation may fail: no alert is lost, none is ignored, and no thread ends the process.

#include "triage_fixture.hpp"
#include "winnow/observe/log.hpp"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

/// Of the threads that are not the test's own: so many allocations succeed, and so many fail then.
std::atomic<std::int64_t> succeeding{std::numeric_limits<std::int64_t>::max()};
std::atomic<std::int64_t> failing{0};
std::atomic<std::int64_t> failed{0};
thread_local int spared = 0;

[[maybe_unused]] bool fails()
{
    if (spared > 0 || failing.load(std::memory_order_relaxed) <= 0) return false;
    if (succeeding.fetch_sub(1) > 0 || failing.fetch_sub(1) <= 0) return false;
    ++failed;
    return true;
}

}  // namespace

// ThreadSanitizer brings these operators itself, and links no others. AddressSanitizer's own would be called for what
// is not replaced here, and memory of its must not be freed by ours.
#if __has_feature(thread_sanitizer)
constexpr bool kCanFail = false;
#else
constexpr bool kCanFail = true;
// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory,misc-definitions-in-headers)
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept
{
    return fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size)
{
    void* const memory = operator new(size, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory,misc-definitions-in-headers)
#endif

namespace winnow::pipeline {
namespace {

/// While it lives this thread finds memory.
class Spared {
public:
    Spared() { ++spared; }
    ~Spared() { --spared; }
    Spared(const Spared&) = delete;
    Spared& operator=(const Spared&) = delete;
};

/// A transaction that never wants for memory itself.
class SparedFold final : public ports::FoldTransaction {
public:
    /// `thread`: nor does what happens between its calls.
    SparedFold(std::unique_ptr<ports::FoldTransaction> fold, bool thread) : thread_(thread), fold_(std::move(fold))
    {
        if (thread_) ++spared;
    }
    ~SparedFold() override
    {
        if (thread_) --spared;
    }
    SparedFold(const SparedFold&) = delete;
    SparedFold& operator=(const SparedFold&) = delete;

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
    const bool thread_;
    const std::unique_ptr<ports::FoldTransaction> fold_;
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
        if (!kCanFail) GTEST_SKIP() << "no allocation can be made to fail under ThreadSanitizer";
        service_ = std::make_unique<TriageService>(
            spared_store_, policies_, TriageOptions{.coalesce = 1ms}, [this] { ++outbox_changes_; }, metrics_);
    }
    void TearDown() override
    {
        failing = 0;
        service_.reset();
    }

    /// The first allocation after a submission fails, then the second one, up to `depth`. `contacts`: that each alert
    /// is told to.
    void fail_everywhere(std::uint64_t depth, std::uint64_t contacts)
    {
        const auto allocations = 2 * depth;
        const Spared the_test;
        failed = 0;
        for (std::uint64_t n = 0; n < allocations; ++n) {
            const auto tenant = tenant_id(100 + n);
            configs_.put(telling(tenant, contacts), false);
            std::vector<journal::CommittedRow> rows;
            for (std::uint64_t seq = 1; seq <= 4; ++seq) rows.push_back(row(tenant, 3, (4 * n) + seq, {"a", "a"}));
            succeeding = static_cast<std::int64_t>(n % depth);
            failing = 1 + (static_cast<std::int64_t>(n) % 3);
            submit({rows[0], rows[1], rows[1]});
            submit({rows[2], rows[3]});
            ASSERT_TRUE(eventually([&] { return failing <= 0 || service_->flush(1ms); }));
        }
        failing = 0;
        ASSERT_TRUE(flushed());
        EXPECT_GE(failed, static_cast<std::int64_t>(depth)) << "the test tests nothing";
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
        succeeding = n;
        failing = 1'000;
        try {
            observe::error("a line of the log", {{"allocations", n}});
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        failing = 0;
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

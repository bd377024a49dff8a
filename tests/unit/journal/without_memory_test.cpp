/// @file
/// A batch with keys where any allocation between its claim and its commit may fail.

#include "fake_streams.hpp"
#include "journal/batch.hpp"
#include "support/failing_memory.hpp"

#include <gmock/gmock.h>

namespace winnow::journal {
namespace {

constexpr domain::StreamId kStream = 7;

/// Memory is short from its claims' answers on until they are committed or dropped.
class ShortSession final : public ports::JournalSession {
public:
    ShortSession(ports::JournalSession& session, std::int64_t enough) : session_(session), enough_(enough) {}

    Result<Done> append(const std::vector<ports::JournalRow>& rows) override { return session_.append(rows); }
    Result<std::unique_ptr<ports::ReceiptClaim>> claim(const std::vector<ports::KeyedReceipt>& receipts) override
    {
        auto claim = session_.claim(receipts);
        if (!claim) return claim;
        auto made = std::make_unique<Claim>(*std::move(claim));
        test::fail_allocations(enough_, 1);
        return made;
    }
    Result<bool> committed(TenantId tenant, const domain::RowPosition& position) override
    {
        return session_.committed(tenant, position);
    }
    Result<Done> probe(std::size_t bytes) override { return session_.probe(bytes); }

private:
    class Claim final : public ports::ReceiptClaim {
    public:
        explicit Claim(std::unique_ptr<ports::ReceiptClaim> claim) : claim_(std::move(claim)) {}
        ~Claim() override { test::end_of_failures(); }
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;

        [[nodiscard]] const std::vector<ports::ReceiptAnswer>& answers() const noexcept override
        {
            return claim_->answers();
        }
        Result<Done> commit(const std::vector<ports::JournalRow>& rows) override
        {
            test::end_of_failures();
            return claim_->commit(rows);
        }

    private:
        const std::unique_ptr<ports::ReceiptClaim> claim_;
    };

    ports::JournalSession& session_;
    const std::int64_t enough_;
};

/// One request for each title, which is its key, too.
Batch keyed(const std::vector<std::string>& titles)
{
    std::vector<std::unique_ptr<Pending>> requests;
    for (const auto& title : titles) {
        auto& request = requests.emplace_back(std::make_unique<Pending>());
        request->submission.tenant = TenantId(Uuid::from_words(0, 1));
        request->submission.alerts.emplace_back().title = title;
        auto& once = request->submission.once.emplace();
        once.key = title;
        once.answer = [](const domain::ReceiptId&) {
            return std::string("{\"an\": \"answer that takes memory of its own\"}");
        };
    }
    auto batch = lay_out(std::move(requests), 10);
    place(batch, {.received_at = {}, .stream = kStream, .seq = 1});
    return batch;
}

TEST(StoreOnce, WhateverFailsBetweenTheClaimAndTheCommitNothingIsStoredAndTheClaimIsGone)
{
    if (!test::kMemoryCanFail) GTEST_SKIP() << "no allocation can be made to fail under ThreadSanitizer";
    using Titles = std::map<std::string, int>;
    FakeStreams streams;
    const auto session = streams.session(kStream).value();
    auto first = keyed({"seen"});
    ASSERT_TRUE(store_once(*session, receipts_of(first), first));

    std::int64_t failures = 0;
    while (true) {
        auto batch = keyed({"seen", "new"});
        const auto receipts = receipts_of(batch);
        ShortSession short_of_memory(*session, failures);
        const auto stored = store_once(short_of_memory, receipts, batch);
        if (stored) break;
        ASSERT_EQ(stored.error().code(), ErrorCode::unavailable) << "nothing of the requests: waiting helps";
        ASSERT_EQ(streams.stored(), (Titles{{"seen", 1}})) << failures;
        ASSERT_LT(++failures, 1'000);
    }
    EXPECT_GT(failures, 1) << "the test tests nothing";
    EXPECT_EQ(streams.stored(), (Titles{{"seen", 1}, {"new", 1}}));
    EXPECT_EQ(streams.misused(), 0);
}

}  // namespace
}  // namespace winnow::journal

#include "api/audit/access_note.hpp"

#include "winnow/intake/sender.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

/// Takes entries, and tells of them when it is told to.
class HeldRecords final : public ports::AccessRecords {
public:
    void store(ports::OwnedAccess access, std::size_t held, Finished finished) override
    {
        stored.push_back(std::move(access));
        bytes.push_back(held);
        waiting.push_back(std::move(finished));
    }
    Result<Done> prepare() override { return Done{}; }
    bool healthy() const override { return true; }

    void tell(const Result<Done>& outcome)
    {
        for (auto& each : std::exchange(waiting, {})) each(outcome);
    }

    std::vector<ports::OwnedAccess> stored;
    std::vector<std::size_t> bytes;
    std::vector<Finished> waiting;
};

class ListStore final : public ports::RefusedAccessStore {
public:
    Result<Done> store(const std::vector<ports::OwnedAccess>& refused,
                       const std::vector<ports::RefusedKey>& /*keys*/) override
    {
        entries = refused;
        return Done{};
    }
    std::vector<ports::OwnedAccess> entries;
};

class AccessNoteTest : public testing::Test {
protected:
    AccessNoteTest()
    {
        who_.kind = access::CredentialKind::user_key;
        who_.tenant = TenantId(Uuid::from_words(1, 1));
        who_.user = UserId(Uuid::from_words(2, 2));
        who_.key = Uuid::from_words(3, 3);
        who_.role = access::Role::auditor;
        head_.method = "GET";
        head_.path = "/api/v1/rules/a/versions/2";
        head_.remote_address = "::ffff:192.0.2.1";
        head_.request_id = "r1";
        route_.method = "GET";
        route_.pattern = "/api/v1/rules/{id}/versions/{version}";
    }

    std::shared_ptr<AccessNote> note()
    {
        return note_of(who_, route_, {{"id", "a"}, {"version", "2"}}, head_, Timestamp(std::chrono::seconds{5}),
                       Uuid::from_words(4, 4));
    }
    http::ResponseSink recorded(const std::shared_ptr<AccessNote>& note)
    {
        return recording(note, {.records = records_, .refused = refused_},
                         [this](http::Response response) { answer_ = std::move(response); });
    }

    access::Principal who_;
    http::RequestHead head_;
    Route route_{};
    HeldRecords records_;
    ListStore store_;
    identity::RefusedAccesses refused_{store_, {}};
    std::optional<http::Response> answer_;
};

TEST_F(AccessNoteTest, SaysWhoAskedForWhatFromWhere)
{
    const auto made = note();
    const auto& entry = made->entry;
    EXPECT_EQ(made->tenant, who_.tenant);
    EXPECT_EQ(entry.at, Timestamp(std::chrono::seconds{5}));
    EXPECT_EQ(entry.id, Uuid::from_words(4, 4));
    EXPECT_EQ(entry.actor, who_.actor());
    EXPECT_EQ(entry.means, "user_key");
    EXPECT_EQ(entry.key, who_.key);
    EXPECT_EQ(entry.role, "auditor");
    EXPECT_EQ(entry.address, "192.0.2.1");
    EXPECT_EQ(entry.method, "GET");
    EXPECT_EQ(entry.route, "/api/v1/rules/{id}/versions/{version}");
    EXPECT_EQ(entry.object, "a/2");
    EXPECT_EQ(entry.request_id, "r1");
}

TEST_F(AccessNoteTest, AKeyInThePathIsNoObject)
{
    const auto made = note_of(who_, route_, {{"token", "wnk_secret"}, {"id", "a"}}, head_, {}, {});
    EXPECT_EQ(made->entry.object, "a");
}

TEST_F(AccessNoteTest, NoAnswerGoesOutBeforeItsEntryIsStored)
{
    auto sink = recorded(note());
    sink(http::Response(200, "application/json", "{\"a\":1}"));
    EXPECT_FALSE(answer_);
    ASSERT_EQ(records_.stored.size(), 1U);
    EXPECT_EQ(records_.stored[0].tenant, who_.tenant);
    EXPECT_EQ(records_.stored[0].entry.status, 200);
    EXPECT_EQ(records_.stored[0].entry.bytes, 7);
    EXPECT_EQ(records_.stored[0].entry.code, "");
    EXPECT_EQ(records_.bytes[0], 7U);
    records_.tell(Done{});
    ASSERT_TRUE(answer_);
    EXPECT_EQ(answer_->status, 200);
    EXPECT_EQ(answer_->body.text(), "{\"a\":1}");
}

TEST_F(AccessNoteTest, WithoutItsEntryItIsRefusedAndShowsNothing)
{
    auto sink = recorded(note());
    sink(http::Response(200, "application/json", "{\"secret\":1}"));
    records_.tell(Error(ErrorCode::timeout, "the database took too long"));
    ASSERT_TRUE(answer_);
    EXPECT_EQ(answer_->status, 503);
    EXPECT_FALSE(answer_->body.text().contains("secret"));
    EXPECT_FALSE(answer_->body.text().contains("took too long"));
}

TEST_F(AccessNoteTest, WhatItsOwnTransactionStoredIsNotStoredTwice)
{
    const auto made = note();
    made->is_stored = true;
    auto sink = recorded(made);
    sink(http::Response(201));
    EXPECT_TRUE(answer_);
    EXPECT_TRUE(records_.stored.empty());
}

TEST_F(AccessNoteTest, RefusalsAreSummedAndAnsweredAtOnce)
{
    for (const int status : {401, 403, 429}) {
        answer_.reset();
        auto sink = recorded(note());
        sink(http::Response(status, "application/problem+json", R"({"code":"some_code"})"));
        EXPECT_TRUE(answer_) << status;
    }
    EXPECT_TRUE(records_.stored.empty());
    EXPECT_EQ(*refused_.store(10), 3U);
    for (const auto& [tenant, entry] : store_.entries) EXPECT_EQ(entry.code, "some_code");
}

TEST_F(AccessNoteTest, AFailureSaysItsCode)
{
    auto sink = recorded(note());
    sink(http::Response(404, "application/problem+json", R"({"status":404,"code":"not_found"})"));
    ASSERT_EQ(records_.stored.size(), 1U);
    EXPECT_EQ(records_.stored[0].entry.code, "not_found");
    auto other = recorded(note());
    other(http::Response(400, "text/plain", "{no json"));
    EXPECT_EQ(records_.stored[1].entry.code, "");
}

TEST_F(AccessNoteTest, AFaultOfOursIsToldAtOnce)
{
    auto sink = recorded(note());
    sink(http::Response(503, "application/problem+json", R"({"code":"unavailable"})"));
    ASSERT_TRUE(answer_);
    EXPECT_EQ(answer_->status, 503);
    ASSERT_EQ(records_.stored.size(), 1U) << "and stored where that can be";
    EXPECT_EQ(records_.stored[0].entry.code, "unavailable");
    records_.tell(Error(ErrorCode::unavailable, "away"));
    EXPECT_EQ(answer_->status, 503);
}

TEST_F(AccessNoteTest, OfAHeadNothingIsSent)
{
    head_.method = "HEAD";
    auto sink = recorded(note());
    sink(http::Response(200, "application/json", "{}"));
    EXPECT_EQ(records_.stored[0].entry.bytes, 0);
}

}  // namespace
}  // namespace winnow::api

#include "api/calls/session_call.hpp"
#include "one_session.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Answers whose bodies are read page by page.

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using http::Piece;
using testing::HasSubstr;

/// Reads each page as `read` does.
class ScriptedPages final : public Pages {
public:
    using Read = std::function<Result<MakePage>()>;
    explicit ScriptedPages(Read read) : read_(std::move(read)) {}
    Result<MakePage> read(const Call& /*call*/, ports::TenantSession& /*session*/) override { return read_(); }

private:
    const Read read_;
};

MakePage page_of(std::string text, bool is_last)
{
    return [page = Page{.text = std::move(text), .is_last = is_last}]() mutable {
        return Result<Page>(std::move(page));
    };
}

class PagedBodyTest : public testing::Test {
protected:
    /// The answer of a route whose body is read so.
    http::Response ask(ScriptedPages::Read read)
    {
        Services services;
        services.clock = [] {
            return Timestamp(42ms);
        };
        calls_.emplace(database_, services, options_);
        const auto handler = [read = std::move(read)](const Call&, ports::TenantSession&) -> Result<Answer> {
            return Answer(http::Response(200), std::make_unique<ScriptedPages>(read));
        };
        auto route = std::make_shared<const Route>(
            Route{"GET", "/api/v1/x.csv", access::Permission::read_rules, "x", handler, always});
        http::Request request;
        request.given_up = given_up_;
        std::promise<http::Response> answer;
        calls_->run(std::move(route), {}, {}, std::move(request),
                    [&](http::Response response) { answer.set_value(std::move(response)); });
        return answer.get_future().get();
    }

    static Piece pull(http::Response& response)
    {
        std::promise<Piece> piece;
        response.body.source()->pull([&](Piece got) { piece.set_value(std::move(got)); });
        return piece.get_future().get();
    }

    OneSession database_;
    std::shared_ptr<std::atomic<bool>> given_up_ = std::make_shared<std::atomic<bool>>(false);
    SessionCalls::Options options_{.read_timeout = 123ms, .analysis = {}};
    std::optional<SessionCalls> calls_;
};

TEST_F(PagedBodyTest, EachPageIsReadWhenItIsAskedForInATransactionAndMadeWithoutOne)
{
    std::atomic<int> reads = 0;
    std::atomic<bool> read_in_transaction = true;
    std::atomic<bool> made_in_transaction = false;
    auto answer = ask([&]() -> Result<MakePage> {
        read_in_transaction = read_in_transaction && database_.in_transaction;
        return MakePage([&, number = ++reads]() -> Result<Page> {
            made_in_transaction = made_in_transaction || database_.in_transaction;
            return Page{.text = std::to_string(number), .is_last = number == 3};
        });
    });
    ASSERT_NE(answer.body.source(), nullptr);
    EXPECT_EQ(reads, 0);
    for (int i = 1; i <= 3; ++i) {
        const auto piece = pull(answer);
        EXPECT_EQ(reads, i) << "one page at a time";
        EXPECT_EQ(piece.kind, i < 3 ? Piece::Kind::more : Piece::Kind::last);
        EXPECT_EQ(piece.text, std::to_string(i));
    }
    EXPECT_TRUE(read_in_transaction);
    EXPECT_FALSE(made_in_transaction);
    EXPECT_EQ(database_.last_timeout.load(), 123ms) << "as of whatever only reads";
}

TEST_F(PagedBodyTest, APageThatFindsNoPlaceComesLater)
{
    auto answer = ask([]() -> Result<MakePage> { return page_of("at last", true); });
    database_.refuses = true;
    const auto refused = pull(answer);
    EXPECT_EQ(refused.kind, Piece::Kind::later);
    EXPECT_GT(refused.after, 0ms);
    EXPECT_EQ(pull(answer).text, "at last") << "it was not lost";
}

TEST_F(PagedBodyTest, APageThatFindsNoDatabaseComesLater)
{
    std::atomic<bool> is_there = false;
    auto answer = ask([&]() -> Result<MakePage> {
        if (!is_there) return Error(ErrorCode::unavailable, "the database is restarted");
        return page_of("at last", true);
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pull(answer).kind, Piece::Kind::later);
    is_there = true;
    EXPECT_EQ(pull(answer).text, "at last");
}

/// One is on its way, and the others of its tenant stand in no queue meanwhile.
TEST_F(PagedBodyTest, ATenantsPagesComeOneAfterTheOtherInTheOrderInWhichTheyWereAskedFor)
{
    constexpr std::size_t kMany = 12;  // more than the line of analyses has places for a tenant
    std::promise<void> gate;
    std::atomic<int> reads = 0;
    auto answer = ask([&, opened = gate.get_future().share()]() -> Result<MakePage> {
        return MakePage([&, opened, number = ++reads]() -> Result<Page> {
            opened.wait();
            return Page{.text = std::to_string(number), .is_last = false};
        });
    });
    std::promise<void> all;
    std::mutex mutex;
    std::vector<std::string> told;
    for (std::size_t i = 1; i <= kMany; ++i) {
        answer.body.source()->pull([&, i](const Piece& piece) {
            bool is_last = false;
            {
                const std::lock_guard lock(mutex);
                told.push_back(std::to_string(i) + " got " + piece.text);
                is_last = told.size() == kMany;
            }
            if (is_last) all.set_value();
        });
    }
    EXPECT_LE(reads, 1);
    gate.set_value();
    all.get_future().wait();
    for (std::size_t i = 1; i <= kMany; ++i) {
        EXPECT_EQ(told.at(i - 1), std::to_string(i) + " got " + std::to_string(i));
    }
}

TEST_F(PagedBodyTest, APageThatItsCallersAccountCannotPayIsNotReadYet)
{
    std::atomic<int> wait = 700;
    std::atomic<bool> was_read = false;
    options_.page_wait = [&](const access::Principal&) {
        return std::chrono::milliseconds(wait);
    };
    auto answer = ask([&]() -> Result<MakePage> {
        was_read = true;
        return page_of("", true);
    });
    const auto poor = pull(answer);
    EXPECT_EQ(poor.kind, Piece::Kind::later);
    EXPECT_EQ(poor.after, 700ms);
    EXPECT_FALSE(was_read);
    wait = 0;
    EXPECT_EQ(pull(answer).kind, Piece::Kind::last);
}

TEST_F(PagedBodyTest, ReadingAPageAndMakingItArePaidTogether)
{
    std::promise<std::chrono::nanoseconds> listed;
    std::promise<std::chrono::nanoseconds> told;
    options_.analysed = [&](const access::Principal&, std::chrono::nanoseconds spent) {
        listed.set_value(spent);
    };
    options_.page_paid = [&](const access::Principal&, std::chrono::nanoseconds spent) {
        told.set_value(spent);
    };
    auto answer = ask([]() -> Result<MakePage> {
        work_for(10ms);
        return MakePage([]() -> Result<Page> {
            work_for(10ms);
            return Page{};
        });
    });
    EXPECT_LT(listed.get_future().get(), 10ms) << "what came before the pages is paid for itself";
    static_cast<void>(pull(answer));
    EXPECT_GE(told.get_future().get(), 20ms);
}

TEST_F(PagedBodyTest, APageThatFailsIsPaidAndCutsTheBodyShort)
{
    std::promise<std::chrono::nanoseconds> told;
    options_.page_paid = [&](const access::Principal&, std::chrono::nanoseconds spent) {
        told.set_value(spent);
    };
    auto answer = ask([]() -> Result<MakePage> {
        work_for(10ms);
        return Error(ErrorCode::timeout, "the database needed longer");
    });
    const auto piece = pull(answer);
    EXPECT_EQ(piece.kind, Piece::Kind::broken);
    EXPECT_THAT(piece.text, HasSubstr("needed longer"));
    EXPECT_GE(told.get_future().get(), 10ms);
}

TEST_F(PagedBodyTest, APageThatCannotBeMadeCutsTheBodyShort)
{
    const ScriptedPages::Read fails[] = {
        [] { return MakePage([]() -> Result<Page> { return Error(ErrorCode::internal, "why"); }); },
        [] { return MakePage([]() -> Result<Page> { throw std::runtime_error("why"); }); },
    };
    for (const auto& read : fails) {
        auto answer = ask(read);
        const auto piece = pull(answer);
        EXPECT_EQ(piece.kind, Piece::Kind::broken);
        EXPECT_EQ(piece.text, "why");
    }
}

TEST_F(PagedBodyTest, APageThatNobodyWaitsForIsNotRead)
{
    std::atomic<bool> was_read = false;
    auto answer = ask([&]() -> Result<MakePage> {
        was_read = true;
        return page_of("", true);
    });
    *given_up_ = true;
    EXPECT_EQ(pull(answer).kind, Piece::Kind::broken);
    EXPECT_FALSE(was_read);
}

TEST_F(PagedBodyTest, ItMayOutliveWhoeverMadeIt)
{
    auto answer = ask([]() -> Result<MakePage> { return page_of("", true); });
    calls_.reset();
    answer = http::Response(200);
}

}  // namespace
}  // namespace winnow::api

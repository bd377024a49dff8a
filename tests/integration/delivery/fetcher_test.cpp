/// Documents of providers of sign-ins, asked of a server that misbehaves.

#include "winnow/delivery/fetcher.hpp"

#include "delivery_fixture.hpp"
#include "webhook_receiver.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::test {
namespace {

using ports::Fetched;
using testing::HasSubstr;
using testing::Not;

class Fetcher : public DeliveryTest {
protected:
    static std::future<Result<Fetched>> begin(ports::Fetcher& fetcher, ports::Fetch what)
    {
        auto promise = std::make_shared<std::promise<Result<Fetched>>>();
        auto result = promise->get_future();
        fetcher.fetch(std::move(what), [promise](Result<Fetched> got) { promise->set_value(std::move(got)); });
        return result;
    }

    static Result<Fetched> await(std::future<Result<Fetched>> result)
    {
        if (result.wait_for(std::chrono::seconds{15}) != std::future_status::ready) {
            throw std::runtime_error("no answer has come");
        }
        return result.get();
    }

    Result<Fetched> fetch(ports::Fetch what)
    {
        const auto own = delivery::make_fetcher(options);
        return await(begin(*own, std::move(what)));
    }

    static std::string url(const WebhookReceiver& receiver, const std::string& host = "localhost")
    {
        return "https://" + host + ":" + std::to_string(receiver.port()) + "/document";
    }

    static ports::Fetch get(std::string where, TenantId tenant = TenantId(Uuid::from_words(1, 1)))
    {
        return {.tenant = tenant, .url = std::move(where)};
    }
};

TEST_F(Fetcher, GetsADocumentWithItsStatusAndHowLongItKeeps)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) {
        return answer(200, "Cache-Control: public, max-age=600\r\n", R"({"issuer":"x"})");
    });
    const auto got = fetch(get(url(receiver)));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, R"({"issuer":"x"})");
    EXPECT_EQ(got->cache_control, "public, max-age=600");
    ASSERT_EQ(receiver.calls().size(), 1U);
    EXPECT_THAT(receiver.calls()[0].head, testing::StartsWith("GET /document HTTP/1.1\r\n"));
    EXPECT_EQ(receiver.calls()[0].header("Accept"), "application/json");
    EXPECT_EQ(receiver.calls()[0].header("Authorization"), "");
}

TEST_F(Fetcher, PostsAForm)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(400, {}, "no"); });
    auto what = get(url(receiver));
    what.form = "code=1&x=2";
    what.authorization = "Basic YTpi";
    const auto got = fetch(std::move(what));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 400);
    const auto call = receiver.calls().at(0);
    EXPECT_THAT(call.head, testing::StartsWith("POST /document"));
    EXPECT_EQ(call.body, "code=1&x=2");
    EXPECT_EQ(call.header("Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(call.header("Authorization"), "Basic YTpi");
}

TEST_F(Fetcher, FollowsNobodyElsewhere)
{
    const WebhookReceiver other(certificate(), [](const WebhookCall&) { return answer(200, {}, "{}"); });
    const WebhookReceiver receiver(certificate(),
                                   [&](const WebhookCall&) { return answer(302, "Location: " + url(other) + "\r\n"); });
    const auto got = fetch(get(url(receiver)));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 302);
    EXPECT_EQ(other.connections(), 0U);
}

TEST_F(Fetcher, TakesAsMuchAsWasAskedForAndNotAByteMore)
{
    const WebhookReceiver receiver(certificate(),
                                   [](const WebhookCall&) { return answer(200, {}, std::string(1'000, 'x')); });
    auto what = get(url(receiver));
    what.max_bytes = 1'000;
    EXPECT_TRUE(fetch(what));
    what.max_bytes = 999;
    const auto got = fetch(what);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(got.error().message(), HasSubstr("too large"));
}

TEST_F(Fetcher, GoesToNoPrivateNetworkAndSpeaksNothingButTls)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) { return answer(200, {}, "{}"); });
    const auto plain = fetch(get("http://localhost:" + std::to_string(receiver.port()) + "/"));
    ASSERT_FALSE(plain);
    EXPECT_EQ(plain.error().code(), ErrorCode::invalid_argument);
    options.egress_allow.clear();
    for (const std::string host : {"localhost", "127.0.0.1", "[::1]", "2130706433"}) {
        const auto got = fetch(get(url(receiver, host)));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code(), ErrorCode::invalid_argument) << host;
        EXPECT_THAT(got.error().message(), HasSubstr("private or reserved network"));
        EXPECT_THAT(got.error().message(), Not(HasSubstr("127")));
    }
    EXPECT_EQ(receiver.connections(), 0U);
}

TEST_F(Fetcher, TrustsTheAuthoritiesThatItIsGiven)
{
    const auto stranger = make_certificate(make_authority("another authority"), "localhost");
    const WebhookReceiver receiver(stranger, [](const WebhookCall&) { return answer(200, {}, "{}"); });
    const auto got = fetch(get(url(receiver)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(got.error().message(), HasSubstr("certificate"));
    EXPECT_TRUE(receiver.calls().empty());
}

TEST_F(Fetcher, WaitsForNobodyLongerThanItsTime)
{
    options.total_timeout = std::chrono::milliseconds{300};
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) {
        return WebhookAnswer{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
                             .then = WebhookAnswer::Then::hang};
    });
    const auto got = fetch(get(url(receiver)));
    ASSERT_FALSE(got) << "half an answer is none";
    EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
}

TEST_F(Fetcher, GivesEachTenantItsShareAndEndsWhatIsUnderWayWhenItGoes)
{
    const WebhookReceiver receiver(certificate(), [](const WebhookCall&) {
        return WebhookAnswer{.bytes = "", .then = WebhookAnswer::Then::hang};
    });
    std::vector<std::future<Result<Fetched>>> held;
    {
        const auto fetcher = delivery::make_fetcher(options);
        while (held.size() < delivery::kMostFetchesOfTenant) held.push_back(begin(*fetcher, get(url(receiver))));
        const auto refused = await(begin(*fetcher, get(url(receiver))));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
        held.push_back(begin(*fetcher, get(url(receiver), TenantId(Uuid::from_words(2, 2)))));
        EXPECT_TRUE(receiver.wait_for_calls(delivery::kMostFetchesOfTenant + 1));
    }
    for (auto& each : held) {
        const auto got = await(std::move(each));
        ASSERT_FALSE(got);
        EXPECT_THAT(got.error().message(), HasSubstr("stopped"));
    }
}

}  // namespace
}  // namespace winnow::test

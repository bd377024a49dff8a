#include "api/rates/rates.hpp"

#include "api/rates/address_prefix.hpp"
#include "api/rates/ingest_bill.hpp"
#include "api/rates/read_cost.hpp"
#include "api/rest/rate_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;
using domain::RateClass;
using testing::HasSubstr;
using Whose = Standing::Whose;

class RatesTest : public testing::Test {
protected:
    static access::Principal sender(std::uint64_t tenant, std::uint64_t integration)
    {
        access::Principal who;
        who.kind = access::CredentialKind::integration_key;
        who.tenant = TenantId(Uuid::from_words(1, tenant));
        who.integration = IntegrationId(Uuid::from_words(2, integration));
        return who;
    }
    static domain::RateLimits limits()
    {
        domain::RateLimits limits;
        limits.tenant = {{{10, 100}, {5, 10}, {5, 10}, {100, 200}}};
        limits.failed_logins = {1, 3};
        limits.sign_ins = {2, 4};
        return limits;
    }
    bool passes(const access::Principal& who, std::int64_t cost, RateClass kind = RateClass::ingest)
    {
        return !rates_->refusal(who, kind, cost);
    }

    observe::Metrics metrics_;
    Instant now_{std::chrono::hours{1}};
    std::shared_ptr<Rates> rates_ = std::make_shared<Rates>(limits(), metrics_, [this] { return now_; });
};

TEST_F(RatesTest, ACredentialHasHalfAndTheTenantTheWhole)
{
    const auto first = sender(1, 1);
    EXPECT_TRUE(passes(first, 50));
    const auto own = rates_->refusal(first, RateClass::ingest, 1);
    ASSERT_TRUE(own);
    EXPECT_EQ(own->whose, Whose::credential);
    EXPECT_EQ(own->rate, (fair::Rate{.per_second = 5, .burst = 50}));
    EXPECT_EQ(own->wait, 200ms);
    EXPECT_TRUE(passes(sender(1, 2), 50)) << "the other half is another's";
    const auto all = rates_->refusal(sender(1, 3), RateClass::ingest, 10);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->whose, Whose::tenant);
    EXPECT_EQ(all->wait, 1s);
    EXPECT_TRUE(passes(sender(2, 1), 50)) << "another tenant's";
    const auto page = metrics_.exposition();
    EXPECT_THAT(page, HasSubstr(R"(winnow_rate_refused_total{class="ingest",whose="credential"} 1)"));
    EXPECT_THAT(page, HasSubstr(R"(winnow_rate_refused_total{class="ingest",whose="tenant"} 1)"));
}

TEST(UnitsOfRead, AreOneForASmallOneAndOneForEachWholeMillisecondBeyondTheFirst)
{
    for (const auto& [spent, units] :
         {std::pair(std::chrono::nanoseconds(0), 1), std::pair(999'999ns, 1), std::pair(1'999'999ns, 1),
          std::pair(2'000'000ns, 2), std::pair(2'999'999ns, 2), std::pair(310'000'000ns, 310)}) {
        EXPECT_EQ(units_of_read(spent), units) << spent.count();
    }
}

TEST_F(RatesTest, ARefusalTakesNothingOfEitherAccount)
{
    EXPECT_TRUE(passes(sender(1, 1), 40));
    EXPECT_TRUE(passes(sender(1, 2), 40));
    EXPECT_FALSE(passes(sender(1, 3), 30)) << "the tenant has 20";
    EXPECT_TRUE(passes(sender(1, 3), 20));
}

TEST_F(RatesTest, ClassesAreCountedApartAndAnAnalysisIsAReadToo)
{
    const auto who = sender(1, 1);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(passes(who, 1, RateClass::heavy)) << i;
    const auto refused = rates_->refusal(who, RateClass::heavy, 1);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->policy, "read");
    EXPECT_TRUE(passes(who, 1, RateClass::write));
    EXPECT_TRUE(passes(who, 50, RateClass::ingest));
}

TEST_F(RatesTest, AHeavyWriteIsAWriteBesideItAndNoRead)
{
    const auto who = sender(1, 1);
    while (passes(who, 1, RateClass::write)) {
    }
    const auto refused = rates_->refusal(who, RateClass::heavy, 1, RateClass::write);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->policy, "write");
    EXPECT_TRUE(passes(who, 1, RateClass::heavy)) << "an analysis is a read";
}

TEST_F(RatesTest, WhatIsKnownOnlyAfterwardsMakesADebtThatLaterOnesWaitFor)
{
    const auto who = sender(1, 1);
    EXPECT_TRUE(passes(who, 1, RateClass::heavy));
    rates_->settle(payer_of(who), RateClass::heavy, 599);
    const auto refused = rates_->refusal(who, RateClass::heavy, 1);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->wait, 10'020ms) << "500 beyond its burst, and the one: at 50 a second";
    now_ += refused->wait;
    EXPECT_TRUE(passes(who, 1, RateClass::heavy));
}

TEST_F(RatesTest, HowLongAnEmptyAccountIsEmptyIsToldWithoutRefusingAnything)
{
    const auto payer = payer_of(sender(1, 1));
    EXPECT_EQ(rates_->wait(payer, RateClass::heavy), 0ns);
    rates_->settle(payer, RateClass::heavy, 100);  // all that one credential may have at once
    EXPECT_EQ(rates_->wait(payer, RateClass::heavy), 20ms);
    EXPECT_EQ(rates_->wait(payer, RateClass::read), 0ns);
    EXPECT_EQ(rates_->wait(payer_of(sender(1, 2)), RateClass::heavy), 0ns) << "another credential's half";
    now_ += 20ms;
    EXPECT_EQ(rates_->wait(payer, RateClass::heavy), 0ns);
    EXPECT_TRUE(passes(sender(1, 1), 1, RateClass::heavy)) << "nothing was taken";
    EXPECT_FALSE(metrics_.exposition().contains("winnow_rate_refused_total{class=\"heavy\",whose=\"credential\"} 1"));
}

TEST_F(RatesTest, TheProvidersWordForOneTenantGoesBeforeTheNodesAndNoughtIsClosed)
{
    auto who = sender(1, 1);
    auto own = std::make_shared<domain::RateOverrides>();
    own->of(RateClass::ingest) = {.rate = 1'000, .burst = {}};
    own->of(RateClass::read) = {.rate = 0, .burst = {}};
    who.rates = own;
    EXPECT_TRUE(passes(who, 50));
    EXPECT_EQ(rates_->refusal(who, RateClass::ingest, 1)->wait, 2ms) << "at 500 a second";
    const auto closed = rates_->refusal(who, RateClass::read, 1);
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->whose, Whose::tenant);
    EXPECT_TRUE(closed->rate.is_closed());
    EXPECT_TRUE(passes(sender(2, 1), 1, RateClass::read));
}

TEST_F(RatesTest, FailedLoginsOfAnAddressStopFurtherLookUpsUntilTheyAreForgiven)
{
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(rates_->login_refusal("2001:db8::1")) << i;
        rates_->login_failed("2001:db8::" + std::to_string(i));
    }
    const auto refused = rates_->login_refusal("2001:db8::ffff");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->whose, Whose::address);
    EXPECT_EQ(refused->policy, "failed_logins");
    EXPECT_FALSE(rates_->login_refusal("2001:db8:0:1::1"));
    now_ += refused->wait;
    EXPECT_FALSE(rates_->login_refusal("2001:db8::1"));
}

TEST_F(RatesTest, RequestsOfSigningInAreCountedOfTheirAddressWhateverComesOfThem)
{
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(rates_->sign_in_refusal("2001:db8::" + std::to_string(i))) << i;
    const auto refused = rates_->sign_in_refusal("2001:db8::ffff");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->whose, Whose::address);
    EXPECT_EQ(refused->policy, "sign_ins");
    EXPECT_EQ(refused->wait, 500ms);
    EXPECT_FALSE(rates_->sign_in_refusal("2001:db8:0:1::1")) << "another /64";
    EXPECT_FALSE(rates_->login_refusal("2001:db8::1")) << "keys have a bucket of their own";
    now_ += refused->wait;
    EXPECT_FALSE(rates_->sign_in_refusal("2001:db8::1"));
    EXPECT_TRUE(rates_->sign_in_refusal("2001:db8::1"));
    EXPECT_THAT(metrics_.exposition(), HasSubstr(R"(winnow_rate_refused_total{class="sign_ins",whose="address"} 2)"));
}

TEST_F(RatesTest, WhoIsFullAgainIsForgottenAndAFloodOfAddressesIsBounded)
{
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        EXPECT_TRUE(passes(sender(i, i), 1));
        now_ += 10ms;  // 200 ms until each is full
    }
    EXPECT_LT(rates_->size(), 5'000U);
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        rates_->login_failed("2001:db8:" + std::to_string(i % 10'000) + ":" + std::to_string(i / 10'000) + "::1");
    }
    EXPECT_LE(rates_->size(), 75'000U);
}

TEST_F(RatesTest, ManyThreadsTakeNoMoreThanThereIs)
{
    std::atomic<int> passed = 0;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t i = 0; i < 4; ++i) {
            threads.emplace_back([&, i] {
                for (int n = 0; n < 1'000; ++n) passed += passes(sender(1, i), 1) ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(passed, 100);
}

TEST(AddressPrefix, IsAnIPv4AddressOrThe64BitsThatASubscriberHas)
{
    EXPECT_EQ(address_prefix("192.0.2.1"), address_prefix("::ffff:192.0.2.1"));
    EXPECT_NE(address_prefix("192.0.2.1"), address_prefix("192.0.2.2"));
    EXPECT_EQ(address_prefix("2001:db8::1"), address_prefix("2001:db8:0:0:ffff::2"));
    EXPECT_NE(address_prefix("2001:db8::1"), address_prefix("2001:db8:0:1::1"));
    EXPECT_EQ(address_prefix("fe80::1%eth0"), address_prefix("fe80::2"));
    EXPECT_EQ(address_prefix("nobody"), Uuid());
}

TEST(UnitsOfHead, AreOneAndOneForEach4KiBThatMayBeRead)
{
    const auto units = [](const std::string& length) {
        http::RequestHead head;
        if (!length.empty()) head.headers.push_back({"content-length", length});
        return units_of_head(head, 1'048'576);
    };
    EXPECT_EQ(units(""), 1);
    EXPECT_EQ(units("0"), 1);
    EXPECT_EQ(units("4095"), 1);
    EXPECT_EQ(units("4096"), 2);
    EXPECT_EQ(units("1048576"), 257);
    EXPECT_EQ(units("99999999999"), 257) << "what is beyond is never read";
    EXPECT_EQ(units("99999999999999999999999999"), 257);
}

class IngestBillTest : public RatesTest {
protected:
    /// What is left of a credential's 50 after a request.
    std::int64_t left_after(std::size_t sent, const std::function<void(IngestBill&)>& read)
    {
        const auto who = sender(7, 7);
        now_ += std::chrono::hours{1};
        http::Request request;
        request.body = std::string(sent, 'x');
        request.head.headers.push_back({"Content-Length", std::to_string(sent)});
        EXPECT_TRUE(passes(who, units_of_head(request.head, 1'048'576)));
        {
            IngestBill bill(rates_, who, request, 1'048'576);
            read(bill);
        }
        return rates_->standing(payer_of(who), RateClass::ingest).left;
    }
};

TEST_F(IngestBillTest, CountsAlertsAndLongOnesMoreThanOnceAndWhatCannotBeReadByItsLength)
{
    EXPECT_EQ(left_after(500, [](IngestBill& bill) { bill.alerts(20); }), 30);
    EXPECT_EQ(left_after(40'960, [](IngestBill& bill) { bill.alerts(2); }), 39);
    EXPECT_EQ(left_after(40'960, [](IngestBill&) {}), 39) << "it failed";
    EXPECT_EQ(left_after(500, [](IngestBill& bill) { bill.bytes(40'960); }), 39) << "it was compressed";
}

nlohmann::json problem_of(const http::Response& response)
{
    return nlohmann::json::parse(response.body.text());
}
std::string header(const http::Response& response, std::string_view name)
{
    for (const auto& each : response.headers) {
        if (each.name == name) return each.value;
    }
    return "";
}

TEST(RateRefusal, NamesTheLimitItsValueAndWhoseItIsInEverySendersForm)
{
    const Standing refused{.policy = "ingest",
                           .rate = {.per_second = 2'500, .burst = 15'000},
                           .whose = Whose::credential,
                           .left = 3,
                           .until_full = 5'100ms,
                           .wait = 1'200ms};
    const auto native = rate_refusal(refused, {}, "r-1");
    EXPECT_EQ(native.status, 429);
    EXPECT_EQ(header(native, "Retry-After"), "2");
    EXPECT_EQ(header(native, "RateLimit-Policy"), R"("ingest";q=15000;w=6)");
    EXPECT_EQ(header(native, "RateLimit"), R"("ingest";r=3;t=6)");
    EXPECT_EQ(header(native, "Content-Type"), "application/problem+json");
    const auto problem = problem_of(native);
    EXPECT_EQ(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    EXPECT_EQ(problem["status"], 429);
    EXPECT_EQ(problem["code"], "rate_limited");
    EXPECT_EQ(problem["violated-policies"], nlohmann::json::array({"ingest"}));
    EXPECT_EQ(problem["limit"], "tenants.rates.ingest");
    EXPECT_EQ(problem["value"], (nlohmann::json{{"rate", 2'500}, {"burst", 15'000}}));
    EXPECT_EQ(problem["whose"], "credential");
    EXPECT_EQ(problem["instance"], "urn:winnow:request:r-1");
    EXPECT_THAT(problem["detail"].get<std::string>(), HasSubstr("2500 alerts a second and 15000 at once"));

    const auto grafana = rate_refusal(refused, {.status = 503}, "r-1");
    EXPECT_EQ(grafana.status, 503);
    EXPECT_EQ(problem_of(grafana)["status"], 503);
    for (const auto status : {429, 503}) {
        const auto bare = rate_refusal(refused, {status, intake::sender_at("/am")->refuse}, "r-1");
        EXPECT_EQ(bare.status, status);
        EXPECT_EQ(header(bare, "Retry-After"), "2");
        EXPECT_EQ(header(bare, "Content-Type"), "application/json");
        EXPECT_THAT(problem_of(bare).get<std::string>(), HasSubstr("tenants.rates.ingest"));
    }
}

TEST(RateRefusal, SaysThatAClassIsClosed)
{
    const Standing closed{.policy = "write", .rate = {}, .whose = Whose::tenant, .wait = 60s};
    const auto answer = rate_refusal(closed, {}, "r-1");
    EXPECT_THAT(problem_of(answer)["detail"].get<std::string>(), HasSubstr("closed"));
    EXPECT_EQ(header(answer, "RateLimit-Policy"), R"("write";q=0;w=1)");
    EXPECT_EQ(header(answer, "Retry-After"), "60");
}

}  // namespace
}  // namespace winnow::api

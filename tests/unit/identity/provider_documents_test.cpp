#include "winnow/identity/provider_documents.hpp"

#include "winnow/oidc/freshness.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace winnow::identity {
namespace {

using namespace std::chrono_literals;
using ports::Fetched;

const TenantId kTenant(Uuid::from_words(1, 1));
const TenantId kOther(Uuid::from_words(1, 2));
const std::string kIssuer = "https://id.example/realm";
const std::string kMetadata = R"({"issuer":"https://id.example/realm","authorization_endpoint":"https://id.example/a",)"
                              R"("token_endpoint":"https://id.example/t","jwks_uri":"https://id.example/k"})";
const std::string kKeys =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

/// Answers when it is told to.
class HeldFetcher final : public ports::Fetcher {
public:
    void fetch(ports::Fetch what, Done done) override
    {
        asked.push_back(what.url);
        bounds.push_back(what.max_bytes);
        waiting.push_back(std::move(done));
    }

    void answer(Result<Fetched> result)
    {
        ASSERT_FALSE(waiting.empty());
        auto done = std::move(waiting.front());
        waiting.pop_front();
        done(std::move(result));
    }
    void answer(int status, const std::string& body, const std::string& cache_control = {})
    {
        answer(Fetched{.status = status, .body = body, .cache_control = cache_control});
    }
    /// Both documents.
    void answer_well(const std::string& cache_control = {})
    {
        answer(200, kMetadata);
        answer(200, kKeys, cache_control);
    }
    void answer_not_at_all() { answer(Error(ErrorCode::unavailable, "The provider could not be reached.")); }

    std::vector<std::string> asked;
    std::vector<std::size_t> bounds;
    std::deque<Done> waiting;
};

class ProviderDocumentsTest : public testing::Test {
protected:
    /// What came, in the order in which it did: "" for documents, else the word.
    void get(TenantId tenant = kTenant, bool newer_keys = false)
    {
        auto note = [this](ProviderDocuments::Found found) {
            came.push_back(found ? "" : found.error().word);
            if (!found) return;
            EXPECT_EQ((*found)->metadata.issuer, kIssuer);
            EXPECT_EQ((*found)->keys.size(), 1U);
        };
        if (newer_keys) {
            documents.get_newer_keys(tenant, kIssuer, note);
        } else {
            documents.get(tenant, kIssuer, note);
        }
    }
    void get_newer_keys() { get(kTenant, true); }

    Timestamp now{std::chrono::days{20'000}};
    HeldFetcher fetcher;
    ProviderDocuments documents{fetcher, [this] {
                                    return now;
                                }};
    std::vector<std::string> came;
};

TEST_F(ProviderDocumentsTest, AreAskedForOnceHoweverManyWait)
{
    get();
    get();
    EXPECT_EQ(fetcher.asked, std::vector<std::string>{"https://id.example/realm/.well-known/openid-configuration"});
    EXPECT_TRUE(came.empty());
    fetcher.answer_well();
    EXPECT_EQ(came, (std::vector<std::string>{"", ""}));
    EXPECT_EQ(fetcher.asked.back(), "https://id.example/k");
    EXPECT_EQ(fetcher.bounds, (std::vector<std::size_t>{oidc::kMaxMetadataBytes, oidc::kMaxKeySetBytes}));
    get();
    EXPECT_EQ(came.size(), 3U);
    EXPECT_EQ(fetcher.asked.size(), 2U);
}

TEST_F(ProviderDocumentsTest, AreEachTenantsOwn)
{
    get();
    fetcher.answer_well();
    get(kOther);
    EXPECT_EQ(fetcher.asked.size(), 3U) << "another tenant's documents are not taken";
    EXPECT_EQ(came.size(), 1U);
}

TEST_F(ProviderDocumentsTest, AreKeptForAnHourOrAsLongAsTheirKeysAre)
{
    get();
    fetcher.answer_well();
    now += 1h - 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 2U);
    now += 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 3U);
    fetcher.answer_well("max-age=600");
    now += 10min - 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 4U);
    now += 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 5U);
}

TEST_F(ProviderDocumentsTest, ServeForADayWhileTheProviderIsAway)
{
    get();
    fetcher.answer_well();
    now += 1h;
    get();
    fetcher.answer_not_at_all();
    EXPECT_EQ(came.back(), "");
    get();
    EXPECT_EQ(fetcher.asked.size(), 3U) << "it is tried once a minute";
    EXPECT_EQ(came.size(), 3U);
    now += 1min;
    get();
    fetcher.answer(503, "");
    EXPECT_EQ(came.size(), 4U);
    EXPECT_EQ(came.back(), "");
    now += 23h;
    get();
    fetcher.answer_not_at_all();
    EXPECT_EQ(came.back(), "away");
}

TEST_F(ProviderDocumentsTest, ServeNoLongerWhereTheProviderSaysSomethingElse)
{
    get();
    fetcher.answer_well();
    now += 1h;
    get();
    fetcher.answer(200, R"({"issuer":"https://evil.example"})");
    EXPECT_EQ(came.back(), "other_issuer");
    now += oidc::kAskAgain;
    get();
    fetcher.answer_not_at_all();
    EXPECT_EQ(came.back(), "away");
    now += oidc::kAskAgain;
    get();
    fetcher.answer(200, kMetadata);
    fetcher.answer(200, "<html>");
    EXPECT_EQ(came.back(), "document");
    now += oidc::kAskAgain;
    get();
    fetcher.answer(302, "");
    EXPECT_EQ(came.back(), "status");
    now += oidc::kAskAgain;
    get();
    fetcher.answer(200, kMetadata);
    fetcher.answer(404, kKeys);
    EXPECT_EQ(came.back(), "status");
}

TEST_F(ProviderDocumentsTest, OfWhichNothingIsKnownAreAskedForEveryFiveSecondsHoweverManyWantThem)
{
    get();
    fetcher.answer_not_at_all();
    for (int i = 0; i < 10; ++i) get();
    EXPECT_EQ(fetcher.asked.size(), 1U);
    EXPECT_EQ(came, std::vector<std::string>(11, "away"));
    now += oidc::kAskAgain - 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 1U);
    now += 1ms;
    get();
    EXPECT_EQ(fetcher.asked.size(), 2U);
    fetcher.answer(200, R"({"issuer":"https://evil.example"})");
    get();
    EXPECT_EQ(came.back(), "other_issuer");
    EXPECT_EQ(fetcher.asked.size(), 2U);
    documents.forget(kTenant, kIssuer);
    get();
    EXPECT_EQ(fetcher.asked.size(), 3U) << "an admin has changed something";
    documents.forget(kTenant, kIssuer);
    fetcher.answer(200, R"({"issuer":"https://evil.example"})");
    get();
    EXPECT_EQ(fetcher.asked.size(), 4U) << "what was asked for before is no reason after";
}

TEST_F(ProviderDocumentsTest, AreAskedForAnewForAnUnknownKeyOnceAMinute)
{
    get();
    fetcher.answer_well();
    get_newer_keys();
    EXPECT_EQ(fetcher.asked.size(), 2U);
    EXPECT_EQ(came.size(), 2U) << "they are a moment old";
    now += oidc::kAskEvery;
    get_newer_keys();
    EXPECT_EQ(fetcher.asked.size(), 3U);
    get_newer_keys();
    EXPECT_EQ(fetcher.asked.size(), 3U);
    fetcher.answer_well();
    EXPECT_EQ(came.size(), 4U);
    get_newer_keys();
    EXPECT_EQ(fetcher.asked.size(), 4U);
    EXPECT_EQ(came.size(), 5U);
}

TEST_F(ProviderDocumentsTest, AreForgottenWithWhatIsStillOnItsWay)
{
    get();
    fetcher.answer_well();
    documents.forget(kTenant, kIssuer);
    get();
    EXPECT_EQ(fetcher.asked.size(), 3U);
    documents.forget(kTenant, kIssuer);
    fetcher.answer_well();
    EXPECT_EQ(came.size(), 2U);
    get();
    EXPECT_EQ(fetcher.asked.size(), 5U) << "what was asked for before is not kept";
}

TEST_F(ProviderDocumentsTest, OfSoManyProvidersTheOneThatWasAskedForLongestAgoGoes)
{
    const auto tenant = [](std::size_t n) {
        return TenantId(Uuid::from_words(7, n));
    };
    for (std::size_t n = 0; n <= ProviderDocuments::kMost; ++n) {
        now += 1ms;
        get(tenant(n));
        fetcher.answer_well();
    }
    const auto asked = fetcher.asked.size();
    get(tenant(1));
    EXPECT_EQ(fetcher.asked.size(), asked);
    get(tenant(0));
    EXPECT_EQ(fetcher.asked.size(), asked + 1);
}

TEST_F(ProviderDocumentsTest, SoManyWaitAndTheNextOneIsTold)
{
    for (std::size_t n = 0; n < ProviderDocuments::kMostWaiting; ++n) get();
    EXPECT_TRUE(came.empty());
    get();
    EXPECT_EQ(came, std::vector<std::string>{"busy"});
    fetcher.answer_well();
    EXPECT_EQ(came.size(), ProviderDocuments::kMostWaiting + 1);
}

}  // namespace
}  // namespace winnow::identity

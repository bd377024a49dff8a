/// From where a tenant lets its callers in, as the database keeps it: on trial, kept, given up, taken away.

#include "integration/pg/fixture.hpp"
#include "winnow/access/revoked.hpp"
#include "winnow/pg/credential_store.hpp"
#include "winnow/pg/revocation_feed.hpp"
#include "winnow/pg/source_network_trials.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/except>

#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using access::SourceNetworks;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Network> of(std::initializer_list<const char*> texts)
{
    std::vector<Network> networks;
    for (const auto* const text : texts) networks.push_back(*parse_network(text));
    return networks;
}

class SourceNetworksTest : public PgTest {
protected:
    void in_tenant(TenantId tenant, const std::function<void(ports::SettingsStore&)>& work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant,
            [&](ports::TenantSession& session) -> Result<Done> {
                work(session.settings());
                return Done{};
            },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        const auto done = finished.get_future().get();
        EXPECT_TRUE(done) << done.error().message();
    }

    void try_out(TenantId tenant, const SourceNetworks& lists, std::chrono::milliseconds trial = 10min)
    {
        in_tenant(tenant, [&](auto& settings) {
            const auto tried = settings.try_places(lists, trial);
            ASSERT_TRUE(tried) << tried.error().message();
            EXPECT_EQ(tried->lists, lists);
            EXPECT_TRUE(tried->revert_at);
        });
    }
    ports::PlacesInForce places(TenantId tenant)
    {
        ports::PlacesInForce found;
        in_tenant(tenant, [&](auto& settings) {
            const auto read = settings.places();
            ASSERT_TRUE(read) << read.error().message();
            found = *read;
        });
        return found;
    }
    bool keep(TenantId tenant)
    {
        bool kept = false;
        in_tenant(tenant, [&](auto& settings) {
            const auto done = settings.keep_places();
            ASSERT_TRUE(done) << done.error().message();
            kept = *done;
        });
        return kept;
    }
    void end_trial(TenantId tenant)
    {
        sql("update source_networks set revert_at = now() - interval '3 seconds' where tenant_id = '" + tenant.str() +
            "'");
    }
    [[nodiscard]] std::string acts(const std::string& chain)
    {
        return text("select coalesce(string_agg(act, ' ' order by seq), '') from audit where tenant_id = '" + chain +
                    "'");
    }
    /// What nodes were told of since it was asked last.
    [[nodiscard]] std::vector<access::Revoked> told()
    {
        auto heard = feed_->prove();
        EXPECT_TRUE(heard);
        return heard ? *std::move(heard) : std::vector<access::Revoked>();
    }
    [[nodiscard]] static access::Revoked all_of(TenantId tenant)
    {
        return {.kind = access::Revoked::Kind::tenant, .tenant = tenant, .id = {}};
    }

    void SetUp() override { ASSERT_TRUE(feed_->listen()); }

    const SourceNetworks office_{
        .users = of({"192.0.2.0/24", "2001:db8::/32"}), .admins = of({"192.0.2.7"}), .keys = {}};
    const SourceNetworks plant_{.users = {}, .admins = {}, .keys = of({"10.0.0.0/8"})};
    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::RevocationFeed> feed_ = make_revocation_feed(pipeline());
    std::unique_ptr<ports::SourceNetworkTrials> trials_ = make_source_network_trials(pipeline());
};

TEST_F(SourceNetworksTest, ATenantThatSaidNothingLetsInFromEverywhere)
{
    EXPECT_EQ(places(a_).lists, SourceNetworks());
    EXPECT_EQ(places(a_).revert_at, std::nullopt);
    EXPECT_FALSE(keep(a_));
}

TEST_F(SourceNetworksTest, WhatIsKeptStays)
{
    try_out(a_, office_);
    EXPECT_EQ(places(a_).lists, office_);
    EXPECT_TRUE(keep(a_));
    EXPECT_FALSE(keep(a_)) << "nothing is on trial any more";
    EXPECT_EQ(places(a_).revert_at, std::nullopt);
    EXPECT_THAT(*trials_->over(10), IsEmpty());
    EXPECT_EQ(*trials_->revert(a_), std::nullopt);
    EXPECT_EQ(places(a_).lists, office_);
    EXPECT_EQ(places(b_).lists, SourceNetworks()) << "and is the tenant's own";
}

TEST_F(SourceNetworksTest, WhatNobodyKeepsGoesBackToWhatWasLastKept)
{
    try_out(a_, office_);
    ASSERT_TRUE(keep(a_));
    try_out(a_, plant_);
    try_out(a_, {});  // a second trial, before the first one is over
    EXPECT_THAT(*trials_->over(10), IsEmpty());
    EXPECT_EQ(*trials_->revert(a_), std::nullopt) << "not before its time";
    end_trial(a_);
    EXPECT_FALSE(keep(a_)) << "too late";
    EXPECT_THAT(*trials_->over(10), ElementsAre(a_));
    static_cast<void>(told());
    EXPECT_NE(*trials_->revert(a_), std::nullopt);
    EXPECT_EQ(*trials_->revert(a_), std::nullopt) << "once";
    EXPECT_EQ(places(a_).lists, office_);
    EXPECT_EQ(places(a_).revert_at, std::nullopt);
    EXPECT_THAT(told(), ElementsAre(all_of(a_))) << "nodes hear of it";
    EXPECT_EQ(acts(a_.str()), "networks.revert");
}

TEST_F(SourceNetworksTest, NodesAreToldOfEveryChangeTheFirstOneToo)
{
    try_out(a_, office_);
    EXPECT_THAT(told(), ElementsAre(all_of(a_)));
    ASSERT_TRUE(keep(a_));
    EXPECT_THAT(told(), ElementsAre(all_of(a_)));
}

TEST_F(SourceNetworksTest, TheFirstOnesGoBackToEverywhere)
{
    try_out(a_, office_);
    end_trial(a_);
    ASSERT_TRUE(*trials_->revert(a_));
    EXPECT_EQ(places(a_).lists, SourceNetworks());
}

TEST_F(SourceNetworksTest, AKeyIsFoundWithItsTenantsLists)
{
    try_out(a_, office_);
    const auto keys = make_credential_store(as(database_.api));
    const auto find = [&](char last) {
        std::promise<std::optional<ports::Credential>> found;
        keys->find(std::string(31, 'k') + last, [&](Result<std::optional<ports::Credential>> credential) {
            EXPECT_TRUE(credential);
            found.set_value(credential ? *credential : std::nullopt);
        });
        return found.get_future().get();
    };
    const auto one = find(1);
    ASSERT_TRUE(one && one->principal.places);
    EXPECT_EQ(*one->principal.places, office_);
    const auto other = find(2);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->principal.places, nullptr);
    EXPECT_FALSE(find(3));
}

TEST_F(SourceNetworksTest, TheProviderTakesThemAwayAndBothChainsSaySo)
{
    try_out(a_, office_);
    ASSERT_TRUE(keep(a_));
    const auto provider = make_provider_store(as(database_.provider));
    EXPECT_EQ(provider->reset_networks(TenantId(new_uuid()), "none", {}).error().code(), ErrorCode::not_found);
    static_cast<void>(told());
    ASSERT_TRUE(provider->reset_networks(a_, "asked for", {}));
    EXPECT_EQ(places(a_).lists, SourceNetworks());
    EXPECT_THAT(told(), ElementsAre(all_of(a_)));
    EXPECT_EQ(acts(a_.str()), "networks.reset");
    EXPECT_EQ(acts(Uuid().str()), "tenant.create tenant.create networks.reset");
    EXPECT_EQ(text("select detail from audit where tenant_id = '" + a_.str() + "'"), R"({"reason":"asked for"})");
    ASSERT_TRUE(provider->reset_networks(b_, "had none", {})) << "and there need not be any";
}

TEST_F(SourceNetworksTest, WhoMayRevertOrResetAppendsNothingElseToAChain)
{
    const auto refused = [&](const std::string& conninfo, const std::string& function) {
        pqxx::connection connection(conninfo);
        pqxx::nontransaction tx(connection);
        EXPECT_THROW(tx.exec("select " + function), pqxx::sql_error) << function;
    };
    const auto forged = "'" + a_.str() + "', '{\"act\":\"user.create\"}', '{}', sha256('')";
    refused(database_.pipeline, "revert_source_networks(" + forged + ")");
    refused(database_.provider, "reset_source_networks(" + forged + ", '{}', '{}', sha256(''))");
    refused(database_.api, "revert_source_networks(" + forged + ")");
    refused(database_.api, "reset_source_networks(" + forged + ", '{}', '{}', sha256(''))");
    refused(database_.pipeline, "find_source_networks(sha256(''))");
    EXPECT_EQ(acts(a_.str()), "");
}

TEST_F(SourceNetworksTest, AListIsNoLongerThanItMay)
{
    const auto list = [](int count) {
        std::vector<Network> networks;
        for (int i = 0; i < count; ++i) networks.push_back(*parse_network("192.0.2." + std::to_string(i)));
        return networks;
    };
    try_out(a_, {.users = list(100), .admins = list(100), .keys = list(100)});
    EXPECT_THROW(sql("update source_networks set users = (select array_agg(('10.0.0.' || n)::cidr) "
                     "from generate_series(0, 100) n)"),
                 pqxx::check_violation);
}

}  // namespace
}  // namespace winnow::pg

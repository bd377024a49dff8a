/// Providers of sign-ins, logins on their way to one, and who their subjects are.

#include "winnow/ports/signin/oidc_store.hpp"

#include "integration/pg/fixture.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/sign_in_door.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/user_store.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {
namespace {

using access::Role;
using ports::OidcProvider;
using ports::TenantSession;
using testing::IsEmpty;

class OidcStoreTest : public PgTest {
protected:
    OidcStoreTest() { user_ = *UserId::parse(text("select user_id from users where tenant_id = '" + t() + "'")); }

    [[nodiscard]] std::string t() const { return tenant_.str(); }

    Result<Done> run(TenantId tenant, const std::function<Result<Done>(TenantSession&)>& work)
    {
        std::promise<Result<Done>> promise;
        tenants_->submit(
            tenant, [&](TenantSession& session) { return work(session); },
            [&](Result<Done> done) { promise.set_value(std::move(done)); });
        return promise.get_future().get();
    }

    void in(TenantId tenant, const std::function<void(TenantSession&)>& work)
    {
        const auto done = run(tenant, [&](TenantSession& session) -> Result<Done> {
            work(session);
            return Done{};
        });
        EXPECT_TRUE(done) << done.error().message();
    }

    static OidcProvider a_provider(const std::string& name = "Example \"ID\"")
    {
        OidcProvider provider;
        provider.id = OidcProviderId(new_uuid());
        provider.name = name;
        provider.issuer = "https://id.example/realm";
        provider.client_id = "winnow";
        provider.sealed_secret = std::string("\x01\0sealed", 8);
        provider.auth = ports::ClientAuth::post;
        provider.scopes = {"email", "a \"scope\""};
        provider.algorithms = {"ES256", "EdDSA"};
        provider.roles = {
            .claim = "groups",
            .rules = {{.value = "noc's", .role = Role::operator_}, {.value = "sec", .role = Role::auditor}},
            .default_role = Role::viewer,
            .allow_admin = true};
        provider.jit = true;
        provider.second_factors = {"otp"};
        provider.created_at = provider.updated_at = kAt;
        return provider;
    }

    OidcProvider stored(const std::string& name = "Example \"ID\"")
    {
        auto provider = a_provider(name);
        in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().insert(provider)); });
        return provider;
    }

    static ports::OidcLogin a_login(const OidcProvider& provider, Timestamp expires_at)
    {
        return {.id = new_uuid(),
                .provider = provider.id,
                .nonce = "nonce",
                .binding = std::string(32, 'b'),
                .source = std::string(32, 'n'),
                .return_to = "/tickets",
                .prove_anew = true,
                .expires_at = expires_at};
    }

    template <typename T>
    std::optional<T> asked(void (ports::SignInDoor::*question)(std::string, ports::SignInDoor::Sink<T>),
                           const std::string& about)
    {
        std::promise<Result<std::optional<T>>> answer;
        ((*door_).*question)(about, [&](auto found) { answer.set_value(std::move(found)); });
        auto found = answer.get_future().get();
        EXPECT_TRUE(found) << found.error().message();
        return found ? *std::move(found) : std::nullopt;
    }

    static inline const Timestamp kAt{std::chrono::days{20'000}};
    static inline const Timestamp kLater{std::chrono::days{60'000}};

    const TenantId tenant_ = new_tenant();
    const TenantId other_ = new_tenant();
    UserId user_;
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::SignInDoor> door_ = make_sign_in_door(as(database_.api));
};

TEST_F(OidcStoreTest, AProviderIsReadAsItWasWritten)
{
    auto provider = stored();
    const auto same = [&](const OidcProvider& read) {
        EXPECT_EQ(read.id, provider.id);
        EXPECT_EQ(read.name, provider.name);
        EXPECT_EQ(read.issuer, provider.issuer);
        EXPECT_EQ(read.client_id, provider.client_id);
        EXPECT_EQ(read.sealed_secret, provider.sealed_secret);
        EXPECT_EQ(read.auth, provider.auth);
        EXPECT_EQ(read.scopes, provider.scopes);
        EXPECT_EQ(read.algorithms, provider.algorithms);
        EXPECT_EQ(read.roles, provider.roles);
        EXPECT_EQ(read.jit, provider.jit);
        EXPECT_EQ(read.second_factors, provider.second_factors);
        EXPECT_EQ(read.enabled, provider.enabled);
        EXPECT_EQ(read.version, provider.version);
        EXPECT_EQ(read.created_at, kAt);
        EXPECT_EQ(read.updated_at, provider.updated_at);
    };
    in(tenant_, [&](TenantSession& session) { same(session.oidc().find(provider.id).value()); });

    provider.name = "Other";
    provider.issuer = "https://other.example";
    provider.client_id = "we";
    provider.sealed_secret = "another";
    provider.auth = ports::ClientAuth::basic;
    provider.scopes.clear();
    provider.algorithms = {"RS256"};
    provider.roles = {};
    provider.jit = provider.enabled = false;
    provider.second_factors.clear();
    provider.version = 2;
    provider.updated_at = kLater;
    in(tenant_, [&](TenantSession& session) {
        EXPECT_TRUE(session.oidc().update(provider));
        same(session.oidc().find(provider.id).value());
        EXPECT_EQ(session.oidc().count().value(), 1U);
        EXPECT_TRUE(session.oidc().remove(provider.id));
        EXPECT_EQ(session.oidc().find(provider.id).error().code(), ErrorCode::not_found);
        EXPECT_EQ(session.oidc().remove(provider.id).error().code(), ErrorCode::not_found);
        EXPECT_EQ(session.oidc().count().value(), 0U);
    });
}

TEST_F(OidcStoreTest, ProvidersAreListedByIdAndHaveANameOfTheirOwn)
{
    const auto first = stored("first");
    const auto second = stored("second");
    in(tenant_, [&](TenantSession& session) {
        const auto all = session.oidc().page(std::nullopt, 10).value();
        ASSERT_EQ(all.size(), 2U);
        EXPECT_LT(all[0].id, all[1].id);
        const auto rest = session.oidc().page(all[0].id, 10).value();
        ASSERT_EQ(rest.size(), 1U);
        EXPECT_EQ(rest[0].id, all[1].id);
        EXPECT_EQ(session.oidc().page(std::nullopt, 1).value().size(), 1U);
    });
    const auto taken = run(tenant_, [&](TenantSession& session) { return session.oidc().insert(a_provider("first")); });
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::conflict);
    in(other_, [&](TenantSession& session) {
        EXPECT_TRUE(session.oidc().insert(a_provider("first"))) << "another tenant's";
        EXPECT_EQ(session.oidc().find(first.id).error().code(), ErrorCode::not_found);
        EXPECT_EQ(session.oidc().remove(second.id).error().code(), ErrorCode::not_found);
    });
}

TEST_F(OidcStoreTest, ALoginIsFoundByItsStateInItsTenantAlone)
{
    const auto provider = stored();
    const auto login = a_login(provider, kLater);
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().begin_login(login, std::string(32, 's'))); });
    in(other_, [&](TenantSession& session) {
        EXPECT_FALSE(session.oidc().lock_login(std::string(32, 's')).value()) << "another's";
    });
    in(tenant_, [&](TenantSession& session) {
        EXPECT_FALSE(session.oidc().lock_login(std::string(32, 't')).value());
        const auto found = session.oidc().lock_login(std::string(32, 's')).value();
        ASSERT_TRUE(found);
        EXPECT_EQ(found->id, login.id);
        EXPECT_EQ(found->provider, provider.id);
        EXPECT_EQ(found->nonce, "nonce");
        EXPECT_EQ(found->binding, login.binding);
        EXPECT_EQ(found->source, login.source);
        EXPECT_EQ(found->return_to, "/tickets");
        EXPECT_TRUE(found->prove_anew);
        EXPECT_EQ(found->expires_at, kLater);
        EXPECT_FALSE(found->used);
        EXPECT_TRUE(session.oidc().use_login(login.id));
        EXPECT_TRUE(session.oidc().lock_login(std::string(32, 's')).value()->used);
    });
}

TEST_F(OidcStoreTest, SoManyLoginsWaitAndNotOneMore)
{
    const auto provider = stored();
    const auto fill =
        "insert into oidc_logins (tenant_id, login_id, provider_id, state_hash, nonce, binding_hash, "
        "source_hash, return_to, prove_anew, expires_at) select tenant_id, gen_random_uuid(), provider_id, "
        "sha256(n::text::bytea), 'n', sha256(''), sha256(n::text::bytea), '/', false, "
        "now() + interval '1 hour' "
        "from oidc_providers, generate_series(1, " +
        std::to_string(ports::kMaxWaitingLogins - 1) + ") n where provider_id = '" + provider.id.str() + "'";
    sql(fill);
    const auto begin = [&](char state) {
        return run(tenant_, [&](TenantSession& session) {
            return session.oidc().begin_login(a_login(provider, kLater), std::string(32, state));
        });
    };
    EXPECT_TRUE(begin('a'));
    const auto refused = begin('b');
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::rate_limited);
    sql("update oidc_logins set used_at = now() where login_id = (select login_id from oidc_logins limit 1)");
    EXPECT_TRUE(begin('c')) << "who has come back waits no longer";
    EXPECT_FALSE(begin('d'));
    sql("update oidc_logins set expires_at = now() - interval '1 second' where login_id = (select login_id from "
        "oidc_logins where used_at is null limit 1)");
    EXPECT_TRUE(begin('e')) << "who never came, neither";
}

TEST_F(OidcStoreTest, SoManyLoginsOfOneNetworkWaitAndOthersAreNotHeldUp)
{
    const auto provider = stored();
    const auto begin = [&](const std::string& state, char source) {
        auto login = a_login(provider, kLater);
        login.source = std::string(32, source);
        return run(tenant_,
                   [&](TenantSession& session) { return session.oidc().begin_login(login, crypto::sha256(state)); });
    };
    for (std::size_t i = 0; i < ports::kMaxWaitingOfSource; ++i) ASSERT_TRUE(begin(std::to_string(i), 'a'));
    const auto refused = begin("one more", 'a');
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::rate_limited);
    EXPECT_TRUE(begin("of another network", 'b'));
}

TEST_F(OidcStoreTest, AUserHasSignedInWhenItIsNotedAndIsNobodysOnceUnlinked)
{
    const auto provider = stored();
    in(tenant_, [&](TenantSession& session) {
        EXPECT_TRUE(session.oidc().link(provider.id, "sub", {.user = user_, .managed = true}));
        auto user = session.users().find(user_).value();
        EXPECT_FALSE(user.last_sign_in);
        EXPECT_EQ(user.managed_by, provider.id);
        EXPECT_TRUE(session.oidc().note_sign_in(user_));
        EXPECT_TRUE(session.users().find(user_).value().last_sign_in);
        EXPECT_FALSE(session.oidc().was_removed(provider.id, "sub").value());
        EXPECT_TRUE(session.oidc().unlink(user_));
        EXPECT_FALSE(session.oidc().identity(provider.id, "sub").value());
        EXPECT_TRUE(session.oidc().was_removed(provider.id, "sub").value()) << "an admin took it away";
        EXPECT_FALSE(session.oidc().was_removed(provider.id, "sub2").value());
        user = session.users().find(user_).value();
        EXPECT_FALSE(user.managed_by);
        EXPECT_FALSE(user.last_sign_in);
        EXPECT_TRUE(session.oidc().link(provider.id, "sub", {.user = user_})) << "let in again";
        EXPECT_FALSE(session.oidc().was_removed(provider.id, "sub").value());
        EXPECT_TRUE(session.oidc().unlink(user_)) << "and taken away again";
        EXPECT_TRUE(session.oidc().was_removed(provider.id, "sub").value());
    });
    EXPECT_EQ(number("select count(*) from user_identities where subject like '%sub%'"), 0) << "a hash alone is left";
}

TEST_F(OidcStoreTest, ASubjectIsOneUserOfOneProviderOfOneTenant)
{
    const auto provider = stored("one");
    const auto other = stored("two");
    in(tenant_, [&](TenantSession& session) {
        EXPECT_FALSE(session.oidc().identity(provider.id, "sub").value());
        EXPECT_TRUE(session.oidc().link(provider.id, "sub", {.user = user_, .managed = true}));
        const auto known = session.oidc().identity(provider.id, "sub").value();
        ASSERT_TRUE(known);
        EXPECT_EQ(known->user, user_);
        EXPECT_TRUE(known->managed);
        EXPECT_FALSE(session.oidc().identity(provider.id, "Sub").value());
        EXPECT_FALSE(session.oidc().identity(other.id, "sub").value());
        EXPECT_TRUE(session.oidc().link(other.id, "sub", {.user = user_}));
    });
    in(other_, [&](TenantSession& session) { EXPECT_FALSE(session.oidc().identity(provider.id, "sub").value()); });
    const auto again =
        run(tenant_, [&](TenantSession& session) { return session.oidc().link(provider.id, "sub", {.user = user_}); });
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), ErrorCode::conflict);
    const auto foreign =
        run(other_, [&](TenantSession& session) { return session.oidc().link(provider.id, "x", {.user = user_}); });
    EXPECT_FALSE(foreign) << "neither provider nor user are this tenant's";
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().remove(provider.id)); });
    EXPECT_EQ(number("select count(*) from user_identities"), 1);
}

TEST_F(OidcStoreTest, AnInvitationIsAcceptedByTheProviderThatItNames)
{
    const auto provider = stored("one");
    const auto other = stored("two");
    ports::MailedLink link;
    link.purpose = signin::LinkPurpose::invitation;
    link.id = new_uuid();
    link.user = user_;
    link.created_by = "user:somebody";
    link.expires_at = kLater;
    in(tenant_, [&](TenantSession& session) {
        EXPECT_TRUE(session.links().add(link, std::string(32, 'l')));
        EXPECT_FALSE(session.oidc().invitation(user_, provider.id).value()) << "it names none";
        EXPECT_TRUE(session.oidc().let_accept(user_, provider.id));
        EXPECT_FALSE(session.oidc().invitation(user_, other.id).value());
        const auto found = session.oidc().invitation(user_, provider.id).value();
        ASSERT_TRUE(found);
        EXPECT_EQ(found->id, link.id);
        EXPECT_EQ(found->user, user_);
        EXPECT_EQ(found->created_by, "user:somebody");
        EXPECT_TRUE(session.links().use(*found));
        EXPECT_FALSE(session.oidc().invitation(user_, provider.id).value());
    });
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().remove(provider.id)); });
    EXPECT_EQ(number("select count(*) from invitations where oidc_provider_id is null"), 1);
}

TEST_F(OidcStoreTest, TheDoorTellsOfProvidersThatAreEnabled)
{
    auto provider = stored("shown");
    const auto code = text("select service_code from tenants where tenant_id = '" + t() + "'");
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), tenant_);
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, new_uuid().str()), std::nullopt);
    const auto shown = asked(&ports::SignInDoor::providers_of_code, code);
    ASSERT_TRUE(shown);
    ASSERT_EQ(shown->size(), 1U);
    EXPECT_EQ(shown->front().id, provider.id);
    EXPECT_EQ(shown->front().name, "shown");
    EXPECT_THAT(*asked(&ports::SignInDoor::providers_of_code, "NOBODY"), IsEmpty());
    in(other_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().insert(provider)) << "under the same id"; });
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), std::nullopt) << "whose is it?";
    in(other_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().remove(provider.id)); });
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), tenant_);
    provider.enabled = false;
    in(tenant_, [&](TenantSession& session) { EXPECT_TRUE(session.oidc().update(provider)); });
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), std::nullopt);
    EXPECT_THAT(*asked(&ports::SignInDoor::providers_of_code, code), IsEmpty());
}

TEST_F(OidcStoreTest, ATenantSaysItsStateAndOneThatIsErasedHasNoProviders)
{
    const auto provider = stored("shown");
    const auto code = text("select service_code from tenants where tenant_id = '" + t() + "'");
    const auto state = [&] {
        std::string word;
        in(tenant_, [&](TenantSession& session) { word = to_string(session.oidc().tenant_state().value()); });
        return word;
    };
    EXPECT_EQ(state(), "active");
    sql("update tenants set state = 'suspended', suspended_at = now() where tenant_id = '" + t() + "'");
    EXPECT_EQ(state(), "suspended");
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), tenant_) << "its users get in";
    sql("update tenants set state = 'closing', closed_at = now(), export_until = now() where tenant_id = '" + t() +
        "'");
    EXPECT_EQ(state(), "closing");
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), tenant_) << "its admins get in";
    sql("update tenants set state = 'erasing' where tenant_id = '" + t() + "'");
    EXPECT_EQ(asked(&ports::SignInDoor::tenant_of_provider, provider.id.str()), std::nullopt);
    EXPECT_THAT(*asked(&ports::SignInDoor::providers_of_code, code), IsEmpty());
}

}  // namespace
}  // namespace winnow::pg

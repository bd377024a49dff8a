#include "winnow/signin/provided.hpp"

#include "winnow/signin/second_factor.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::signin {
namespace {

using access::Role;

RoleMapping mapping()
{
    return {.claim = "groups",
            .rules = {{.value = "noc", .role = Role::operator_},
                      {.value = "security", .role = Role::auditor},
                      {.value = "root", .role = Role::admin}},
            .allow_admin = true};
}

Newcomer somebody(std::vector<std::string> values = {"noc"})
{
    Newcomer who;
    who.has_address = true;
    who.address_verified = true;
    who.values = std::move(values);
    return who;
}

Newcomer known(KnownUser user, std::vector<std::string> values = {"noc"})
{
    auto who = somebody(std::move(values));
    who.known = user;
    return who;
}

const Admission kRefused{};

TEST(RoleMappings, GiveTheRoleOfTheirFirstRuleThatHolds)
{
    const auto role = [](const std::vector<std::string>& values) {
        return role_of(mapping(), values);
    };
    EXPECT_EQ(role({"noc"}), Role::operator_);
    EXPECT_EQ(role({"root", "security", "noc"}), Role::operator_) << "the rules' order counts, not the provider's";
    EXPECT_EQ(role({"other", "root"}), Role::admin);
    for (const std::string wrong : {"NOC", "noc ", "no", ""}) EXPECT_EQ(role({wrong}), std::nullopt) << wrong;
    EXPECT_EQ(role({}), std::nullopt);
    auto with_default = mapping();
    with_default.default_role = Role::viewer;
    EXPECT_EQ(role_of(with_default, {}), Role::viewer);
}

TEST(RoleMappings, GiveNoAdminUnlessToldTo)
{
    auto careful = mapping();
    careful.allow_admin = false;
    const std::vector<std::string> root{"root"};
    EXPECT_EQ(role_of(careful, root), std::nullopt);
    careful.default_role = Role::viewer;
    EXPECT_EQ(role_of(careful, root), Role::viewer);
    careful.default_role = Role::admin;
    EXPECT_EQ(role_of(careful, root), std::nullopt);
    careful.allow_admin = true;
    EXPECT_EQ(role_of(careful, {}), std::nullopt) << "never by default";
}

TEST(RoleMappings, AreCheckedFieldByField)
{
    EXPECT_TRUE(check(mapping(), "/roles"));
    EXPECT_TRUE(check(RoleMapping{}, "/roles"));
    const auto place = [](const RoleMapping& wrong) {
        const auto checked = check(wrong, "/roles");
        return checked ? "" : checked.error().fields().front().pointer;
    };
    auto wrong = mapping();
    wrong.allow_admin = false;
    EXPECT_EQ(place(wrong), "/roles/rules/2/role");
    wrong = mapping();
    wrong.default_role = Role::admin;
    EXPECT_EQ(place(wrong), "/roles/default_role");
    const std::vector<std::string> words{"", std::string(kMaxRoleValue + 1, 'x'), "a\nb", "\xff"};
    for (const auto& word : words) {
        wrong = mapping();
        wrong.claim = word;
        EXPECT_EQ(place(wrong), "/roles/claim");
        wrong = mapping();
        wrong.rules[1].value = word;
        EXPECT_EQ(place(wrong), "/roles/rules/1/value");
    }
    wrong = mapping();
    wrong.claim = wrong.rules[1].value = std::string(kMaxRoleValue, 'x');
    EXPECT_EQ(place(wrong), "");
    wrong.rules.assign(kMaxRoleRules, {.value = "a", .role = Role::viewer});
    EXPECT_EQ(place(wrong), "");
    wrong.rules.push_back(wrong.rules.front());
    EXPECT_EQ(place(wrong), "/roles/rules");
}

TEST(Arrivals, OfUsersWhoAreThereFollowTheMappingOnlyWhereTheProviderManagesThem)
{
    EXPECT_EQ(admit(mapping(), true, known({.role = Role::viewer, .active = false, .managed = true})), kRefused);
    EXPECT_EQ(admit(mapping(), true, known({.role = Role::admin, .active = true})),
              (Admission{.arrival = Arrival::known}));
    EXPECT_EQ(admit(mapping(), true, known({.role = Role::admin, .active = true}, {})),
              (Admission{.arrival = Arrival::known}));
    const KnownUser managed{.role = Role::viewer, .active = true, .managed = true};
    EXPECT_EQ(admit(mapping(), false, known(managed)), (Admission{.arrival = Arrival::known, .role = Role::operator_}));
    EXPECT_EQ(admit(mapping(), false, known({.role = Role::operator_, .active = true, .managed = true})),
              (Admission{.arrival = Arrival::known}));
    EXPECT_EQ(admit(mapping(), true, known(managed, {"other"})), kRefused);
    EXPECT_EQ(admit(RoleMapping{}, true, known(managed, {})), (Admission{.arrival = Arrival::known}));
    EXPECT_EQ(admit(mapping(), true, known({.role = Role::admin, .active = true, .managed = true, .last_admin = true})),
              (Admission{.arrival = Arrival::known}));
}

TEST(Arrivals, OfTheInvitedNeedAnAddressThatTheProviderHasVerified)
{
    auto who = somebody();
    who.invited = who.address_taken = true;
    EXPECT_EQ(admit(RoleMapping{}, false, who), (Admission{.arrival = Arrival::invited}));
    who.address_verified = false;
    EXPECT_EQ(admit(mapping(), true, who), kRefused);
    who.address_verified = true;
    who.has_address = false;
    EXPECT_EQ(admit(mapping(), true, who), kRefused);
}

TEST(Arrivals, OfStrangersNeedTheTenantsLeaveARoleAndAnAddressThatNobodyHas)
{
    EXPECT_EQ(admit(mapping(), true, somebody()), (Admission{.arrival = Arrival::created, .role = Role::operator_}));
    EXPECT_EQ(admit(mapping(), false, somebody()), kRefused);
    EXPECT_EQ(admit(mapping(), true, somebody({"other"})), kRefused);
    EXPECT_EQ(admit(RoleMapping{}, true, somebody()), kRefused);
    auto who = somebody();
    who.address_taken = true;
    EXPECT_EQ(admit(mapping(), true, who), kRefused) << "an address links nobody";
    who = somebody();
    who.removed = true;
    EXPECT_EQ(admit(mapping(), true, who), kRefused) << "an admin took this one away";
    who.invited = true;
    EXPECT_EQ(admit(mapping(), true, who).arrival, Arrival::invited) << "and may let it in again";
    who = somebody();
    who.has_address = false;
    EXPECT_EQ(admit(mapping(), true, who), kRefused);
}

TEST(SecondFactors, OfProvidersAreThoseThatTheTenantTakes)
{
    const std::vector<std::string> taken{"otp", "urn:gold"};
    const auto counts = [&](const std::vector<std::string>& amr, const std::string& acr) {
        return is_second_factor(taken, amr, acr);
    };
    EXPECT_TRUE(counts({"pwd", "otp"}, ""));
    EXPECT_TRUE(counts({}, "urn:gold"));
    EXPECT_TRUE(counts({"urn:gold"}, "")) << "some say it there";
    EXPECT_FALSE(counts({"pwd"}, "urn:silver"));
    EXPECT_FALSE(counts({}, ""));
    EXPECT_FALSE(is_second_factor(std::vector<std::string>{""}, {}, ""));
    EXPECT_FALSE(is_second_factor({}, std::vector<std::string>{"otp"}, "urn:gold"));
}

TEST(Proofs, AreAsOldAsTheProviderSaysAndTooOldWhereItSaysNothing)
{
    const Timestamp now{std::chrono::days{20'000}};
    EXPECT_EQ(proven_at(now - std::chrono::hours{1}, now), now - std::chrono::hours{1});
    EXPECT_EQ(proven_at(now + std::chrono::seconds{30}, now), now) << "its clock is a little ahead";
    access::Principal who;
    who.kind = access::CredentialKind::session;
    who.role = Role::admin;
    const auto must_prove = [&](std::optional<Timestamp> auth_time) {
        who.authenticated_at = proven_at(auth_time, now);
        return needs_step_up(who, access::Permission::write_users, now);
    };
    EXPECT_TRUE(must_prove(std::nullopt));
    EXPECT_TRUE(must_prove(now - kStepUpAge));
    EXPECT_FALSE(must_prove(now - kStepUpAge + std::chrono::milliseconds{1}));
}

}  // namespace
}  // namespace winnow::signin

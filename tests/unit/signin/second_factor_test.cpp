#include "winnow/signin/second_factor.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::signin {
namespace {

using access::CredentialKind;
using access::Permission;
using access::Role;
using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::days{20'000}};

access::Principal caller(CredentialKind kind, Timestamp authenticated_at)
{
    access::Principal who;
    who.kind = kind;
    who.role = Role::admin;
    who.authenticated_at = authenticated_at;
    return who;
}

TEST(MfaPolicies, AskEverybodyOrThoseWhoCanDoHarm)
{
    for (const auto role : access::kRoles) EXPECT_TRUE(must_have_factor(MfaPolicy::all, role));
    EXPECT_FALSE(must_have_factor(MfaPolicy::admins, Role::viewer));
    EXPECT_FALSE(must_have_factor(MfaPolicy::admins, Role::operator_));
    EXPECT_TRUE(must_have_factor(MfaPolicy::admins, Role::admin));
    EXPECT_TRUE(must_have_factor(MfaPolicy::admins, Role::auditor));
}

TEST(MfaPolicies, AreStoredByNamesThatAreReadBack)
{
    for (const auto policy : {MfaPolicy::all, MfaPolicy::admins}) {
        EXPECT_EQ(parse_mfa_policy(to_string(policy)), policy);
    }
    for (const auto kind : {FactorKind::totp, FactorKind::recovery}) {
        EXPECT_EQ(parse_factor_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(parse_mfa_policy("none"), std::nullopt);
    EXPECT_EQ(parse_factor_kind("sms"), std::nullopt);
}

TEST(AfterThePassword, WhoHasAFactorIsAskedForItAndWhoMustHaveOneEnrols)
{
    for (const auto policy : {MfaPolicy::all, MfaPolicy::admins}) {
        for (const auto role : access::kRoles) {
            for (const bool required : {false, true}) {
                EXPECT_EQ(after_password(policy, {.role = role, .required = required, .enrolled = true}),
                          AfterPassword::mfa_required);
                const bool must = required || must_have_factor(policy, role);
                EXPECT_EQ(after_password(policy, {.role = role, .required = required}),
                          must ? AfterPassword::enrolment_required : AfterPassword::active);
            }
        }
    }
}

TEST(StepUp, IsWantedOfSessionsWhoseProofIsOld)
{
    const auto session = caller(CredentialKind::session, kNow);
    EXPECT_FALSE(needs_step_up(session, Permission::write_users, kNow));
    EXPECT_FALSE(needs_step_up(session, Permission::write_users, kNow + 5min - 1ms));
    EXPECT_TRUE(needs_step_up(session, Permission::write_users, kNow + 5min));
    EXPECT_FALSE(needs_step_up(session, Permission::read_users, kNow + 5h));
    EXPECT_TRUE(needs_step_up(session, Permission::write_users, kNow - 1ms)) << "proven in the future";
}

TEST(StepUp, IsWantedOfNoKey)
{
    for (const auto kind : {CredentialKind::user_key, CredentialKind::integration_key, CredentialKind::provider}) {
        EXPECT_FALSE(needs_step_up(caller(kind, Timestamp()), Permission::write_users, kNow));
    }
}

}  // namespace
}  // namespace winnow::signin

#include "winnow/signin/second_factor.hpp"

namespace winnow::signin {

namespace {

using access::Permission;
using access::Role;

/// Whether a role reads what everybody did, or may let others in.
bool is_of_admins(Role role) noexcept
{
    return access::has(role, Permission::read_audit) || access::has(role, Permission::write_users) ||
           access::has(role, Permission::write_settings) || access::has(role, Permission::write_integrations);
}

}  // namespace

std::string_view to_string(MfaPolicy policy) noexcept
{
    switch (policy) {
        case MfaPolicy::all: return "all";
        case MfaPolicy::admins: return "admins";
    }
    return "all";
}

std::optional<MfaPolicy> parse_mfa_policy(std::string_view word) noexcept
{
    for (const auto policy : {MfaPolicy::all, MfaPolicy::admins}) {
        if (word == to_string(policy)) return policy;
    }
    return std::nullopt;
}

std::string_view to_string(FactorKind kind) noexcept
{
    switch (kind) {
        case FactorKind::totp: return "totp";
        case FactorKind::recovery: return "recovery";
    }
    return "totp";
}

std::optional<FactorKind> parse_factor_kind(std::string_view word) noexcept
{
    for (const auto kind : {FactorKind::totp, FactorKind::recovery}) {
        if (word == to_string(kind)) return kind;
    }
    return std::nullopt;
}

bool must_have_factor(MfaPolicy policy, Role role) noexcept
{
    return policy == MfaPolicy::all || is_of_admins(role);
}

std::string_view to_string(AfterPassword after) noexcept
{
    switch (after) {
        case AfterPassword::active: return "active";
        case AfterPassword::mfa_required: return "mfa_required";
        case AfterPassword::enrolment_required: return "enrolment_required";
    }
    return "mfa_required";
}

AfterPassword after_password(MfaPolicy policy, const FactorsOf& user) noexcept
{
    if (user.enrolled) return AfterPassword::mfa_required;
    const bool must = user.required || must_have_factor(policy, user.role);
    return must ? AfterPassword::enrolment_required : AfterPassword::active;
}

bool needs_step_up(const access::Principal& who, Permission permission, Timestamp now) noexcept
{
    if (who.kind != access::CredentialKind::session || !access::wants_step_up(permission)) return false;
    return now < who.authenticated_at || now >= who.authenticated_at + kStepUpAge;
}

}  // namespace winnow::signin

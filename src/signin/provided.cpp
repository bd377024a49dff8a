#include "winnow/signin/provided.hpp"

#include "winnow/base/text.hpp"
#include "winnow/signin/second_factor.hpp"

#include <algorithm>
#include <utility>

namespace winnow::signin {

namespace {

using access::Role;

/// "" if nothing.
std::string problem_of_word(const std::string& word)
{
    if (word.empty() || word.size() > kMaxRoleValue) return "must be 1 to " + std::to_string(kMaxRoleValue) + " bytes";
    if (!is_valid_utf8(word) || has_hidden(word)) return "must hold no control or hidden characters";
    return {};
}

Admission admit_known(const RoleMapping& mapping, const KnownUser& known, std::span<const std::string> values)
{
    if (!known.active) return {};
    if (!known.managed || !mapping.decides()) return {.arrival = Arrival::known};
    const auto role = role_of(mapping, values);
    if (!role) return {};  // the provider says no longer what would let them in
    if (*role == known.role || known.last_admin) return {.arrival = Arrival::known};
    return {.arrival = Arrival::known, .role = role};
}

}  // namespace

Result<Done> check(const RoleMapping& mapping, const std::string& pointer)
{
    std::vector<FieldError> wrong;
    const auto add = [&](const std::string& member, std::string detail) {
        wrong.push_back({.pointer = pointer + member, .detail = std::move(detail)});
    };
    if (auto problem = problem_of_word(mapping.claim); !problem.empty()) add("/claim", std::move(problem));
    if (mapping.rules.size() > kMaxRoleRules) add("/rules", "must be " + std::to_string(kMaxRoleRules) + " at most");
    const std::string needs = "gives admin: allow_admin must be true for that";
    for (std::size_t i = 0; i < mapping.rules.size(); ++i) {
        const auto place = "/rules/" + std::to_string(i);
        if (auto problem = problem_of_word(mapping.rules[i].value); !problem.empty()) {
            add(place + "/value", std::move(problem));
        }
        if (mapping.rules[i].role == Role::admin && !mapping.allow_admin) add(place + "/role", needs);
    }
    if (mapping.default_role == Role::admin) add("/default_role", "must not be admin: it is for whoever comes");
    if (!wrong.empty()) return Error(std::move(wrong));
    return Done{};
}

std::optional<Role> role_of(const RoleMapping& mapping, std::span<const std::string> values)
{
    for (const auto& rule : mapping.rules) {
        if (rule.role == Role::admin && !mapping.allow_admin) continue;
        if (std::ranges::find(values, rule.value) != values.end()) return rule.role;
    }
    return mapping.default_role == Role::admin ? std::nullopt : mapping.default_role;
}

bool is_second_factor(std::span<const std::string> taken, std::span<const std::string> amr, std::string_view acr)
{
    return std::ranges::any_of(taken, [&](const std::string& word) {
        return !word.empty() && (word == acr || std::ranges::find(amr, word) != amr.end());
    });
}

Timestamp proven_at(std::optional<Timestamp> auth_time, Timestamp now) noexcept
{
    if (!auth_time) return now - kStepUpAge;
    return std::min(*auth_time, now);  // clocks differ a little
}

Admission admit(const RoleMapping& mapping, bool jit, const Newcomer& who)
{
    if (who.known) return admit_known(mapping, *who.known, who.values);
    if (!who.has_address) return {};
    if (who.invited) return who.address_verified ? Admission{.arrival = Arrival::invited} : Admission{};
    if (!jit || who.address_taken || who.removed) return {};
    const auto role = role_of(mapping, who.values);
    if (!role) return {};
    return {.arrival = Arrival::created, .role = role};
}

}  // namespace winnow::signin

#include "api/suppression/scope_json.hpp"

#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "winnow/expr/check.hpp"
#include "winnow/rules/lint.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/scope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::size_t kMaxChars = 8'192;

std::string_view name_of(const domain::Scope& scope, const ScopeNames& names)
{
    return scope.syntax == domain::RuleSyntax::matchers ? names.matchers : names.condition;
}

/// Compiles it as what is stored is compiled, then judges it as what is written now.
Result<Done> judge(const domain::Scope& scope, const ScopeGuard& guard)
{
    const auto compiled = suppression::Scope::compile(scope);
    if (guard.before != nullptr && *guard.before == scope && compiled) return Done{};
    const bool blank = scope.text.find_first_not_of(" \t\r\n") == std::string::npos;
    if (blank) return compiled.error();
    const auto checked = expr::check_condition(scope.text, scope.syntax, expr::WrittenIn::scope);
    if (!checked) return checked.error();
    if (!compiled) return compiled.error();
    if (guard.everything) return Done{};
    switch (suppression::breadth_of(*compiled, guard.at)) {
        case suppression::Breadth::something: break;
        case suppression::Breadth::everything:
            return Error(ErrorCode::invalid_argument,
                         "covers every alert, or every one that lacks what it names: ask for a value that is there, "
                         "or say that everything is meant with ?everything=true (winnow: --everything)");
        case suppression::Breadth::untried:
            return Error(ErrorCode::invalid_argument,
                         "may cover every alert, and costs too much to try that out: ask for a value that is there "
                         "first, as in source == \"db-7\" && …, or say that everything may be meant with "
                         "?everything=true (winnow: --everything)");
    }
    return Done{};
}

/// False of what asks for another status than that of alerts that fire.
bool asks_for_firing(const suppression::Scope& compiled, const domain::Scope& scope)
{
    if (!compiled.asks_for_status()) return true;
    if (scope.syntax == domain::RuleSyntax::matchers) return !compiled.refuses_firing();
    const auto is_impossible = [](const std::string& condition) {
        return std::ranges::any_of(rules::warnings_of(condition, domain::RuleSyntax::cel), [](const auto& finding) {
            return finding.kind == rules::FindingKind::contradictory || finding.kind == rules::FindingKind::never_true;
        });
    };
    return is_impossible(scope.text) || !is_impossible("(" + scope.text + "\n) && status == \"firing\"");
}

}  // namespace

Result<bool> everything_of(const http::RequestHead& head)
{
    const auto given = sole_parameter(head, "everything");
    if (!given) return given.error();
    const auto& text = *given;
    if (!text || *text == "false") return false;
    if (*text == "true") return true;
    return query_error("everything", "must be true or false");
}

domain::Scope read_scope(FieldReader& fields, const ScopeGuard& guard, const ScopeNames& names)
{
    domain::Scope scope;
    auto matchers = fields.text(names.matchers, {0, kMaxChars});
    auto condition = fields.text(names.condition, {0, kMaxChars});
    if (fields.has(names.matchers) == fields.has(names.condition)) {
        fields.error(fields.has(names.matchers) ? names.condition : names.matchers,
                     "give either \"" + std::string(names.matchers) + "\" or \"" + std::string(names.condition) + '"');
        return scope;
    }
    if (!matchers && !condition) return scope;
    scope.syntax = matchers ? domain::RuleSyntax::matchers : domain::RuleSyntax::cel;
    scope.text = matchers ? *std::move(matchers) : *std::move(condition);
    if (scope.text.size() > kMaxChars) {
        fields.error(name_of(scope, names), "must be at most 8192 bytes long");
        return scope;
    }
    if (const auto good = judge(scope, guard); !good) fields.error(name_of(scope, names), good.error().message());
    return scope;
}

void show_scope(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names)
{
    const bool is_matchers = scope.syntax == domain::RuleSyntax::matchers;
    document[std::string(names.matchers)] = is_matchers ? nlohmann::json(scope.text) : nlohmann::json(nullptr);
    document[std::string(names.condition)] = is_matchers ? nlohmann::json(nullptr) : nlohmann::json(scope.text);
}

void show_problem(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names)
{
    const auto compiled = suppression::Scope::compile(scope);
    if (!compiled) document["problem"] = std::string(name_of(scope, names)) + ": " + compiled.error().message();
}

void warn_of_scope(nlohmann::json& document, const domain::Scope& scope, std::span<const Timestamp> at,
                   const ScopeNames& names)
{
    const auto pointer = "/" + std::string(name_of(scope, names));
    const auto warn = [&](std::string detail) {
        document["warnings"].push_back({{"pointer", pointer}, {"detail", std::move(detail)}});
    };
    const auto compiled = suppression::Scope::compile(scope);
    if (!compiled) return;
    switch (suppression::breadth_of(*compiled, at)) {
        case suppression::Breadth::something: break;
        case suppression::Breadth::everything:
            warn("this covers every alert, or every one that lacks what it names");
            break;
        case suppression::Breadth::untried:
            warn("this may cover every alert, and costs too much to try that out");
            break;
    }
    if (!asks_for_firing(*compiled, scope)) {
        warn("this never keeps anything quiet: only alerts that fire are kept quiet, and it finds none of them");
    }
    for (auto& finding : rules::warnings_of(scope.text, scope.syntax)) warn(std::move(finding.message));
}

}  // namespace winnow::api

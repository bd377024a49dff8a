#include "api/scope_json.hpp"

#include "winnow/suppression/scope.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::size_t kMaxChars = 8'192;

}  // namespace

domain::Scope read_scope(FieldReader& fields, const ScopeNames& names)
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
        fields.error(matchers ? names.matchers : names.condition, "must be at most 8192 bytes long");
        return scope;
    }
    if (const auto compiled = suppression::Scope::compile(scope); !compiled) {
        const auto& name = scope.syntax == domain::RuleSyntax::matchers ? names.matchers : names.condition;
        fields.error(name, compiled.error().message());
    }
    return scope;
}

void show_scope(nlohmann::json& document, const domain::Scope& scope, const ScopeNames& names)
{
    const bool is_matchers = scope.syntax == domain::RuleSyntax::matchers;
    document[std::string(names.matchers)] = is_matchers ? nlohmann::json(scope.text) : nlohmann::json(nullptr);
    document[std::string(names.condition)] = is_matchers ? nlohmann::json(nullptr) : nlohmann::json(scope.text);
}

}  // namespace winnow::api

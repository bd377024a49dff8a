#pragma once

/// @file
/// Rules and alerts at random: few words, so that they meet; missing labels, wrong types and any script among them.

#include "unit/rules/rule_maker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules {

class RandomRules {
public:
    explicit RandomRules(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    std::vector<domain::Rule> rules(std::size_t count)
    {
        std::vector<domain::Rule> rules;
        while (rules.size() < count) {
            auto rule = make_rule(static_cast<std::int32_t>(rules.size()), condition_of_any(), {action()});
            rule.syntax = syntax_;
            rule.stop = one_in(400);
            rule.enabled = !one_in(20);
            if (one_in(10)) rule.mode = domain::RuleMode::shadow;
            if (one_in(20)) rule.effective_from = kNow + std::chrono::milliseconds(one_in(2) ? 1 : 0);
            if (one_in(20)) rule.effective_until = kNow + std::chrono::milliseconds(one_in(2) ? 1 : 0);
            if (check(rule)) rules.push_back(std::move(rule));
        }
        return rules;
    }

    domain::Alert alert()
    {
        domain::Alert alert;
        alert.title = sentence();
        if (one_in(2)) alert.description = sentence();
        alert.source = host();
        alert.service = word();
        if (one_in(2)) alert.group = word();
        alert.severity = static_cast<domain::Severity>(1 + below(4));
        alert.status = static_cast<domain::AlertStatus>(below(3));
        alert.dedup_key = word();
        for (const std::string_view name : kLabels) {
            if (!one_in(3)) alert.labels.set(std::string(name), one_in(4) ? host() : word());
        }
        alert.details = details();
        alert.received_at = kNow;
        return alert;
    }

private:
    static constexpr std::array<std::string_view, 5> kLabels = {"env", "team", "host", "service", "k8s.io/name"};
    static constexpr std::array<std::string_view, 12> kWords = {"prod", "dev",  "",       "disk",      "Disk", "full",
                                                                "node", "日本", "日本語", "caf\u00e9", "a.b",  "x"};

    std::string pick(std::span<const std::string_view> from) { return std::string(from[below(from.size())]); }
    std::string word() { return pick(kWords); }
    std::string host() { return "web-" + std::to_string(below(40)) + ".example.jp"; }

    std::string sentence()
    {
        auto text = word() + " " + word() + " on " + host();
        if (one_in(3)) text += " exit " + std::to_string(below(20));
        return text;
    }

    std::string number()
    {
        static constexpr std::array<std::string_view, 9> kNumbers = {
            "0", "-0.0", "1", "5", "5.0", "5.5", "-3", "9007199254740993", "18446744073709551615"};
        return one_in(2) ? std::to_string(below(60)) : pick(kNumbers);
    }

    std::string details()
    {
        std::string json = "{";
        const auto add = [&](std::string_view key, const std::string& value) {
            if (json.size() > 1) json += ',';
            json += '"';
            json += key;
            json += "\":" + value;
        };
        if (!one_in(3)) add("n", number());
        if (one_in(3)) add("t", '"' + word() + '"');
        if (one_in(3)) add("n", one_in(2) ? "true" : "null");
        if (one_in(3)) add("o", one_in(2) ? "{\"n\":" + number() + ",\"t\":\"disk\"}" : "[1,2]");
        return json + "}";
    }

    // ------------------------------------------------------------------ conditions

    std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

    std::string text_operand()
    {
        static constexpr std::array<std::string_view, 18> kOperands = {"title",
                                                                       "description",
                                                                       "text",
                                                                       "source",
                                                                       "service",
                                                                       "group",
                                                                       "status",
                                                                       "labels.env",
                                                                       "labels.team",
                                                                       "labels.host",
                                                                       "labels[\"k8s.io/name\"]",
                                                                       "label(\"env\")",
                                                                       "label(\"team\")",
                                                                       "labels[?\"host\"].orValue(\"\")",
                                                                       "labels.?env.orValue(details.t)",
                                                                       "details.?t.orValue(\"\")",
                                                                       "details.t",
                                                                       "details.o.t"};
        auto operand = pick(kOperands);
        return one_in(8) ? operand + ".lowerAscii()" : operand;
    }

    std::string list_of_words()
    {
        std::string list = "[";
        for (std::size_t i = below(5); i > 0; --i) list += quoted(one_in(2) ? host() : word()) + (i > 1 ? ", " : "");
        return list + "]";
    }

    std::string leaf()
    {
        static constexpr std::array<std::string_view, 4> kCompare = {" < ", " <= ", " > ", " >= "};
        static constexpr std::array<std::string_view, 4> kLevels = {"INFO", "WARNING", "ERROR", "CRITICAL"};
        static constexpr std::array<std::string_view, 11> kPatterns = {
            "^(?:prod|dev)$",  "exit [0-9]+", "web-1[0-9]?\\\\.", "(?i)DISK",      "日本語?",        "^$",
            "d.sk +(full|on)", "o",           "^web-(1|2|3)",     "disk.*example", "(?-s)disk.*node"};
        static constexpr std::array<std::string_view, 20> kOthers = {
            "labels.?env.orValue(details.t) == \"prod\"",
            "labels.?team.or(labels.?env).orValue(details.t) == \"dev\"",
            "labels[?\"host\"].orValue(details.absent) != \"disk\"",
            "details.?n.orValue(details.absent) == 5",
            "details.n.?x.hasValue()",
            "!details.t.?x.hasValue()",
            "details.o[?\"n\"].orValue(0) == 5",
            "details.o[?0].orValue(0) == 1",
            "details.?o.?n.optMap(n, n > 3).orValue(false)",
            "details.?o.n.hasValue()",
            "has(details.o.n)",
            "details.n + 1 > 5",
            "size(labels) > 3",
            "labels.exists(k, labels[k] == \"prod\")",
            "details.flag",
            "title.size() % 2 == 0",
            "details.n == details.o.n",
            "labels.env < \"m\"",
            "true",
            "now > received_at"};
        const auto operand = text_operand();
        switch (below(14)) {
            case 0: return operand + " == " + quoted(word());
            case 1: return operand + " != " + quoted(word());
            case 2: return operand + " in " + list_of_words();
            case 3: return operand + ".contains(" + quoted(word()) + ")";
            case 4: return operand + ".startsWith(" + quoted(one_in(2) ? "web-1" : word()) + ")";
            case 5: return operand + ".endsWith(" + quoted(word()) + ")";
            case 6: return operand + ".matches(" + quoted(pick(kPatterns)) + ")";
            case 7: return "source == " + quoted(host());
            case 8: return "severity" + pick(kCompare) + pick(kLevels);
            case 9: return (one_in(2) ? "details.n" : "details.o.n") + pick(kCompare) + number();
            case 10: return "details.n == " + number();
            case 11: return "severity in [ERROR, " + pick(kLevels) + "]";
            case 12: return one_in(2) ? "has(labels.env)" : "has(details.n)";
            default: return pick(kOthers);
        }
    }

    std::string tree(std::size_t depth)
    {
        if (depth == 0 || one_in(3)) return leaf();
        switch (below(8)) {
            case 0: return "!(" + tree(depth - 1) + ")";
            case 1: return "(" + tree(depth - 1) + " ? " + tree(depth - 1) + " : " + tree(depth - 1) + ")";
            case 2:
            case 3:
            case 4: {
                auto all = "(" + tree(depth - 1);
                for (auto i = 1 + below(3); i > 0; --i) all += " && " + tree(depth - 1);
                return all + ")";
            }
            default: {
                auto any = "(" + tree(depth - 1);
                for (auto i = 1 + below(3); i > 0; --i) any += " || " + tree(depth - 1);
                return any + ")";
            }
        }
    }

    std::string matchers()
    {
        static constexpr std::array<std::string_view, 8> kNames = {"env",    "team",     "service", "source",
                                                                   "status", "severity", "nothing", "text"};
        std::string text = "{";
        for (auto i = 1 + below(3); i > 0; --i) {
            const bool regex = one_in(3);
            text += pick(kNames) + (one_in(3) ? "!" : "") + (regex ? "~" : "=");
            if (regex && text[text.size() - 2] != '!') text.insert(text.size() - 1, "=");
            text += quoted(regex       ? "pr.*|dev|web-1.*|.*disk.*jp"
                           : one_in(4) ? "critical"
                                       : word()) +
                    (i > 1 ? "," : "");
        }
        return text + "}";
    }

    std::string condition_of_any()
    {
        const auto kind = below(6);
        syntax_ = kind == 0   ? domain::RuleSyntax::matchers
                  : kind == 1 ? domain::RuleSyntax::keywords
                              : domain::RuleSyntax::cel;
        if (kind == 0) return matchers();
        if (kind > 1) return tree(1 + below(4));
        return one_in(2) ? "(disk or 日本) and not " + quoted("full") : "labels.env:prod or exit and web";
    }

    domain::Action action()
    {
        switch (below(24)) {
            case 0: return domain::SetAction{"labels.env", one_in(3) ? "" : word()};
            case 1: return domain::SetAction{"title", "{{title}} full"};
            case 2: return domain::SeverityAction{static_cast<domain::Severity>(1 + below(4))};
            case 3: return domain::SetAction{"service", "{{labels.team}}"};
            case 4: return one_in(10) ? domain::Action(domain::DropAction{}) : domain::SuppressAction{"s"};
            default: return domain::RouteAction{{group_id(1 + below(5))}};
        }
    }

    std::mt19937_64 random_;
    domain::RuleSyntax syntax_ = domain::RuleSyntax::cel;
};

}  // namespace winnow::rules

#pragma once

/// @file
/// A tenant's rules and alerts, made up but realistic: what grows with an estate (services, hosts, messages) grows with
/// the number of rules. The same seed gives the same workload.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/rule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::bench {

enum class Shape : std::uint8_t {
    realistic,     ///< A service, a host or a message in nearly every rule.
    broad_text,    ///< Only a part of the title tells the rules apart.
    narrow_range,  ///< Only a small range of a number does.
};

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

    std::uint64_t next()
    {
        state_ ^= state_ << 13U;
        state_ ^= state_ >> 7U;
        state_ ^= state_ << 17U;
        return state_ * 0x2545F4914F6CDD1DULL;
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>((next() >> 32U) * n >> 32U); }

    /// Small numbers often, large ones seldom.
    std::size_t skewed_below(std::size_t n)
    {
        const auto unit = static_cast<double>(next() >> 11U) * 0x1p-53;
        return std::min(n - 1, static_cast<std::size_t>(std::pow(static_cast<double>(n + 1), unit) - 1));
    }

private:
    std::uint64_t state_;
};

class Workload {
public:
    Workload(std::size_t rules, std::size_t alerts, Shape shape, std::uint64_t seed = 42)
        : random_(seed),
          services_(std::clamp<std::size_t>(rules / 10, 50, 10'000)),
          hosts_(services_ * 6),
          messages_(std::max<std::size_t>(rules / 3, 50))
    {
        for (std::size_t i = 0; i < rules; ++i) rules_.push_back(rule(i, shape));
        for (std::size_t i = 0; i < alerts; ++i) alerts_.push_back(alert(shape));
    }

    [[nodiscard]] const std::vector<domain::Rule>& rules() const { return rules_; }
    [[nodiscard]] std::vector<domain::Alert>& alerts() { return alerts_; }

private:
    static constexpr std::size_t kTeams = 40;

    static std::string numbered(std::string_view name, std::size_t n) { return std::string(name) + std::to_string(n); }
    std::string any(std::string_view name, std::size_t n) { return numbered(name, random_.below(n)); }

    static std::string word(std::size_t i)
    {
        constexpr std::string_view kConsonants = "bcdfghjklmnprstvz";
        constexpr std::string_view kVowels = "aeiou";
        auto rest = static_cast<std::uint32_t>(i) * 2654435761U + 12345U;
        std::string text;
        for (int syllable = 0; syllable < 3; ++syllable) {
            text += kConsonants[rest % kConsonants.size()];
            rest /= static_cast<std::uint32_t>(kConsonants.size());
            text += kVowels[rest % kVowels.size()];
            rest /= static_cast<std::uint32_t>(kVowels.size());
        }
        return text + std::to_string(i % 97);
    }
    static std::string message(std::size_t i)
    {
        constexpr std::array<std::string_view, 10> kBeginnings = {
            "connection refused by ", "disk usage above threshold on /var/",
            "Timeout waiting for ",   "OOMKilled container ",
            "replication lag on ",    "certificate expires for ",
            "job failed: ",           "high latency p99 in ",
            "backup incomplete ",     "link down port "};
        return std::string(kBeginnings[i % kBeginnings.size()]) + word(i);
    }
    static std::string host_name(std::size_t i)
    {
        constexpr std::array<std::string_view, 6> kKinds = {"web", "db", "app", "cache", "batch", "gw"};
        return std::string(kKinds[i % kKinds.size()]) + '-' + std::to_string(i / kKinds.size()) + ".example.jp";
    }
    static std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

    std::string env(std::size_t from = 0)
    {
        constexpr std::array<std::string_view, 5> kEnvironments = {"prod", "staging", "dev", "qa", "dr"};
        return std::string(kEnvironments[from + random_.below(kEnvironments.size() - from)]);
    }
    std::string region()
    {
        constexpr std::array<std::string_view, 8> kRegions = {"ap-northeast-1", "ap-northeast-3", "us-east-1",
                                                              "us-west-2",      "eu-west-1",      "eu-central-1",
                                                              "jp-tokyo-2",     "jp-osaka-1"};
        return std::string(kRegions[random_.below(kRegions.size())]);
    }
    std::string level(std::size_t from, std::size_t count)
    {
        constexpr std::array<std::string_view, 4> kLevels = {"CRITICAL", "ERROR", "WARNING", "INFO"};
        return std::string(kLevels[from + random_.below(count)]);
    }
    std::string service() { return "svc-" + word(random_.below(services_)); }
    std::string any_message() { return message(random_.below(messages_)); }
    std::string team() { return any("team-", kTeams); }

    std::string broad()
    {
        return "title.contains(" + quoted(any_message()) + ") && (severity == " + level(0, 2) +
               " || severity == " + level(2, 2) + ") && !(labels.env == " + quoted(env(2)) + ")";
    }
    std::string narrow()
    {
        const auto from = random_.below(100'000);
        return "severity == " + level(0, 4) + " && details.latency > " + std::to_string(from) +
               " && details.latency < " + std::to_string(from + 200) + " && labels.env == " + quoted(env());
    }
    std::string by_service_and_message()
    {
        auto services = quoted(service());
        for (auto more = 1 + random_.below(3); more > 0; --more) services += ", " + quoted(service());
        return "severity == " + level(0, 4) + " && service in [" + services + "] && labels.env == " + quoted(env()) +
               " && title.contains(" + quoted(any_message()) + ")";
    }
    std::string realistic()
    {
        const auto kind = random_.below(100);
        if (kind < 30) return by_service_and_message();
        if (kind < 50) {
            return "source == " + quoted(any("src", 12)) + " && labels.team == " + quoted(team()) +
                   " && service == " + quoted(service()) + " && severity in [WARNING, INFO]";
        }
        if (kind < 65) {
            return "service == " + quoted(service()) + " && title.matches(r\"" + word(random_.below(messages_)) +
                   "[0-9a-z-]* (exit|code) [0-9]+\") && labels.region == " + quoted(region());
        }
        if (kind < 75) {
            return "labels.host == " + quoted(host_name(random_.below(hosts_))) +
                   " && details.priority >= " + any("", 5) + " && details.value > " + any("", 100);
        }
        if (kind < 85) return broad();
        if (kind < 90) {
            return "title.startsWith(" + quoted(any_message().substr(0, 14)) +
                   ") && labels.cluster == " + quoted(any("k8s-", 60)) + " && details.errno == " + any("", 130);
        }
        if (kind < 95) {
            return "labels.host.startsWith(" + quoted(host_name(random_.below(hosts_)).substr(0, 6)) +
                   ") && labels.env == " + quoted(env()) + " && labels.team == " + quoted(team()) +
                   " && details.value >= " + std::to_string(50 + random_.below(50));
        }
        return "(service == " + quoted(service()) + " && labels.team == " + quoted(team()) +
               ") || (service == " + quoted(service()) + " && title.contains(" + quoted(any_message()) + "))";
    }

    domain::Rule rule(std::size_t number, Shape shape)
    {
        domain::Rule rule;
        rule.id = RuleId(Uuid::from_words(1, number + 1));
        rule.name = numbered("rule ", number);
        rule.position = static_cast<std::int32_t>(number);
        rule.syntax = domain::RuleSyntax::cel;
        rule.condition = shape == Shape::broad_text ? broad() : shape == Shape::narrow_range ? narrow() : realistic();
        rule.actions = {domain::RouteAction{{ContactGroupId(Uuid::from_words(2, number % 50 + 1))}}};
        return rule;
    }

    domain::Alert alert(Shape shape)
    {
        const auto number = random_.skewed_below(services_);
        const auto service_name = "svc-" + word(number);
        const auto host = host_name((number * 6 + random_.below(6)) % hosts_);
        domain::Alert alert;
        alert.title = any_message() + " on " + host + ": " + word(random_.below(messages_)) + "-" + any("", 1'000) +
                      " exit " + any("", 130) + "; value " + any("", 100) + "% observed for " + any("", 60) +
                      "m in cluster, see runbook RB-" + any("", 9'999) + " " + any_message() + ".";
        alert.severity = static_cast<domain::Severity>(1 + random_.below(4));
        alert.source = any("src", 12);
        alert.service = service_name;
        alert.dedup_key = std::to_string(random_.next());
        if (random_.below(10) != 0) alert.labels.set("env", env());
        alert.labels.set("team", team());
        alert.labels.set("region", region());
        alert.labels.set("host", host);
        alert.labels.set("cluster", any("k8s-", 60));
        alert.labels.set("alertname", any("Alert", 200));
        alert.labels.set("job", any("job", 50));
        alert.labels.set("instance", host + ":9100");
        alert.labels.set("namespace", any("ns", 80));
        alert.labels.set("pod", service_name + "-" + std::to_string(random_.next()));
        alert.labels.set("dc", any("dc", 4));
        alert.labels.set("owner", any("o", 300));
        alert.details = "{\"value\":" + any("", 100) + ",\"errno\":" + any("", 130) + ",\"priority\":" + any("", 6);
        if (shape == Shape::narrow_range) alert.details += ",\"latency\":" + any("", 100'000);
        alert.details += "}";
        return alert;
    }

    Random random_;
    std::size_t services_;
    std::size_t hosts_;
    std::size_t messages_;
    std::vector<domain::Rule> rules_;
    std::vector<domain::Alert> alerts_;
};

}  // namespace winnow::bench

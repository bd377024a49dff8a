#pragma once

/// @file
/// Rules and alerts to test with.

#include "winnow/rules/rule_set.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace winnow::rules {

inline constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

inline RuleId rule_id(std::int32_t position)
{
    return RuleId(Uuid::from_words(1, static_cast<std::uint64_t>(position)));
}

inline ContactGroupId group_id(std::uint64_t n)
{
    return ContactGroupId(Uuid::from_words(2, n));
}

inline domain::Rule make_rule(std::int32_t position, std::string condition, std::vector<domain::Action> actions)
{
    domain::Rule rule;
    rule.id = rule_id(position);
    rule.name = "rule " + std::to_string(position);
    rule.position = position;
    rule.condition = std::move(condition);
    rule.actions = std::move(actions);
    rule.version = 10 + position;
    return rule;
}

inline domain::Alert make_alert()
{
    domain::Alert alert;
    alert.title = "disk 93% full";
    alert.dedup_key = "db-7/disk";
    alert.source = "db-7";
    alert.service = "billing";
    alert.class_name = "disk_full";
    alert.integration = "prometheus";
    alert.labels.set("env", "prod");
    alert.labels.set("k8s.pod", "db-7-0");
    alert.details =
        R"({"host":{"rack":"r 12","slots":[4,{"free":2.50}],"up":true,"down":null,"name":"caf\u00e9"},"n":12})";
    alert.received_at = kNow;
    return alert;
}

}  // namespace winnow::rules

#pragma once

/// @file
/// Rules at random, as somebody would write them in JSON: by the tables of forms, so that a kind of action or a field
/// that is added there is among them by itself.

#include "winnow/base/time.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/rule_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace winnow::forms {

class RandomDocuments {
public:
    using json = nlohmann::json;

    explicit RandomDocuments(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    /// One that compiles, as far as its kind can be told by the table.
    json action(const ActionForm& form)
    {
        json document{{"type", form.type()}};
        const auto& members = form.members();
        if (form.is_choice()) {
            const auto& member = members.at(below(members.size()));
            document[std::string(member.name)] = value(member);
            return document;
        }
        for (const auto& member : members) {
            if (member.need == Need::required || one_in(2)) document[std::string(member.name)] = value(member);
        }
        return document;
    }

    /// As POST /rules takes it.
    json rule()
    {
        static constexpr std::array<std::string_view, 3> kSyntaxes{"matchers", "cel", "keywords"};
        static constexpr std::array<std::string_view, 3> kConditions{R"({env="prod"})", R"(labels.env == "日本")",
                                                                     R"("disk full")"};
        const auto syntax = below(kSyntaxes.size());
        json document{{"name", "rule " + text()},
                      {"condition", kConditions.at(syntax)},
                      {"syntax", kSyntaxes.at(syntax)},
                      {"actions", actions()}};
        if (one_in(2)) document["description"] = text() + "\n\t" + text();
        if (one_in(2)) document["position"] = 1 + below(1'000);
        if (one_in(2)) document["enabled"] = one_in(2);
        if (one_in(2)) document["effective_from"] = time(1'700'000'000'000);
        if (one_in(2)) document["effective_until"] = time(1'900'000'000'000);
        if (one_in(2)) document["schedule"] = schedule();
        if (one_in(2)) document["stop"] = one_in(2);
        if (one_in(2)) document["mode"] = one_in(2) ? "live" : "shadow";
        return document;
    }

    json schedule()
    {
        static constexpr std::array<std::string_view, 3> kZones{"UTC", "Asia/Tokyo", "Europe/Berlin"};
        auto weekly = json::array();
        for (auto periods = 1 + below(3); periods > 0; --periods) {
            auto days = json::array();
            const auto first = static_cast<int>(below(7));
            for (int day = first; day < 7; ++day) {
                if (day == first || one_in(2)) days.push_back(domain::weekday_name(day));
            }
            const auto from = below(domain::kMinutesADay);
            const auto until = one_in(3) ? domain::kMinutesADay : (from + 1 + below(domain::kMinutesADay - 1)) % 1'440;
            weekly.push_back({{"days", std::move(days)},
                              {"from", domain::format_clock(static_cast<std::int16_t>(from))},
                              {"until", domain::format_clock(static_cast<std::int16_t>(until))}});
        }
        return {{"time_zone", kZones.at(below(kZones.size()))}, {"weekly", std::move(weekly)}};
    }

private:
    static constexpr std::array<std::string_view, 6> kFieldNames{"title",   "description", "source",
                                                                 "service", "labels.日本", "labels.env"};
    static constexpr std::array<std::string_view, 6> kTexts{
        "x", "日本語", "a \"quoted\" \\ text", "/slashes/ and & <tags>", "caf\u00e9 \U0001F600", "line\u2028"};

    std::string text() { return std::string(kTexts.at(below(kTexts.size()))); }
    std::string field() { return std::string(kFieldNames.at(below(kFieldNames.size()))); }
    json time(std::int64_t after)
    {
        return format_rfc3339(Timestamp(std::chrono::milliseconds(after + static_cast<std::int64_t>(below(1'000)))));
    }

    /// At most one of each kind: some may not stand twice.
    json actions()
    {
        auto forms = action_forms();
        std::shuffle(forms.begin(), forms.end(), random_);
        auto list = json::array();
        for (std::size_t i = 0; i < 1 + below(forms.size()); ++i) list.push_back(action(*forms.at(i)));
        return list;
    }

    /// Names of fields and patterns must be such.
    std::string text_of(std::string_view name)
    {
        if (name == "field" || name == "fields") return field();
        return name == "pattern" ? R"((?P<host>[a-z]+\d*))" : text();
    }

    json value(const ActionMember& member)
    {
        if (const auto* number = std::get_if<Number>(&member.values)) {
            return number->min +
                   static_cast<std::int64_t>(below(static_cast<std::size_t>(number->max - number->min + 1)));
        }
        if (const auto* duration = std::get_if<Duration>(&member.values)) {
            const auto steps = static_cast<std::size_t>((duration->max - duration->min) / std::chrono::seconds{1});
            return format_iso8601_duration(duration->min + std::chrono::seconds(below(steps + 1)));
        }
        if (const auto* word = std::get_if<Word>(&member.values)) return word->words.at(below(word->words.size()));
        auto list = json::array();
        for (auto items = 1 + below(3); items > 0; --items) {
            if (std::holds_alternative<Ids>(member.values)) {
                list.push_back(Uuid::from_words(random_(), random_()).str());
            } else {
                list.push_back(text_of(member.name));
            }
        }
        return std::holds_alternative<Text>(member.values) ? list.front() : list;
    }

    std::mt19937_64 random_;
};

}  // namespace winnow::forms

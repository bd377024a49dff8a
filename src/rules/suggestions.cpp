#include "winnow/rules/suggestions.hpp"

#include "winnow/base/text.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/rules/title_templates.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace winnow::rules {

namespace {

constexpr std::size_t kMaxExamples = 3;
constexpr std::size_t kMaxNameBytes = 180;
constexpr std::size_t kCandidates = 3 * kMaxSuggestions;  // some fall out of the back-test

using Place = std::pair<std::string, std::size_t>;  // service, template

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '"':
            case '\\': out += '\\'; [[fallthrough]];
            default: out += c;
        }
    }
    return out + '"';
}

domain::Rule rule_for(const Suggestion& suggestion, const TitleTemplates::Template& found, std::size_t number)
{
    domain::Rule rule;
    rule.id = RuleId(Uuid::from_words(0, number + 1));
    rule.position = static_cast<std::int32_t>(number) + 1;
    rule.name = truncate_utf8("nobody acts on: " + suggestion.pattern, kMaxNameBytes);
    rule.condition = "service == " + quoted(suggestion.service) + " && title.matches(" + quoted(found.regex()) + ")";
    rule.syntax = domain::RuleSyntax::cel;
    rule.actions = {domain::SuppressAction{.reason = "suggested: nobody acted on these"}};
    return rule;
}

bool saves_more(const Suggestion& a, const Suggestion& b)
{
    return std::pair(a.told, a.alerts) > std::pair(b.told, b.alerts);
}

struct Candidate {
    Suggestion suggestion;
    std::size_t number = 0;  ///< Of its template.
    bool spoilt = false;     ///< Not to be suggested.
};

/// Patterns of tickets that are over and that nobody acted on.
std::vector<Candidate> candidates(const std::vector<PastTicket>& tickets, TitleTemplates& templates)
{
    std::map<Place, Suggestion> found;
    for (const auto& ticket : tickets) {
        if (ticket.acted_on || !ticket.over) continue;
        const auto number = templates.add(ticket.title);
        if (number == TitleTemplates::kNone) continue;
        auto& suggestion = found[{ticket.service, number}];
        ++suggestion.tickets;
        suggestion.alerts += ticket.alerts;
        suggestion.told += ticket.told;
        auto& examples = suggestion.examples;
        if (examples.size() < kMaxExamples && std::ranges::find(examples, ticket.title) == examples.end()) {
            examples.push_back(ticket.title);
        }
    }
    std::vector<Candidate> list;
    for (auto& [place, suggestion] : found) {
        if (suggestion.tickets < kLeastTickets) continue;
        const auto& known = templates.all()[place.second];
        const bool anything = std::ranges::all_of(known.words, [](const auto& word) { return word.empty(); });
        if (anything) continue;  // "* *" would keep quiet whatever comes
        suggestion.service = place.first;
        suggestion.pattern = known.text();
        list.push_back({.suggestion = std::move(suggestion), .number = place.second});
    }
    std::ranges::stable_sort(list, saves_more, &Candidate::suggestion);
    if (list.size() > kCandidates) list.resize(kCandidates);
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto& [suggestion, number, spoilt] = list[i];
        suggestion.rule = rule_for(suggestion, templates.all()[number], i);
        spoilt = !check(suggestion.rule);  // such as a pattern that is too large to be saved
    }
    return list;
}

/// Tries all of them on all tickets. By their templates: texts that are made to be dear would take RE2 minutes.
void backtest(const std::vector<PastTicket>& tickets, const TitleTemplates& templates,
              std::vector<Candidate>& candidates)
{
    std::unordered_map<std::string_view, std::vector<Candidate*>> of_service;
    for (auto& each : candidates) of_service[each.suggestion.service].push_back(&each);
    for (const auto& ticket : tickets) {
        const auto asked = of_service.find(ticket.service);
        if (asked == of_service.end()) continue;
        const auto title = TitleTemplates::cut(ticket.title);
        for (auto* each : asked->second) {
            if (!templates.all()[each->number].matches(title)) continue;
            each->spoilt = each->spoilt || ticket.acted_on;
            auto& tried = each->suggestion.backtest;
            ++tried.tickets;
            tried.alerts += ticket.alerts;
            tried.told += ticket.told;
        }
    }
}

}  // namespace

std::vector<Suggestion> suggest(const std::vector<PastTicket>& tickets)
{
    TitleTemplates templates;
    auto tried = candidates(tickets, templates);
    backtest(tickets, templates, tried);
    std::int64_t all = 0;
    for (const auto& ticket : tickets) all += ticket.alerts;
    std::vector<Suggestion> suggestions;
    for (auto& [suggestion, number, spoilt] : tried) {
        if (spoilt || suggestions.size() == kMaxSuggestions) continue;
        suggestion.share = all == 0 ? 0 : static_cast<double>(suggestion.alerts) / static_cast<double>(all);
        suggestion.rule.mode = domain::RuleMode::shadow;
        suggestions.push_back(std::move(suggestion));
    }
    return suggestions;
}

}  // namespace winnow::rules

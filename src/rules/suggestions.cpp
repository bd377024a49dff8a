#include "winnow/rules/suggestions.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/rules/title_templates.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>
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

/// Patterns of tickets that are over and that nobody acted on.
std::vector<Suggestion> candidates(const std::vector<PastTicket>& tickets, TitleTemplates& templates)
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
    std::vector<std::pair<Suggestion, std::size_t>> list;
    for (auto& [place, suggestion] : found) {
        if (suggestion.tickets < kLeastTickets) continue;
        const auto& known = templates.all()[place.second];
        const bool anything = std::ranges::all_of(known.words, [](const auto& word) { return word.empty(); });
        if (anything) continue;  // "* *" would keep quiet whatever comes
        suggestion.service = place.first;
        suggestion.pattern = known.text();
        list.emplace_back(std::move(suggestion), place.second);
    }
    std::ranges::stable_sort(list, saves_more, &std::pair<Suggestion, std::size_t>::first);
    if (list.size() > kCandidates) list.resize(kCandidates);
    std::vector<Suggestion> best;
    for (auto& [suggestion, number] : list) {
        suggestion.rule = rule_for(suggestion, templates.all()[number], best.size());
        best.push_back(std::move(suggestion));
    }
    return best;
}

/// Tries all of them on all tickets; those that are not to be suggested come out in `spoilt`.
void backtest(const std::vector<PastTicket>& tickets, std::vector<Suggestion>& suggestions,
              std::unordered_set<RuleId>& spoilt)
{
    std::vector<domain::Rule> rules;
    for (const auto& suggestion : suggestions) rules.push_back(suggestion.rule);
    const auto set = RuleSet::compile(rules);
    for (const auto& failure : set->broken()) spoilt.insert(failure.rule_id);
    domain::Alert alert;
    for (const auto& ticket : tickets) {
        alert.title = ticket.title;
        alert.service = ticket.service;
        for (const auto& match : set->evaluate(alert, {}).matches) {
            if (ticket.acted_on) spoilt.insert(match.rule_id);
            const auto hit =
                std::ranges::find(suggestions, match.rule_id, [](const auto& each) { return each.rule.id; });
            ++hit->backtest.tickets;
            hit->backtest.alerts += ticket.alerts;
            hit->backtest.told += ticket.told;
        }
    }
}

}  // namespace

std::vector<Suggestion> suggest(const std::vector<PastTicket>& tickets)
{
    TitleTemplates templates;
    auto suggestions = candidates(tickets, templates);
    std::unordered_set<RuleId> spoilt;
    backtest(tickets, suggestions, spoilt);
    std::erase_if(suggestions, [&](const Suggestion& each) { return spoilt.contains(each.rule.id); });
    if (suggestions.size() > kMaxSuggestions) suggestions.resize(kMaxSuggestions);
    std::int64_t all = 0;
    for (const auto& ticket : tickets) all += ticket.alerts;
    for (auto& suggestion : suggestions) {
        suggestion.share = all == 0 ? 0 : static_cast<double>(suggestion.alerts) / static_cast<double>(all);
        suggestion.rule.mode = domain::RuleMode::shadow;
    }
    return suggestions;
}

}  // namespace winnow::rules

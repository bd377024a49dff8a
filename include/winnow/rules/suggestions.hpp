#pragma once

/// @file
/// Rules that would have kept quiet what nobody ever acted on. Pure.

#include "winnow/domain/rule.hpp"
#include "winnow/domain/severity.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace winnow::rules {

/// What a ticket came to.
struct PastTicket {
    std::string title;
    std::string service;
    std::int64_t alerts = 0;  ///< That it counts.
    std::int64_t told = 0;    ///< Messages about it.
    bool acted_on = false;    ///< Somebody took, moved, edited or commented it.
    bool over = false;        ///< Recovered or closed.
};

struct Suggestion {
    std::string pattern;  ///< "disk * full on *".
    std::string service;  ///< "" where the titles have none.
    std::int64_t tickets = 0;
    std::int64_t alerts = 0;
    std::int64_t told = 0;
    double share = 0;                   ///< Of all alerts.
    std::vector<std::string> examples;  ///< At most 3 titles, each another one.
    domain::Rule rule;                  ///< A shadow rule that suppresses them.
    struct Backtest {                   ///< The rule on all the tickets, also those that somebody acted on.
        std::int64_t tickets = 0;
        std::int64_t alerts = 0;
        std::int64_t told = 0;
    } backtest;
};

inline constexpr std::size_t kMaxSuggestions = 20;
inline constexpr std::int64_t kLeastTickets = 5;  ///< Fewer are no pattern.

/// Those first that would have saved most messages. Titles are taken together by TitleTemplates, each service by
/// itself; a rule that would have kept quiet a ticket that somebody acted on is not suggested, nor is one that could
/// not be saved. Linear in the tickets, however different their titles are.
[[nodiscard]] std::vector<Suggestion> suggest(const std::vector<PastTicket>& tickets);

}  // namespace winnow::rules

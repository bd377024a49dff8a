#include "rules/index/index.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules::index {

namespace {

constexpr std::size_t kFewClauses = 64;      // bitmaps of a word or two beat any list
constexpr std::size_t kMaxPosting = 256;     // one value cannot make more clauses than this candidates
constexpr std::uint32_t kShortPosting = 16;  // harmless however frequent the value is
constexpr double kRare = 0.02;

}  // namespace

/// Chooses for each clause where it is found.
struct Index::Builder {
    explicit Builder(Index& made)
        : index(made), program(made.program_), members(program.symbols().size() + 1), uses(members.size())
    {
        for (const auto& clause : program.clauses()) {
            for (const auto literal : program.literals(clause)) {
                if ((literal & 1U) != 0) continue;
                for (const auto symbol : program.symbols_of(program.predicates()[literal >> 1U])) ++uses[symbol];
            }
        }
    }

    void run()
    {
        const bool few = program.clauses().size() <= kFewClauses;
        for (std::uint32_t clause = 0; clause < program.clauses().size(); ++clause) {
            const auto access = few ? kNone : access_of(clause);
            if (access == kNone) {
                left.push_back(clause);
            } else {
                add(clause, access);
            }
        }
        index.by_symbol_.build(members.size(), pairs);
        for (auto& text : index.by_text_) {
            text.clauses.build(text.predicates.size(), text.pairs);
            text.pairs = {};
            text.scanner.build();
        }
        index.bitmaps_.build(program, std::move(left));
    }

private:
    /// The predicate that finds the clause: the rarest of those whose lists have room.
    [[nodiscard]] std::uint32_t access_of(std::uint32_t clause) const
    {
        std::uint32_t best = kNone;
        double least = 1;
        for (const auto literal : program.literals(program.clauses()[clause])) {
            if ((literal & 1U) != 0) continue;
            const auto number = literal >> 1U;
            const auto& predicate = program.predicates()[number];
            const auto frequency = program.frequency(predicate);
            if (frequency >= least || !is_useful(predicate, frequency)) continue;
            least = frequency;
            best = number;
        }
        return best;
    }

    [[nodiscard]] bool is_useful(const Predicate& predicate, double frequency) const
    {
        if (predicate.kind == LeafKind::contains) return predicate.count > 0;
        const auto symbols = program.symbols_of(predicate);
        if (symbols.empty()) return false;
        std::uint32_t most = 0;
        for (const auto symbol : symbols) {
            if (members[symbol] >= kMaxPosting) return false;
            most = std::max(most, uses[symbol]);
        }
        return frequency < kRare || most <= kShortPosting;
    }

    void add(std::uint32_t clause, std::uint32_t access)
    {
        const auto& predicate = program.predicates()[access];
        if (predicate.kind == LeafKind::contains) {
            add_text(clause, access);
        } else {
            for (const auto symbol : program.symbols_of(predicate)) {
                ++members[symbol];
                pairs.emplace_back(symbol, clause);
            }
        }
        program.take_off(clause, access);
    }

    void add_text(std::uint32_t clause, std::uint32_t access)
    {
        auto& predicate = program.predicates()[access];
        auto text = std::ranges::find(index.by_text_, predicate.slot, &TextPostings::slot);
        if (text == index.by_text_.end()) {
            text = index.by_text_.insert(text, TextPostings{});
            text->slot = predicate.slot;
        }
        if (!predicate.scanned) {
            predicate.scanned = true;
            patterns.resize(program.predicates().size());
            patterns[access] = text->scanner.add(program.text_of(predicate));
            text->predicates.push_back(access);
        }
        text->pairs.emplace_back(patterns[access], clause);
    }

    Index& index;
    Program& program;
    std::vector<std::uint32_t> members;  ///< Of each symbol's list.
    std::vector<std::uint32_t> uses;     ///< Clauses that compare with each symbol.
    std::vector<Postings::Pair> pairs;
    std::vector<std::uint32_t> patterns;  ///< By predicate.
    std::vector<std::uint32_t> left;
};

Index::Index(std::span<const NormalForm* const> forms, std::vector<RuleTraits> traits)
    : program_(forms), traits_(std::move(traits))
{
    Builder(*this).run();
    note_who_asks();
}

void Index::note_who_asks()
{
    asks_.assign(program_.remembered(), kNone);
    for (const auto& clause : program_.clauses()) {
        for (const auto literal : program_.literals(clause)) {
            const auto memory = program_.predicates()[literal >> 1U].memory;
            if (memory != kNone && asks_[memory] == kNone) asks_[memory] = clause.rule;
        }
    }
}

std::uint32_t Index::first_clause_of(std::uint32_t rule) const noexcept
{
    const auto& clauses = program_.clauses();
    return static_cast<std::uint32_t>(std::ranges::lower_bound(clauses, rule, {}, &Clause::rule) - clauses.begin());
}

void Index::begin(Search& search) const
{
    search.rules.clear();
    search.errors.clear();
    search.limit = kNone;
    if (search.failed_in.size() < traits_.size()) search.failed_in.resize(traits_.size());
    if (++search.turn != 0) return;
    std::ranges::fill(search.failed_in, 0U);
    search.turn = 1;
}

void Index::note_error(std::uint32_t rule, const std::string& why, Search& search) const
{
    if (std::exchange(search.failed_in[rule], search.turn) != search.turn) search.errors.emplace_back(rule, &why);
}

void Index::find(Event& event, std::uint32_t from, Search& search) const
{
    begin(search);
    collect(event, search.found);
    verify(event, from, search);
    bitmaps_.search(event, first_clause_of(from), search.bitmap, [&](std::uint32_t clause) {
        if (program_.clauses()[clause].rule > search.limit) return false;
        consider(event, from, clause, search);
        return true;
    });
    std::ranges::sort(search.rules);
    const auto repeats = std::ranges::unique(search.rules);
    search.rules.erase(repeats.begin(), repeats.end());
    std::erase_if(search.rules, [&](std::uint32_t rule) { return rule > search.limit; });
    std::erase_if(search.errors, [&](const auto& error) {
        return error.first > search.limit || std::ranges::binary_search(search.rules, error.first);
    });
    search.steps_left = event.steps_left();
    search.over = event.is_over();
    search.deadline = event.deadline();
    search.dearest = event.dearest() == kNone ? kNone : asks_[program_.predicates()[event.dearest()].memory];
    search.most = event.most();
}

/// All clauses that a text or a value of the event gives, before any is verified: then every text that was not found is
/// known to be absent.
void Index::collect(Event& event, std::vector<std::uint32_t>& clauses) const
{
    clauses.clear();
    for (const auto symbol : event.symbols()) by_symbol_.prefetch(symbol);
    for (const auto& text : by_text_) {
        const auto& value = event.value(text.slot);
        if (value.type != Event::Value::Type::text) continue;
        text.scanner.scan(value.text, [&](std::uint32_t pattern) {
            event.set_found(text.predicates[pattern]);
            clauses.insert(clauses.end(), text.clauses.begin(pattern), text.clauses.end(pattern));
        });
        if (value.epoch != 0) event.set_scanned(text.slot);  // 0: the default of a label that is missing
    }
    for (const auto symbol : event.symbols()) {
        clauses.insert(clauses.end(), by_symbol_.begin(symbol), by_symbol_.end(symbol));
    }
    for (const auto clause : clauses) __builtin_prefetch(&program_.clauses()[clause]);
}

/// Most fail at their first literal, and most of the time is spent waiting for memory: so a few are under way at once.
void Index::verify(Event& event, std::uint32_t from, Search& search) const
{
    constexpr std::size_t kAhead = 4;
    const auto& found = search.found;
    for (std::size_t i = 0; i < found.size() + 2 * kAhead; ++i) {
        if (i < found.size()) program_.prefetch_literals(found[i]);
        if (i >= kAhead && i - kAhead < found.size()) program_.prefetch_first_predicate(found[i - kAhead]);
        if (i >= 2 * kAhead) consider(event, from, found[i - 2 * kAhead], search);
    }
}

void Index::consider(Event& event, std::uint32_t from, std::uint32_t number, Search& search) const
{
    const auto& clause = program_.clauses()[number];
    if (clause.rule < from || clause.rule > search.limit) return;
    const auto& traits = traits_[clause.rule];
    for (const auto literal : program_.literals(clause)) {
        const auto result = event.test(literal >> 1U);
        if (result == ((literal & 1U) != 0 ? Truth::no : Truth::yes)) continue;
        if (result != Truth::error || !traits.applies(event.now())) return;
        if (const auto* why = event.error_of(literal >> 1U)) note_error(clause.rule, *why, search);
        return;
    }
    if (!traits.applies(event.now())) return;
    search.rules.push_back(clause.rule);
    if (traits.ends_search) search.limit = clause.rule;
}

std::size_t Index::bytes() const noexcept
{
    auto total = program_.bytes() + traits_.size() * sizeof(RuleTraits) + asks_.size() * sizeof(asks_[0]) +
                 by_symbol_.bytes() + bitmaps_.bytes();
    for (const auto& text : by_text_) {
        total += text.scanner.bytes() + text.clauses.bytes() + text.predicates.size() * sizeof(std::uint32_t);
    }
    return total;
}

}  // namespace winnow::rules::index

#include "cost/random_condition.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace winnow::cost {

namespace {

/// Reads the genome; beyond its end everything is 0, so that expressions end.
class Choices {
public:
    explicit Choices(const Genome& genome) : genome_(genome) {}

    std::size_t below(std::size_t count)
    {
        if (at_ == genome_.size()) return 0;
        return genome_[at_++] % count;
    }

    template <typename T, std::size_t Count>
    const T& of(const std::array<T, Count>& all)
    {
        return all[below(Count)];
    }

private:
    const Genome& genome_;
    std::size_t at_ = 0;
};

// ------------------------------------------------------------------------------------------------------------- data

constexpr std::array<std::size_t, 10> kSizes = {0, 1, 2, 7, 33, 130, 600, 2'500, 8'000, 16'000};

std::string random_text(Choices& choices, std::size_t most)
{
    static constexpr std::array<std::string_view, 10> kParts = {
        "a", "ab", "aaaaaaaab", "a b ", " ", "\u00e9", "\u65e5\u672c", "disk 93% full on db-7, ", "1", "A,b,"};
    const auto size = std::min(choices.of(kSizes), most);
    const auto part = choices.of(kParts);
    const auto end = choices.of(kParts);
    std::string text;
    while (text.size() + part.size() <= size) text += part;
    return text.empty() ? std::string() : text + std::string(end);
}

std::string repeated(std::string_view item, std::size_t count, std::size_t most_bytes)
{
    std::string all;
    for (std::size_t i = 0; i < count && all.size() < most_bytes; ++i) {
        all += i == 0 ? "" : ",";
        all += item;
    }
    return all;
}

std::string random_item(Choices& choices)
{
    switch (choices.below(8)) {
        case 0: return "1";
        case 1: return '"' + random_text(choices, 600) + '"';
        case 2: return "[1,2,3]";
        case 3: return R"({"k":1})";
        case 4: return "[[[[[[1]]]]]]";
        case 5: return "1.5e300";
        case 6: return R"("10.1.2.3")";
        default: return R"("2026-11-23T06:00:00Z")";
    }
}

std::string random_map(Choices& choices, std::size_t most_bytes)
{
    const auto count = choices.of(kSizes);
    const std::string prefix(std::min<std::size_t>(choices.of(kSizes), 130), 'k');
    const auto item = random_item(choices);
    std::string all;
    for (std::size_t i = 0; i < count && all.size() < most_bytes; ++i) {
        all += (i == 0 ? "\"" : ",\"") + prefix + std::to_string(i) + "\":" + item;
    }
    return '{' + all + '}';
}

domain::Alert random_alert(Choices& choices)
{
    constexpr std::size_t kMostDetails = 20'000;
    domain::Alert alert;
    alert.title = random_text(choices, 1'000);
    alert.description = random_text(choices, 16'000);
    alert.source = random_text(choices, 600);
    const auto labels = choices.below(64);
    for (std::size_t i = 0; i < labels; ++i) alert.labels.set("label" + std::to_string(i), random_text(choices, 600));
    const auto item = random_item(choices);
    const auto count = choices.of(kSizes);
    alert.details = "{\"a\":[" + repeated(item, count, kMostDetails) + "],\"b\":[" +
                    repeated(random_item(choices), choices.of(kSizes), kMostDetails) +
                    "],\"m\":" + random_map(choices, kMostDetails) + ",\"n\":{\"k\":{\"k\":" + random_item(choices) +
                    "}},\"s\":\"" + random_text(choices, 2'500) + "\",\"i\":7}";
    return alert;
}

// ------------------------------------------------------------------------------------------------------ expressions

class Grammar {
public:
    explicit Grammar(Choices& choices) : choices_(choices) {}

    std::string truth(int depth)
    {
        if (depth <= 0) return choices_.below(2) == 0 ? "true" : "false";
        switch (choices_.below(15)) {
            case 0: return any(depth - 1) + compared() + any(depth - 1);
            case 1: return list(depth - 1) + compared() + list(depth - 1);
            case 2: return text(depth - 1) + ordered() + text(depth - 1);
            case 3: return any(depth - 1) + " in " + (choices_.below(3) == 0 ? map(depth - 1) : list(depth - 1));
            case 4: return text(depth - 1) + "." + tested() + "(" + text(depth - 1) + ")";
            case 5: return text(depth - 1) + ".matches(r\"" + pattern() + "\")";
            case 6:
            case 7:
            case 8: return macro(depth, quantifier(), &Grammar::truth);
            case 9: return "(" + truth(depth - 1) + (choices_.below(2) == 0 ? " && " : " || ") + truth(depth - 1) + ")";
            case 10: return optional(depth - 1) + ".hasValue()";
            case 11: return optional(depth - 1) + ".orValue(" + truth(depth - 1) + ") == true";
            case 12: return "isIP(" + text(depth - 1) + ")";
            case 13: return number(depth - 1) + ordered() + number(depth - 1);
            default: return "!(" + truth(depth - 1) + ")";
        }
    }

private:
    std::string compared() { return choices_.below(2) == 0 ? " == " : " != "; }
    std::string ordered() { return choices_.below(2) == 0 ? " < " : " >= "; }
    std::string tested()
    {
        static constexpr std::array<std::string_view, 3> kAll = {"contains", "startsWith", "endsWith"};
        return std::string(choices_.of(kAll));
    }
    std::string quantifier()
    {
        static constexpr std::array<std::string_view, 3> kAll = {"all", "exists", "exists_one"};
        return std::string(choices_.of(kAll));
    }
    std::string pattern()
    {
        static constexpr std::array<std::string_view, 6> kAll = {"disk.*full", "^a+$", "[0-9]+",
                                                                 "b$",         "a|b",  "db-[0-9]"};
        return std::string(choices_.of(kAll));
    }

    /// `body` sees a variable of its own.
    std::string macro(int depth, const std::string& name, std::string (Grammar::*body)(int))
    {
        if (macros_ == 2) return (this->*body)(0) == "true" ? "true" : "details.a.size() > 0";
        auto range = choices_.below(4) == 0 ? map(depth - 1) : list(depth - 1);
        const std::string variable(1, static_cast<char>('x' + macros_));
        ++macros_;
        auto inner = (this->*body)(depth - 1);
        --macros_;
        return range + "." + name + "(" + variable + ", " + inner + ")";
    }

    std::string any(int depth)
    {
        if (macros_ > 0 && choices_.below(2) == 0) return std::string(1, static_cast<char>('x' + macros_ - 1));
        switch (choices_.below(9)) {
            case 0: return number(depth);
            case 1: return text(depth);
            case 2: return list(depth);
            case 3: return map(depth);
            case 4: return optional(depth);
            case 5: return "details.n";
            case 6: return "bytes(" + text(depth) + ")";
            case 7: return "[" + any(depth - 2) + ", " + any(depth - 2) + "]";
            default: return "details.n.k.k";
        }
    }

    std::string number(int depth)
    {
        if (depth <= 0) return choices_.below(2) == 0 ? "1" : "details.i";
        switch (choices_.below(9)) {
            case 0: return text(depth - 1) + ".size()";
            case 1: return list(depth - 1) + ".size()";
            case 2: return text(depth - 1) + ".indexOf(" + text(depth - 1) + ")";
            case 3: return text(depth - 1) + ".lastIndexOf(" + text(depth - 1) + ")";
            case 4: return "int(" + text(depth - 1) + ")";
            case 5: return "(" + number(depth - 1) + " + " + number(depth - 1) + ")";
            case 6: return "now.getHours(\"Asia/Tokyo\")";
            case 7: return "now.getDayOfYear(" + text(depth - 1) + ")";
            default: return "size(" + map(depth - 1) + ")";
        }
    }

    std::string text(int depth)
    {
        static constexpr std::array<std::string_view, 9> kNames = {
            "title", "description", "text", "details.s", "source", "\"a\"", "\"ab\"", "\"\"", "label(\"label3\")"};
        if (macros_ > 0 && choices_.below(2) == 0) return std::string(1, static_cast<char>('x' + macros_ - 1));
        if (depth <= 0) return std::string(choices_.of(kNames));
        switch (choices_.below(18)) {
            case 0: return "(" + text(depth - 1) + " + " + text(depth - 1) + ")";
            case 1: return text(depth - 1) + ".lowerAscii()";
            case 2: return text(depth - 1) + ".upperAscii()";
            case 3: return text(depth - 1) + ".trim()";
            case 4: return text(depth - 1) + ".reverse()";
            case 5: return text(depth - 1) + ".charAt(" + number(0) + ")";
            case 6: return text(depth - 1) + ".substring(" + number(0) + ")";
            case 7: return text(depth - 1) + ".replace(" + text(depth - 2) + ", " + text(depth - 2) + ")";
            case 8: return list(depth - 1) + ".join(" + text(0) + ")";
            case 9: return "string(" + number(depth - 1) + ")";
            case 10: return "string(now)";
            case 11: return "string(1.5e300)";
            case 12: return "string(bytes(" + text(depth - 1) + "))";
            case 13: return optional(depth - 1) + ".orValue(" + text(depth - 1) + ")";
            case 14: return "(" + truth(depth - 1) + " ? " + text(depth - 1) + " : " + text(depth - 1) + ")";
            default: return std::string(choices_.of(kNames));
        }
    }

    std::string list(int depth)
    {
        static constexpr std::array<std::string_view, 3> kNames = {"details.a", "details.b", "links"};
        if (depth <= 0) return std::string(choices_.of(kNames));
        switch (choices_.below(12)) {
            case 0: return "(" + list(depth - 1) + " + " + list(depth - 1) + ")";
            case 1: return text(depth - 1) + ".split(" + text(0) + ")";
            case 2: return macros_ == 2 ? "details.a" : macro(depth, "map", &Grammar::any);
            case 3: return macros_ == 2 ? "details.b" : macro(depth, "filter", &Grammar::truth);
            case 4: return many(depth, "[", "]");
            case 5: return optional(depth - 1) + ".orValue(" + list(depth - 1) + ")";
            default: return std::string(choices_.of(kNames));
        }
    }

    /// The same several times: what is shared is touched all the same.
    std::string many(int depth, const std::string& open, const std::string& close)
    {
        const auto item = any(depth - 1);
        const auto count = std::min<std::size_t>(1 + choices_.below(24), 2'000 / (item.size() + 1) + 1);
        std::string all;
        for (std::size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ", ") + item;
        return open + all + close;
    }

    std::string map(int depth)
    {
        if (depth <= 0 || choices_.below(2) == 0) return choices_.below(2) == 0 ? "details.m" : "labels";
        return "{" + text(0) + ": " + any(depth - 1) + ", \"k2\": " + any(depth - 1) + "}";
    }

    std::string optional(int depth)
    {
        if (depth <= 0) return choices_.below(2) == 0 ? "details.?s" : "optional.none()";
        switch (choices_.below(6)) {
            case 0: return "optional.of(" + any(depth - 1) + ")";
            case 1:
            case 2: {
                if (macros_ == 2) return "details.?a";
                const auto inner = "optional.of(" + any(depth - 1) + ")";
                const std::string variable(1, static_cast<char>('x' + macros_));
                ++macros_;
                auto body =
                    choices_.below(2) == 0 ? many(depth, "[", "]") + " == " + many(depth, "[", "]") : any(depth - 1);
                --macros_;
                return inner + ".optMap(" + variable + ", " + body + ")";
            }
            case 3: return map(depth - 1) + "[?" + text(depth - 1) + "]";
            case 4: return list(depth - 1) + "[?" + number(0) + "]";
            default: return "details.?b";
        }
    }

    Choices& choices_;
    int macros_ = 0;
};

constexpr int kDepth = 5;

}  // namespace

Genome random_genome(std::mt19937& dice)
{
    Genome genome(20 + dice() % 120);
    for (auto& gene : genome) gene = static_cast<std::uint32_t>(dice());
    return genome;
}

Genome mutated(const Genome& genome, const Genome& other, std::mt19937& dice)
{
    auto changed = genome;
    const auto place = [&] {
        return static_cast<std::ptrdiff_t>(dice() % (changed.size() + 1));
    };
    switch (dice() % 5) {
        case 0:
        case 1:
            for (auto i = 1 + dice() % 4; i > 0 && !changed.empty(); --i) {
                changed[dice() % changed.size()] = static_cast<std::uint32_t>(dice());
            }
            break;
        case 2: changed.insert(changed.begin() + place(), static_cast<std::uint32_t>(dice())); break;
        case 3:
            if (!changed.empty()) changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(dice() % changed.size()));
            break;
        default: {
            const auto cut = std::min<std::size_t>(dice() % (other.size() + 1), changed.size());
            std::copy_n(other.begin(), cut, changed.begin());
        }
    }
    return changed;
}

Candidate made_of(const Genome& genome)
{
    Choices choices(genome);
    Candidate candidate;
    candidate.alert = random_alert(choices);
    candidate.expression = Grammar(choices).truth(kDepth);
    return candidate;
}

}  // namespace winnow::cost

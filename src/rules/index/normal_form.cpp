#include "rules/index/normal_form.hpp"

#include "rules/index/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace winnow::rules::index {

namespace {

using expr::Node;
using Kind = Node::Kind;
using Clause = std::vector<Literal>;
using Clauses = std::vector<Clause>;

class Normaliser {
public:
    NormalForm run(const Node& condition)
    {
        for (auto& clause : clauses_of(condition, false)) {
            form_.literals.insert(form_.literals.end(), clause.begin(), clause.end());
            form_.ends.push_back(static_cast<std::uint32_t>(form_.literals.size()));
        }
        form_.leaves.shrink_to_fit();
        form_.literals.shrink_to_fit();
        return std::move(form_);
    }

private:
    // Recursion is bounded by the depth that the tree was checked for.
    Clauses clauses_of(const Node& node, bool negated)
    {
        if (const auto* flag = node.kind == Kind::literal ? node.value.as<bool>() : nullptr) {
            return *flag != negated ? Clauses{Clause{}} : Clauses{};
        }
        if (auto found = classify(node)) return {literals_of(std::move(found->leaf), found->negated != negated)};
        switch (node.kind) {
            case Kind::logical_not: return clauses_of(node.children[0], !negated);
            case Kind::logical_and: return negated ? any_of(node, true) : all_of(node, false);
            case Kind::logical_or: return negated ? all_of(node, true) : any_of(node, false);
            default: return {literals_of(opaque_leaf(node), negated)};
        }
    }

    Clauses any_of(const Node& node, bool negated)
    {
        Clauses all;
        // x == a || x == b is one test of x.
        std::unordered_map<std::string, std::size_t> equalities;
        std::vector<Leaf> merged;
        for (const auto& child : node.children) {
            if (!negated) {
                auto found = classify(child);
                if (found && !found->negated &&
                    (found->leaf.kind == LeafKind::equals || found->leaf.kind == LeafKind::in)) {
                    auto& leaf = found->leaf;
                    const auto [at, fresh] = equalities.try_emplace(leaf.key.substr(0, leaf.slot_key), merged.size());
                    if (fresh) {
                        merged.push_back(std::move(leaf));
                    } else {
                        auto& into = merged[at->second];
                        into.kind = LeafKind::in;
                        std::ranges::move(leaf.constants, std::back_inserter(into.constants));
                    }
                    continue;
                }
            }
            std::ranges::move(clauses_of(child, negated), std::back_inserter(all));
        }
        for (auto& leaf : merged) {
            identify(leaf);
            all.push_back(literals_of(std::move(leaf), false));
        }
        return all;
    }

    Clauses all_of(const Node& node, bool negated)
    {
        struct Part {
            const Node* node;
            Clauses clauses;
        };
        std::vector<Part> parts;
        for (const auto& child : node.children) parts.push_back({&child, clauses_of(child, negated)});
        // Small ones first: what does not fit any more is the least useful to the index.
        std::ranges::stable_sort(parts, {}, [](const Part& part) { return part.clauses.size(); });
        Clauses product{Clause{}};
        std::vector<const Node*> left_over;
        for (const auto& part : parts) {
            if (fits(product, part.clauses)) {
                product = multiplied(product, part.clauses);
            } else {
                left_over.push_back(part.node);
            }
        }
        if (!left_over.empty()) {
            const auto rest = literals_of(opaque_leaf(joined(left_over, negated)), negated);
            for (auto& clause : product) clause.insert(clause.end(), rest.begin(), rest.end());
        }
        return product;
    }

    static bool fits(const Clauses& a, const Clauses& b)
    {
        // Alternatives beside single clauses only grow as the text does.
        constexpr std::size_t kMaxAlternatives = 64;
        const auto limit = a.size() == 1 || b.size() == 1 ? kMaxAlternatives : kMaxClauses;
        if (a.size() * b.size() > limit) return false;
        const auto longest = [](const Clauses& clauses) {
            std::size_t most = 0;
            for (const auto& clause : clauses) most = std::max(most, clause.size());
            return most;
        };
        return longest(a) + longest(b) < kMaxLiterals;
    }

    static Clauses multiplied(const Clauses& a, const Clauses& b)
    {
        Clauses product;
        product.reserve(a.size() * b.size());
        for (const auto& left : a) {
            for (const auto& right : b) {
                auto& clause = product.emplace_back(left);
                for (const auto& literal : right) {
                    if (std::ranges::find(clause, literal) == clause.end()) clause.push_back(literal);
                }
            }
        }
        return product;
    }

    /// The parts as one node, to be negated as a whole where they are negated.
    static Node joined(const std::vector<const Node*>& parts, bool negated)
    {
        if (parts.size() == 1) return *parts.front();
        Node node;
        node.kind = negated ? Kind::logical_or : Kind::logical_and;
        for (const auto* part : parts) node.children.push_back(*part);
        return node;
    }

    /// A regex holds only where the text that it requires is there: the index can look for that.
    Clause literals_of(Leaf leaf, bool negated)
    {
        Clause clause;
        if (leaf.kind == LeafKind::regex && !negated) {
            auto text = required_text(leaf.text);
            if (!text.empty()) {
                Leaf required;
                required.kind = LeafKind::contains;
                required.slot = leaf.slot;
                required.text = std::move(text);
                required.at = leaf.at;
                identify(required);
                clause.push_back({number_of(std::move(required)), false});
            }
        }
        clause.push_back({number_of(std::move(leaf)), negated});
        return clause;
    }

    std::uint32_t number_of(Leaf leaf)
    {
        for (std::uint32_t i = 0; i < form_.leaves.size(); ++i) {
            if (form_.leaves[i].hash == leaf.hash && form_.leaves[i].key == leaf.key) return i;
        }
        form_.leaves.push_back(std::move(leaf));
        return static_cast<std::uint32_t>(form_.leaves.size() - 1);
    }

    NormalForm form_;
};

}  // namespace

bool is_connective(const Node& node) noexcept
{
    return node.kind == Kind::logical_and || node.kind == Kind::logical_or || node.kind == Kind::logical_not;
}

NormalForm normal_form(const Node& condition)
{
    return Normaliser().run(condition);
}

}  // namespace winnow::rules::index

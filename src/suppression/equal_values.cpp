#include "suppression/equal_values.hpp"

#include "winnow/domain/sha256_hex.hpp"

namespace winnow::suppression {

std::string equal_text(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert)
{
    std::string text;
    for (const auto& label : inhibition.equal) {
        const auto value = label.value_in(alert);
        text += std::to_string(value.size()) + ':' + value + ';';
    }
    return text;
}

std::string equal_key(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert)
{
    auto text = equal_text(inhibition, alert);
    // Texts begin with a digit, where they are not empty.
    return text.size() <= kMostKeyBytes ? text : "sha256:" + domain::sha256_hex(text);
}

}  // namespace winnow::suppression

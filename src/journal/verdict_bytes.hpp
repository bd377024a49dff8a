#pragma once

/// @file
/// One verdict among the encoded ones of a row. Private to journal.

#include "journal/bytes.hpp"
#include "winnow/domain/verdict.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::journal {

/// The rules that matched in a row: few, however many alerts. A repeat in it costs bytes, not truth, so a look-up goes
/// back only so far.
class RuleTable {
public:
    std::size_t index_of(const domain::RuleMatch& match)
    {
        constexpr std::size_t kLookBack = 64;
        const auto oldest = entries_.size() > kLookBack ? entries_.size() - kLookBack : 0;
        for (auto i = entries_.size(); i > oldest; --i) {
            if (entries_[i - 1] == match) return i - 1;
        }
        entries_.push_back(match);
        return entries_.size() - 1;
    }

    [[nodiscard]] const std::vector<domain::RuleMatch>& entries() const noexcept { return entries_; }

private:
    std::vector<domain::RuleMatch> entries_;
};

/// 0 for a gap, else disposition + 1; effect with the high bit for a ticket and the next one for what was dearest;
/// ticket; that; cause or hold; matches; dedup key.
void put_verdict(std::string& out, const domain::Verdict& verdict, RuleTable& rules);

/// std::nullopt for a gap, and where it cannot be read, which `in` tells then.
[[nodiscard]] std::optional<domain::Verdict> get_verdict(Input& in, const std::vector<domain::RuleMatch>& rules);

}  // namespace winnow::journal

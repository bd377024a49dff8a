/// @file
/// The names of one object while it is read: almost always few and different.

#include "intake/json_document.hpp"

#include <algorithm>

namespace winnow::intake {

bool Reader::Names::add(std::string_view name)
{
    constexpr std::size_t kMany = 64;
    // A small filter: names that fall on a free bit cannot have been there.
    const auto length = name.size();
    const auto mix = length == 0 ? 0
                                 : static_cast<unsigned char>(name[0]) * 7U +
                                       static_cast<unsigned char>(name[length - 1]) * 31U +
                                       static_cast<unsigned char>(name[length / 2]) * 13U;
    const auto slot = (mix + length * 17U) % (64 * filter_.size());
    auto& word = filter_[slot / 64];
    const auto bit = std::uint64_t{1} << slot % 64;
    if ((word & bit) != 0 && has(name)) return false;
    word |= bit;
    auto& names = reader_.scratch_.names;
    names.push_back(name);
    if (names.size() - begin_ > kMany) add_to_many(name);
    return true;
}

Reader::Names::Rare& Reader::Names::rare()
{
    if (!rare_) rare_ = std::make_unique<Rare>();
    return *rare_;
}

void Reader::Names::add_to_many(std::string_view name)
{
    auto& many = rare().many;
    const auto& names = reader_.scratch_.names;
    if (many.empty()) many.insert(names.begin() + static_cast<std::ptrdiff_t>(begin_), names.end());
    many.insert(name);
}

std::size_t Reader::Names::repeat(std::string_view name)
{
    return ++rare().repeats[name];
}

bool Reader::Names::has(std::string_view name)
{
    if (rare_ && !rare_->many.empty()) return rare_->many.contains(name);
    const auto& names = reader_.scratch_.names;
    return std::find(names.begin() + static_cast<std::ptrdiff_t>(begin_), names.end(), name) != names.end();
}

}  // namespace winnow::intake

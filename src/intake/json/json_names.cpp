/// @file
/// The names of one object while it is read: what few objects need, those of many or of repeated names.

#include "intake/json/json_document.hpp"

#include <algorithm>

namespace winnow::intake {

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

#include "winnow/domain/tenants/imported_ids.hpp"

#include "winnow/base/uuid_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace winnow::domain {

namespace {

// As alert_ids.cpp has it: 14 bits of index above two of kind.
constexpr unsigned kKindBits = 2;
constexpr std::size_t kUuidChars = 36;
constexpr std::size_t kFirstDash = 8;
constexpr std::array<std::size_t, 3> kOtherDashes{13, 18, 23};

/// Steele, Lea and Flood's SplitMix64, its last step: every bit depends on every other one.
std::uint64_t mixed(std::uint64_t value) noexcept
{
    value = (value ^ value >> 30U) * 0xBF58'476D'1CE4'E5B9ULL;
    value = (value ^ value >> 27U) * 0x94D0'49BB'1331'11EBULL;
    return value ^ value >> 31U;
}

/// The beginning of what may be a UUID in the text, from there on; its end where there is none.
std::size_t next_uuid(std::string_view text, std::size_t from) noexcept
{
    while (true) {
        const auto dash = text.find('-', from + kFirstDash);
        if (dash == std::string_view::npos || dash - kFirstDash + kUuidChars > text.size()) return text.size();
        const auto begin = dash - kFirstDash;
        if (std::ranges::all_of(kOtherDashes, [&](std::size_t place) { return text[begin + place] == '-'; })) {
            return begin;
        }
        from = begin + 1;
    }
}

}  // namespace

ImportedIds::ImportedIds(TenantIds ids, StreamId stream, std::map<Uuid, Uuid> users)
    : ids_(ids), stream_(stream), users_(std::move(users))
{
}

RowPosition ImportedIds::row(AlertId id) const noexcept
{
    // Two rows of the archive have the same place here once in 2^36 pairs that came within the same millisecond.
    const auto first = first_of_row(id).value();
    const auto seq = mixed(mixed(first.high()) ^ first.low()) % kMaxSeq + 1;
    return {.received_at = received_at_of(id).value_or(Timestamp{}), .stream = stream_, .seq = seq};
}

AlertId ImportedIds::alert(AlertId id) const
{
    return ids_.row(row(id)).alert(index_of(id));
}

std::string ImportedIds::rewritten(std::string_view text) const
{
    std::string out(text);
    for (auto begin = next_uuid(text, 0); begin < text.size();) {
        const auto id = Uuid::parse(text.substr(begin, kUuidChars));
        if (!id) {
            begin = next_uuid(text, begin + 1);
            continue;
        }
        const auto user = users_.find(*id);
        if (user != users_.end()) {
            out.replace(begin, kUuidChars, UuidText(user->second).view());
        } else if (received_at_of(AlertId(*id))) {
            out.replace(begin, kUuidChars, UuidText(alert(AlertId(*id))).view());
        }
        begin = next_uuid(text, begin + kUuidChars);
    }
    return out;
}

std::uint16_t index_of(AlertId id) noexcept
{
    return static_cast<std::uint16_t>(id.value().low() >> kKindBits & kMaxIndex);
}

AlertId first_of_row(AlertId id) noexcept
{
    const auto index = static_cast<std::uint64_t>(kMaxIndex) << kKindBits;
    return AlertId(Uuid::from_words(id.value().high(), id.value().low() & ~index));
}

}  // namespace winnow::domain

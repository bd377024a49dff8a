/// @file
/// Any bytes as what stands in journal and verdict rows: decoded or refused, never more memory than allowed.

#include "winnow/journal/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    constexpr std::size_t kMost = 1U << 20U;
    if (const auto lines = winnow::journal::decode_rows(payload, kMost); lines && lines->size() > kMost) std::abort();
    if (const auto verdicts = winnow::journal::decode_verdicts(payload)) {
        const auto again = winnow::journal::decode_verdicts(winnow::journal::encode_verdicts(*verdicts));
        if (!again || again->size() != verdicts->size()) std::abort();
    }
    return 0;
}

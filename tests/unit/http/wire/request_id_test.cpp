#include "http/wire/request_id.hpp"

#include "winnow/base/uuid.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace winnow::http {
namespace {

/// A polynomial over two elements, or bits of a sequence.
using Bits = std::vector<std::uint64_t>;

void add_shifted(Bits& to, const Bits& what, std::size_t by)
{
    const auto words = by / 64;
    const auto bits = by % 64;
    for (std::size_t i = words; i < to.size(); ++i) {
        to[i] ^= what[i - words] << bits;
        if (bits != 0 && i > words) to[i] ^= what[i - words - 1] >> (64 - bits);
    }
}

bool odd_in_common(const Bits& a, const Bits& b)
{
    std::uint64_t common = 0;
    for (std::size_t i = 0; i < a.size(); ++i) common ^= a[i] & b[i];
    return std::popcount(common) % 2 == 1;
}

/// How many bits of a sequence it takes, as a sum of some of the ones before, to tell each next one (Berlekamp,
/// Massey). Of what is drawn: half of the sequence.
std::size_t linear_complexity(const std::vector<bool>& sequence)
{
    const auto words = sequence.size() / 64 + 1;
    Bits connection(words);
    Bits former(words);
    Bits seen(words);  // the latest bit first
    connection[0] = former[0] = 1;
    std::size_t complexity = 0;
    std::size_t since = 1;
    for (std::size_t n = 0; n < sequence.size(); ++n, ++since) {
        for (auto i = words - 1; i > 0; --i) seen[i] = seen[i] << 1U | seen[i - 1] >> 63U;
        seen[0] = seen[0] << 1U | (sequence[n] ? 1U : 0U);
        if (!odd_in_common(connection, seen)) continue;
        const auto before = connection;
        add_shifted(connection, former, since);
        if (2 * complexity > n) continue;
        complexity = n + 1 - complexity;
        former = before;
        since = 0;
    }
    return complexity;
}

TEST(RequestId, TheSearchForWhatFollowsFindsIt)
{
    std::vector<bool> sequence{true, false, false, true, false, true, false};
    while (sequence.size() < 1'000) sequence.push_back(sequence[sequence.size() - 7] != sequence[sequence.size() - 3]);
    EXPECT_EQ(linear_complexity(sequence), 7U);
}

/// Who can tell which ids followed his last one counts what others have asked for since. A Mersenne twister's bits each
/// follow from the 19,937 before.
TEST(RequestId, DoesNotFollowFromThoseBeforeIt)
{
    constexpr std::size_t kIds = 40'500;
    std::vector<bool> lowest;
    for (std::size_t i = 0; i < kIds; ++i) {
        const auto id = Uuid::parse(fresh_request_id());
        ASSERT_TRUE(id);
        ASSERT_EQ(id->high() >> 12U & 0xFU, 7U);
        lowest.push_back((id->low() & 1U) != 0);
    }
    // Of what is drawn it is fifty off in one of 2^100 runs.
    EXPECT_NEAR(static_cast<double>(linear_complexity(lowest)), kIds / 2.0, 50);
}

}  // namespace
}  // namespace winnow::http

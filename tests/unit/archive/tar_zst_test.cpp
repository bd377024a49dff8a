#include "winnow/archive/tar_zst.hpp"

#include <gtest/gtest.h>

#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace winnow::archive {
namespace {

constexpr Timestamp kAt{std::chrono::milliseconds{1'795'413'600'999}};
constexpr std::size_t kBlock = 512;

struct Written {
    std::string bytes;
    std::size_t longest = 0;  ///< Of what the sink was given at once.
};

Sink into(Written& written)
{
    return [&written](std::string_view bytes) -> Result<Done> {
        written.bytes += bytes;
        written.longest = std::max(written.longest, bytes.size());
        return Done{};
    };
}

std::string unpacked(std::string_view frame)
{
    std::string text;
    std::string piece(ZSTD_DStreamOutSize(), '\0');
    auto* const context = ZSTD_createDCtx();
    ZSTD_inBuffer in{.src = frame.data(), .size = frame.size(), .pos = 0};
    std::size_t left = 1;
    while (left != 0) {
        ZSTD_outBuffer out{.dst = piece.data(), .size = piece.size(), .pos = 0};
        left = ZSTD_decompressStream(context, &out, &in);
        EXPECT_EQ(ZSTD_isError(left), 0U) << ZSTD_getErrorName(left);
        if (ZSTD_isError(left) != 0U || (left != 0 && in.pos == in.size && out.pos == 0)) break;
        text.append(piece, 0, out.pos);
    }
    EXPECT_EQ(left, 0U) << "a whole frame";
    EXPECT_EQ(in.pos, in.size) << "and one only";
    ZSTD_freeDCtx(context);
    return text;
}

std::uint64_t octal(std::string_view field)
{
    return std::strtoull(std::string(field).c_str(), nullptr, 8);
}

TEST(TarZst, IsWhatTarReads)
{
    Written written;
    TarZstWriter writer(into(written), kAt);
    ASSERT_TRUE(writer.add("manifest.json", "{}"));
    ASSERT_TRUE(writer.add("a/b-c_d.1.ndjson", std::string(kBlock, 'x')));
    ASSERT_TRUE(writer.add("empty", ""));
    ASSERT_TRUE(writer.finish());
    const auto tar = unpacked(written.bytes);
    ASSERT_EQ(tar.size(), (1 + 1 + 1 + 1 + 1 + 2) * kBlock);
    EXPECT_EQ(tar.substr(0, 14), std::string("manifest.json\0", 14));
    EXPECT_EQ(tar.substr(257, 8), std::string("ustar\0"
                                              "00",
                                              8));
    EXPECT_EQ(tar[156], '0');
    EXPECT_EQ(octal(tar.substr(124, 12)), 2U);
    EXPECT_EQ(octal(tar.substr(136, 12)), 1'795'413'600U);
    EXPECT_EQ(octal(tar.substr(100, 8)), 0644U);
    EXPECT_EQ(tar.substr(kBlock, 3), std::string("{}\0", 3));
    EXPECT_EQ(tar.substr(2 * kBlock, 16), "a/b-c_d.1.ndjson");
    EXPECT_EQ(tar.substr(3 * kBlock, kBlock), std::string(kBlock, 'x')) << "no padding behind a whole block";
    EXPECT_EQ(octal(tar.substr(4 * kBlock + 124, 12)), 0U);
    EXPECT_EQ(tar.substr(5 * kBlock), std::string(2 * kBlock, '\0'));
    for (const std::size_t head : {std::size_t{0}, 2 * kBlock, 4 * kBlock}) {
        auto block = tar.substr(head, kBlock);
        const auto said = octal(block.substr(148, 8));
        block.replace(148, 8, 8, ' ');
        std::uint64_t sum = 0;
        for (const char byte : block) sum += static_cast<unsigned char>(byte);
        EXPECT_EQ(said, sum);
    }
}

TEST(TarZst, OfNothingIsAnEmptyArchive)
{
    Written written;
    TarZstWriter writer(into(written), kAt);
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(unpacked(written.bytes), std::string(2 * kBlock, '\0'));
}

TEST(TarZst, OfTheSameIsTheSame)
{
    std::vector<Written> twice(2);
    for (auto& each : twice) {
        TarZstWriter writer(into(each), kAt);
        ASSERT_TRUE(writer.add("one", "content"));
        ASSERT_TRUE(writer.finish());
    }
    EXPECT_EQ(twice[0].bytes, twice[1].bytes);
}

TEST(TarZst, GivesOnWhatIsLongInPieces)
{
    Written written;
    TarZstWriter writer(into(written), kAt);
    std::string noise;
    std::uint64_t state = 1;
    while (noise.size() < (1U << 20U)) {
        state = state * 6'364'136'223'846'793'005ULL + 1;
        noise += static_cast<char>(state >> 56U);
    }
    ASSERT_TRUE(writer.add("noise", noise));
    ASSERT_TRUE(writer.finish());
    EXPECT_EQ(unpacked(written.bytes).substr(kBlock, noise.size()), noise);
    EXPECT_LE(written.longest, 256U << 10U);
}

TEST(TarZst, TakesNamesThatLeadNowhereElse)
{
    for (const std::string name : {"a", "a/b", "alerts/2026-11-28.ndjson", "A-Z_0.9"})
        EXPECT_TRUE(is_member_name(name));
    for (const std::string& name :
         {std::string(), std::string("/a"), std::string("a/"), std::string("../a"), std::string("a/../b"),
          std::string("a//b"), std::string("a b"), std::string("a\0", 2), std::string("ä"), std::string(101, 'a')}) {
        Written written;
        TarZstWriter writer(into(written), kAt);
        EXPECT_FALSE(is_member_name(name)) << name;
        EXPECT_EQ(writer.add(name, "").error().code(), ErrorCode::invalid_argument) << name;
    }
    EXPECT_TRUE(is_member_name(std::string(100, 'a')));
}

TEST(TarZst, EndsWithWhatTheSinkSays)
{
    TarZstWriter writer([](std::string_view) -> Result<Done> { return Error(ErrorCode::unavailable, "away"); }, kAt);
    ASSERT_TRUE(writer.add("a", "b")) << "nothing was given on yet";
    EXPECT_EQ(writer.finish().error().message(), "away");
}

}  // namespace
}  // namespace winnow::archive

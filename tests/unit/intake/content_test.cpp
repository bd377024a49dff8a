#include "winnow/intake/formats.hpp"

#include <gtest/gtest.h>

#include <zlib.h>
#include <zstd.h>

#include <string>

namespace winnow::intake {

namespace {

std::string gzip(const std::string& text)
{
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
    std::string copy = text;
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string zstd(const std::string& text)
{
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

constexpr std::size_t kMax = 1'048'576;

}  // namespace

TEST(DecodeContent, PassesPlainBodies)
{
    EXPECT_EQ(*decode_content("", "abc", kMax), "abc");
    EXPECT_EQ(*decode_content("Identity", "abc", 3), "abc");
    EXPECT_EQ(decode_content("", "abcd", 3).error().code(), ErrorCode::too_large);
}

TEST(DecodeContent, UndoesGzipAndZstd)
{
    for (const auto& text : {std::string(), std::string("x"), std::string(70'000, 'y'), std::string(kMax, 'z')}) {
        EXPECT_EQ(*decode_content("gzip", gzip(text), kMax), text);
        EXPECT_EQ(*decode_content("GZIP", gzip(text), kMax), text);
        EXPECT_EQ(*decode_content("x-gzip", gzip(text), kMax), text);
        EXPECT_EQ(*decode_content("zstd", zstd(text), kMax), text);
    }
    EXPECT_EQ(*decode_content("gzip", gzip("ab") + gzip("cd"), kMax), "abcd");
    EXPECT_EQ(*decode_content("zstd", zstd("ab") + zstd("cd"), kMax), "abcd");
}

TEST(DecodeContent, HoldsTheBoundToTheByte)
{
    const std::string text(100'000, 'x');
    for (const auto* encoding : {"gzip", "zstd"}) {
        const auto packed = std::string(encoding) == "gzip" ? gzip(text) : zstd(text);
        EXPECT_TRUE(decode_content(encoding, packed, 100'000).has_value()) << encoding;
        EXPECT_EQ(decode_content(encoding, packed, 99'999).error().code(), ErrorCode::too_large) << encoding;
    }
}

TEST(DecodeContent, ABombStopsAtTheBound)
{
    const std::string bomb(32U << 20U, '\0');
    EXPECT_EQ(decode_content("gzip", gzip(bomb), kMax).error().code(), ErrorCode::too_large);
    EXPECT_EQ(decode_content("zstd", zstd(bomb), kMax).error().code(), ErrorCode::too_large);
}

TEST(DecodeContent, PartsThatHoldNextToNothingAreBoundedByWhatTheyHold)
{
    const auto repeated = [](const std::string& part, std::size_t times) {
        std::string all;
        for (std::size_t i = 0; i < times; ++i) all += part;
        return all;
    };
    for (const auto* encoding : {"gzip", "zstd"}) {
        const auto pack = std::string(encoding) == "gzip" ? &gzip : &zstd;
        EXPECT_EQ(*decode_content(encoding, repeated(pack(""), 1'000), kMax), "") << encoding;
        const auto refused = decode_content(encoding, repeated(pack(""), 1'001), kMax);
        ASSERT_FALSE(refused) << encoding;
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
        EXPECT_FALSE(decode_content(encoding, repeated(pack("."), 1'100), kMax)) << encoding;
        EXPECT_TRUE(decode_content(encoding, repeated(pack(std::string(64, '.')), 5'000), kMax)) << encoding;
    }
    const std::string skipped("\x50\x2a\x4d\x18\0\0\0\0", 8);  // a frame for others than the decoder
    EXPECT_FALSE(decode_content("zstd", repeated(skipped, 1'001) + zstd("a"), kMax));
}

TEST(DecodeContent, RefusesDamage)
{
    std::string text;
    for (int i = 0; i < 3'000; ++i) text += std::to_string(i * i);
    for (const auto* encoding : {"gzip", "zstd"}) {
        const auto packed = std::string(encoding) == "gzip" ? gzip(text) : zstd(text);
        for (std::size_t cut = 0; cut < packed.size(); cut += 97) {
            const auto decoded = decode_content(encoding, packed.substr(0, cut), kMax);
            ASSERT_FALSE(decoded.has_value()) << encoding << cut;
            EXPECT_EQ(decoded.error().code(), ErrorCode::invalid_argument);
        }
        EXPECT_FALSE(decode_content(encoding, packed + "trailing", kMax).has_value()) << encoding;
        EXPECT_FALSE(decode_content(encoding, "not packed", kMax).has_value()) << encoding;
    }
    auto damaged = gzip(text);
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x40);
    EXPECT_FALSE(decode_content("gzip", damaged, kMax).has_value());
}

TEST(DecodeContent, RefusesAHugeZstdWindow)
{
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    std::string text(64, 'x');
    std::string packed(4'096, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    packed.resize(out.pos);
    EXPECT_EQ(decode_content("zstd", packed, kMax).error().code(), ErrorCode::invalid_argument);
}

TEST(DecodeContent, RefusesOtherEncodings)
{
    for (const auto* encoding : {"br", "deflate", "gzip, gzip", "compress", " gzip"}) {
        EXPECT_EQ(decode_content(encoding, "x", kMax).error().code(), ErrorCode::invalid_argument) << encoding;
    }
}

}  // namespace winnow::intake

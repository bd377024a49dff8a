#include "winnow/archive/tar_zst.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::size_t kBlock = 512;

using Members = std::vector<std::pair<std::string, std::string>>;

std::string written(const Members& members)
{
    std::string bytes;
    TarZstWriter writer(
        [&](std::string_view more) -> Result<Done> {
            bytes += more;
            return Done{};
        },
        Timestamp{});
    for (const auto& [name, content] : members) EXPECT_TRUE(writer.add(name, content));
    EXPECT_TRUE(writer.finish());
    return bytes;
}

std::string packed(std::string_view tar)
{
    std::string frame(ZSTD_compressBound(tar.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), tar.data(), tar.size(), 1));
    return frame;
}

std::string unpacked(const std::string& frame)
{
    std::string tar(std::size_t{1} << 20U, '\0');
    tar.resize(ZSTD_decompress(tar.data(), tar.size(), frame.data(), frame.size()));
    return tar;
}

struct Outcome {
    Members members;
    std::string error;  ///< "": it was read to its end.
};

Outcome read(std::string_view frame, std::size_t at_once = 1U << 20U, const ReadLimits& limits = {})
{
    Outcome outcome;
    TarZstReader reader(
        [&](std::string_view name, std::string_view content) -> Result<Done> {
            outcome.members.emplace_back(name, content);
            return Done{};
        },
        limits);
    for (; !frame.empty(); frame.remove_prefix(std::min(at_once, frame.size()))) {
        if (const auto taken = reader.take(frame.substr(0, at_once)); !taken) {
            outcome.error = taken.error().message();
            return outcome;
        }
    }
    if (const auto finished = reader.finish(); !finished) outcome.error = finished.error().message();
    return outcome;
}

/// A tar with one member "a" of content "b", changed before its checksum is made good again.
std::string altered(const std::function<void(std::string& head)>& change)
{
    auto tar = unpacked(written({{"a", "b"}}));
    auto head = tar.substr(0, kBlock);
    change(head);
    head.replace(148, 8, 8, ' ');
    std::uint64_t sum = 0;
    for (const char byte : head) sum += static_cast<unsigned char>(byte);
    std::string digits;
    for (int i = 0; i < 6; ++i, sum /= 8) digits.insert(digits.begin(), static_cast<char>('0' + sum % 8));
    head.replace(148, 7, digits + '\0');
    return packed(tar.replace(0, kBlock, head));
}

TEST(TarZstReader, ReadsWhatWasWrittenHoweverItComesInPieces)
{
    const Members members{{"one", "1"}, {"folder/two", std::string(3 * kBlock, 'x')}, {"empty", ""}};
    const auto frame = written(members);
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{7}, frame.size()}) {
        const auto outcome = read(frame, at_once);
        EXPECT_EQ(outcome.error, "");
        EXPECT_EQ(outcome.members, members);
    }
    EXPECT_EQ(read(written({})).error, "");
}

TEST(TarZstReader, KnowsOneThatWasCutShortWhereverThatWas)
{
    const auto frame = written({{"one", "1"}, {"two", std::string(5'000, 'x')}});
    for (std::size_t length = 0; length < frame.size(); ++length) {
        EXPECT_THAT(read(std::string_view(frame).substr(0, length)).error, HasSubstr("ends before its end")) << length;
    }
    const auto tar = unpacked(frame);
    for (std::size_t blocks = 0; blocks * kBlock < tar.size(); ++blocks) {
        EXPECT_THAT(read(packed(tar.substr(0, blocks * kBlock))).error, HasSubstr("ends before its end")) << blocks;
    }
    EXPECT_THAT(read(packed(tar.substr(0, tar.size() - 1))).error, HasSubstr("ends before its end"));
}

TEST(TarZstReader, RefusesWhatStandsBehindTheEnd)
{
    const auto frame = written({{"one", "1"}});
    EXPECT_THAT(read(frame + frame).error, HasSubstr("behind its frame"));
    EXPECT_THAT(read(frame + "x").error, HasSubstr("behind its frame"));
    const auto tar = unpacked(frame);
    EXPECT_THAT(read(packed(tar + tar)).error, HasSubstr("behind its end"));
    EXPECT_THAT(read(packed(tar + std::string(kBlock, '\0'))).error, HasSubstr("behind its end"));
    const auto half = tar.substr(0, tar.size() - kBlock);  // one block of zeros, then a member
    EXPECT_THAT(read(packed(half + tar)).error, HasSubstr("behind its end"));
}

TEST(TarZstReader, RefusesNamesThatLeadElsewhereAndEverythingButPlainFiles)
{
    for (const std::string name : {"../a", "/etc/passwd", "a/../../b", "a b", "", "a//b", "a/"}) {
        const auto outcome = read(altered([&](std::string& head) {
            head.replace(0, 100, 100, '\0');
            head.replace(0, name.size(), name);
        }));
        EXPECT_THAT(outcome.error, HasSubstr("may lead elsewhere")) << name;
        EXPECT_TRUE(outcome.members.empty());
    }
    for (const char type : {'1', '2', '3', '5', 'L', 'x', 'g', '\0'}) {
        EXPECT_THAT(read(altered([&](std::string& head) { head[156] = type; })).error, HasSubstr("no plain file"));
    }
    EXPECT_THAT(read(altered([](std::string& head) { head.replace(345, 3, "../"); })).error, HasSubstr("no plain file"))
        << "a prefix would stand before the name";
}

TEST(TarZstReader, RefusesHeadsThatAreNotSound)
{
    auto tar = unpacked(written({{"a", "b"}}));
    tar[0] = 'c';  // and the checksum is the old one
    EXPECT_THAT(read(packed(tar)).error, HasSubstr("sound head"));
    EXPECT_THAT(read(altered([](std::string& head) { head.replace(257, 6, "nottar"); })).error,
                HasSubstr("sound head"));
    for (const std::string size : {"77777777777", "-0000000001", "x0000000000", "           "}) {
        EXPECT_NE(read(altered([&](std::string& head) { head.replace(124, 11, size); })).error, "") << size;
    }
    EXPECT_NE(read(altered([](std::string& head) { head[124] = '\x80'; })).error, "") << "a size in binary";
}

TEST(TarZstReader, RefusesTwoOfOneName)
{
    const auto first = unpacked(written({{"a", "b"}}));
    const auto outcome = read(packed(first.substr(0, 2 * kBlock) + first));
    EXPECT_THAT(outcome.error, HasSubstr("two members of one name"));
    EXPECT_THAT(outcome.members, ElementsAre(Pair("a", "b")));
}

TEST(TarZstReader, UnpacksNoMoreThanItMay)
{
    const auto bomb = packed(std::string(std::size_t{32} << 20U, '\0'));
    ASSERT_LT(bomb.size(), 10'000U);
    EXPECT_NE(read(bomb).error, "") << "zeros behind the end";
    EXPECT_THAT(read(written({{"a", std::string(5'000, 'x')}}), 100, {.max_bytes = 4'000}).error,
                HasSubstr("becomes too long"));
    const auto exact = written({{"a", "12"}, {"b", ""}});
    EXPECT_EQ(read(exact, 100, {.max_member_bytes = 2, .max_members = 2, .max_bytes = 5 * kBlock}).error, "");
    EXPECT_THAT(read(exact, 100, {.max_member_bytes = 1}).error, HasSubstr("too long"));
    EXPECT_THAT(read(exact, 100, {.max_members = 1}).error, HasSubstr("too many members"));
    EXPECT_THAT(read(exact, 100, {.max_bytes = 5 * kBlock - 1}).error, HasSubstr("becomes too long"));
}

TEST(TarZstReader, RefusesWhatIsNoFrameOrWantsMuchMemory)
{
    for (const std::string bytes : {"no frame at all", "\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff"}) {
        EXPECT_NE(read(bytes).error, "") << bytes;
    }
    auto frame = written({{"a", std::string(2'000, 'x')}});
    frame[frame.size() / 2] = static_cast<char>(frame[frame.size() / 2] ^ 0x55);
    EXPECT_NE(read(frame).error, "");
    // A frame whose window is 1 GiB: descriptor without a size, window log 30.
    EXPECT_THAT(read(std::string("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00", 9)).error, HasSubstr("damaged"));
}

TEST(TarZstReader, EndsWithWhatItsReaderSays)
{
    TarZstReader reader(
        [](std::string_view, std::string_view) -> Result<Done> { return Error(ErrorCode::conflict, "not that one"); });
    EXPECT_EQ(reader.take(written({{"a", "b"}})).error().message(), "not that one");
}

}  // namespace
}  // namespace winnow::archive

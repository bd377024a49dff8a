/// @file
/// The list of breached passwords as a real file.

#include "winnow/identity/breached_passwords.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace winnow::identity {
namespace {

namespace fs = std::filesystem;

class BreachedPasswordsTest : public testing::Test {
protected:
    BreachedPasswordsTest()
    {
        std::string folder = (fs::temp_directory_path() / "winnow-breached-XXXXXX").string();
        if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder");
        folder_ = folder;
    }
    ~BreachedPasswordsTest() override { fs::remove_all(folder_); }

    std::string write(const std::string& bytes)
    {
        const auto path = folder_ / "breached";
        std::ofstream(path, std::ios::binary) << bytes;
        return path.string();
    }

    static std::string sorted_digests(int count)
    {
        std::set<std::string> digests;
        for (int i = 0; i < count; ++i) digests.insert(crypto::sha1("breached " + std::to_string(i)));
        std::string bytes;
        for (const auto& digest : digests) bytes += digest;
        return bytes;
    }

    fs::path folder_;
};

TEST_F(BreachedPasswordsTest, HoldsAllOfAThousandAndNoneOfAThousandOthers)
{
    const BreachedPasswords list(write(sorted_digests(1'000)));
    EXPECT_EQ(list.size(), 1'000U);
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_TRUE(list.contains("breached " + std::to_string(i))) << i;
        EXPECT_FALSE(list.contains("another " + std::to_string(i))) << i;
    }
}

TEST_F(BreachedPasswordsTest, HoldsOneOfOneAndNothingWithoutAFile)
{
    BreachedPasswords one(write(crypto::sha1("only")));
    EXPECT_TRUE(one.contains("only"));
    EXPECT_FALSE(one.contains(""));
    const BreachedPasswords moved = std::move(one);
    EXPECT_TRUE(moved.contains("only"));
    EXPECT_FALSE(BreachedPasswords().contains("only"));
}

TEST_F(BreachedPasswordsTest, RefusesAFileThatWouldFindNothing)
{
    EXPECT_THROW(BreachedPasswords((folder_ / "none").string()), std::runtime_error);
    EXPECT_THROW(BreachedPasswords(folder_.string()), std::runtime_error);
    EXPECT_THROW(BreachedPasswords(write("")), std::runtime_error);
    EXPECT_THROW(BreachedPasswords(write(std::string(41, 'x'))), std::runtime_error);
    EXPECT_THROW(BreachedPasswords(write(std::string(40, 'x'))), std::runtime_error) << "twice the same";
    std::string as_text;
    for (int i = 0; i < 20; ++i) as_text += crypto::to_hex(crypto::sha1(std::to_string(i))) + "\r\n";
    ASSERT_EQ(as_text.size() % 20, 0U);
    EXPECT_THROW(BreachedPasswords(write(as_text)), std::runtime_error);
}

TEST_F(BreachedPasswordsTest, RefusesAFileThatIsSortedOnlyInPart)
{
    auto bytes = sorted_digests(5'000);
    const auto half = bytes.size() / 2;
    EXPECT_THROW(BreachedPasswords(write(bytes.substr(half) + bytes.substr(0, half))), std::runtime_error);
}

TEST_F(BreachedPasswordsTest, SaysSoWhereItsFileIsCutWhileItIsRead)
{
    const auto path = write(sorted_digests(100));
    const BreachedPasswords list(path);
    fs::resize_file(path, 20);
    EXPECT_THROW(std::ignore = list.contains("another"), std::runtime_error);
}

}  // namespace
}  // namespace winnow::identity

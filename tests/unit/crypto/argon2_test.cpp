#include "winnow/crypto/argon2.hpp"

#include "crypto/argon2_inputs.hpp"
#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::crypto {
namespace {

// What a test can afford; a node may not have it.
constexpr Argon2Cost kCheap{.memory_kib = 64, .passes = 1};

const std::string kSecret(32, 'p');

Peppers peppers(std::initializer_list<const char*> ids)
{
    std::vector<Pepper> all;
    for (const auto* const id : ids) all.push_back({.id = id, .secret = std::string(id) + kSecret});
    return Peppers(std::move(all));
}

TEST(Argon2, IsThatOfRfc9106WithItsSecret)
{
    const std::string password(32, '\x01');
    const std::string salt(16, '\x02');
    const std::string secret(8, '\x03');
    const std::string associated(12, '\x04');
    Argon2Inputs inputs{.password = password,
                        .salt = salt,
                        .secret = secret,
                        .associated = associated,
                        .memory_kib = 32,
                        .passes = 3,
                        .lanes = 4,
                        .tag_bytes = 32};
    const std::string expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
    std::vector<std::uint8_t> memory(32 * 1024, 0xAA);
    auto tag = argon2id(inputs, memory);
    ASSERT_TRUE(tag) << tag.error().message();
    EXPECT_EQ(to_hex(*tag), expected) << "whatever was in its memory before";
    tag = argon2id(inputs, {});
    ASSERT_TRUE(tag);
    EXPECT_EQ(to_hex(*tag), expected) << "in memory of the system's";
    inputs.secret = {};
    tag = argon2id(inputs, memory);
    ASSERT_TRUE(tag);
    EXPECT_NE(to_hex(*tag), expected);
}

TEST(Argon2, LeavesNothingInItsMemory)
{
    std::vector<std::uint8_t> memory(64 * 1024, 0xAA);
    ASSERT_TRUE(argon2id({.password = "password", .salt = "saltsalt", .memory_kib = 64, .passes = 1}, memory));
    EXPECT_EQ(std::ranges::count(memory, 0), std::ssize(memory));
}

TEST(Argon2, RefusesInputsThatItsLibraryRefuses)
{
    Argon2Arena arena(kCheap);
    EXPECT_FALSE(arena.argon2id("password", "short", "", kCheap)) << "a salt has eight bytes";
    for (const auto& cost : {Argon2Cost{.memory_kib = 7, .passes = 1}, Argon2Cost{.memory_kib = 64, .passes = 0},
                             Argon2Cost{.memory_kib = kLargestCost.memory_kib + 1, .passes = 1},
                             Argon2Cost{.memory_kib = 64, .passes = kLargestCost.passes + 1}}) {
        const auto refused = arena.argon2id("password", "saltsalt", "", cost);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::internal);
    }
}

TEST(Argon2, GivesTheSameTagWhereAHashNeedsMoreThanTheArenaHas)
{
    constexpr Argon2Cost kLarger{.memory_kib = 256, .passes = 2};
    Argon2Arena small(kCheap);
    Argon2Arena large(kLarger);
    const auto in_small = small.argon2id("password", "saltsalt", kSecret, kLarger);
    const auto in_large = large.argon2id("password", "saltsalt", kSecret, kLarger);
    ASSERT_TRUE(in_small);
    ASSERT_TRUE(in_large);
    EXPECT_EQ(*in_small, *in_large);
    EXPECT_EQ(in_small->size(), PasswordHash::kTagBytes);
}

TEST(Argon2Costs, HaveAFloorOfTwoCorners)
{
    EXPECT_EQ(problem_of_cost({}), "") << "the default";
    EXPECT_EQ(problem_of_cost(kStandardCost), "");
    EXPECT_EQ(problem_of_cost(kSmallestCost), "");
    EXPECT_EQ(problem_of_cost(kLargestCost), "");
    EXPECT_EQ(problem_of_cost({.memory_kib = 65'536, .passes = 3}), "");
    for (const auto& too_little :
         {Argon2Cost{.memory_kib = 47'103, .passes = 1}, Argon2Cost{.memory_kib = 19'455, .passes = 2},
          Argon2Cost{.memory_kib = 19'455, .passes = 16}, Argon2Cost{.memory_kib = 47'104, .passes = 0},
          Argon2Cost{.memory_kib = 0, .passes = 0}}) {
        EXPECT_TRUE(problem_of_cost(too_little).starts_with("must be at least 47104 KiB with 1 pass"))
            << too_little.memory_kib << ", " << too_little.passes;
    }
    EXPECT_TRUE(problem_of_cost({.memory_kib = 1'048'577, .passes = 1}).starts_with("must be at most"));
    EXPECT_TRUE(problem_of_cost({.memory_kib = 47'104, .passes = 17}).starts_with("must be at most"));
}

TEST(Passwords, AreVerifiedByWhatIsStored)
{
    Argon2Arena arena(kCheap);
    const auto pepper = peppers({"a"});
    const auto hash = hash_password(arena, pepper, kCheap, "correct horse");
    ASSERT_TRUE(hash);
    EXPECT_EQ(hash->salt.size(), PasswordHash::kSaltBytes);
    EXPECT_EQ(hash->cost, kCheap);
    EXPECT_EQ(hash->pepper_id, "a");
    EXPECT_EQ(*verify_password(arena, pepper, kCheap, "correct horse", &*hash), true);
    for (const auto* const wrong : {"correct hors", "correct horse ", "Correct horse", ""}) {
        EXPECT_EQ(*verify_password(arena, pepper, kCheap, wrong, &*hash), false) << wrong;
    }
}

TEST(Passwords, HaveASaltOfTheirOwn)
{
    Argon2Arena arena(kCheap);
    const auto pepper = peppers({"a"});
    const auto one = hash_password(arena, pepper, kCheap, "correct horse");
    const auto other = hash_password(arena, pepper, kCheap, "correct horse");
    EXPECT_NE(one->salt, other->salt);
    EXPECT_NE(one->tag, other->tag);
}

TEST(Passwords, AreBytesNulIncluded)
{
    Argon2Arena arena(kCheap);
    const auto pepper = peppers({"a"});
    const std::string with_nul("before\0after", 12);
    const auto hash = hash_password(arena, pepper, kCheap, with_nul);
    EXPECT_EQ(*verify_password(arena, pepper, kCheap, with_nul, &*hash), true);
    EXPECT_EQ(*verify_password(arena, pepper, kCheap, "before", &*hash), false);
    EXPECT_EQ(*verify_password(arena, pepper, kCheap, std::string("before\0After", 12), &*hash), false);
}

TEST(Passwords, OfNobodyAreNeverRight)
{
    Argon2Arena arena(kCheap);
    EXPECT_EQ(*verify_password(arena, peppers({"a"}), kCheap, "correct horse", nullptr), false);
}

TEST(Passwords, TellNothingWithoutTheirPepper)
{
    Argon2Arena arena(kCheap);
    const auto hash = hash_password(arena, peppers({"a"}), kCheap, "correct horse");
    ASSERT_TRUE(hash);
    const auto without = verify_password(arena, peppers({"b"}), kCheap, "correct horse", &*hash);
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code(), ErrorCode::internal);
    auto moved = *hash;
    moved.pepper_id = "b";
    EXPECT_EQ(*verify_password(arena, peppers({"b", "a"}), kCheap, "correct horse", &moved), false);
}

TEST(Passwords, AreHashedAnewUnderANewPepperOrCost)
{
    Argon2Arena arena(kCheap);
    const auto hash = hash_password(arena, peppers({"a"}), kCheap, "correct horse");
    ASSERT_TRUE(hash);
    EXPECT_FALSE(is_outdated(*hash, peppers({"a"}), kCheap));
    const auto replaced = peppers({"b", "a"});
    EXPECT_EQ(*verify_password(arena, replaced, kCheap, "correct horse", &*hash), true) << "under the old one still";
    EXPECT_TRUE(is_outdated(*hash, replaced, kCheap));
    EXPECT_TRUE(is_outdated(*hash, peppers({"a"}), {.memory_kib = 64, .passes = 2}));
    EXPECT_TRUE(is_outdated(*hash, peppers({"a"}), {.memory_kib = 32, .passes = 1})) << "one that is lower, too";
}

TEST(Peppers, AreChecked)
{
    const auto made = [](std::vector<Pepper> all) {
        return Peppers(std::move(all));
    };
    EXPECT_THROW(made({}), std::invalid_argument);
    EXPECT_THROW(made({{.id = "", .secret = kSecret}}), std::invalid_argument);
    EXPECT_THROW(made({{.id = std::string(33, 'i'), .secret = kSecret}}), std::invalid_argument);
    EXPECT_THROW(made({{.id = "a", .secret = std::string(31, 'p')}}), std::invalid_argument);
    EXPECT_THROW(made({{.id = "a", .secret = kSecret}, {.id = "a", .secret = kSecret + "x"}}), std::invalid_argument);
    const auto good = made({{.id = std::string(32, 'i'), .secret = kSecret}, {.id = "a", .secret = kSecret}});
    EXPECT_EQ(good.current().id, std::string(32, 'i'));
    EXPECT_EQ(good.find("a")->id, "a");
    EXPECT_EQ(good.find("b"), nullptr);
}

}  // namespace
}  // namespace winnow::crypto

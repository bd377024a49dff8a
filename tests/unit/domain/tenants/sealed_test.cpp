#include "winnow/domain/tenants/sealed.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace winnow::domain {
namespace {

SealedPlace a_place()
{
    return {.tenant = TenantId(Uuid::from_words(0x0102030405060708, 0x090A0B0C0D0E0F10)),
            .kind = SecretKind::webhook,
            .table = "contacts",
            .column = "settings",
            .row = "one/url",
            .before = "contact-url:…"};
}

TEST(SealedBinding, IsTenantTableColumnRowAndVersionEachBehindItsLength)
{
    using namespace std::string_literals;
    EXPECT_EQ(sealed_binding(a_place(), 0x01020304),
              "\0\x10\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10"s
              "\0\x08"s
              "contacts"
              "\0\x08"s
              "settings"
              "\0\x07"s
              "one/url"
              "\0\x04\x01\x02\x03\x04"s);
}

TEST(SealedBinding, IsAnotherOneForEachPart)
{
    std::set<std::string> seen{sealed_binding(a_place(), 1)};
    auto place = a_place();
    place.tenant = TenantId(Uuid::from_words(0x0102030405060708, 0x090A0B0C0D0E0F11));
    EXPECT_TRUE(seen.insert(sealed_binding(place, 1)).second);
    place = a_place();
    place.table = "contact";
    EXPECT_TRUE(seen.insert(sealed_binding(place, 1)).second);
    place = a_place();
    place.column = "setting";
    EXPECT_TRUE(seen.insert(sealed_binding(place, 1)).second);
    place = a_place();
    place.row = "two/url";
    EXPECT_TRUE(seen.insert(sealed_binding(place, 1)).second);
    EXPECT_TRUE(seen.insert(sealed_binding(a_place(), 2)).second);
    // Not by what stands where, but by which part it stands in.
    place = a_place();
    place.table = "contactss";
    place.column = "ettings";
    EXPECT_TRUE(seen.insert(sealed_binding(place, 1)).second);
}

TEST(SealedBinding, RefusesAPartThatItsLengthCannotSay)
{
    auto place = a_place();
    place.row = std::string(65'535, 'r');
    EXPECT_NO_THROW(static_cast<void>(sealed_binding(place, 1)));
    place.row += 'r';
    EXPECT_THROW(static_cast<void>(sealed_binding(place, 1)), std::length_error);
}

TEST(SecretKinds, HaveAWordEach)
{
    std::set<std::string_view> words;
    for (const auto& [kind, word] : kSecretKinds) {
        EXPECT_EQ(to_string(kind), word);
        words.insert(word);
    }
    EXPECT_EQ(words, (std::set<std::string_view>{"credential", "webhook", "totp", "oidc", "access_key"}));
}

}  // namespace
}  // namespace winnow::domain

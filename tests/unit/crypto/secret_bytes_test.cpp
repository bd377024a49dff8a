#include "winnow/crypto/secret_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::crypto {
namespace {

TEST(SecretBytes, WhatWasCleansedIsNotThereAnyMore)
{
    std::string secret(100, 's');  // longer than what stands in the object itself
    const char* const bytes = secret.data();
    cleanse(secret);
    EXPECT_EQ(secret, "");
    EXPECT_EQ(secret.data(), bytes) << "its memory is its own still";
    for (int i = 1; i < 100; ++i) EXPECT_EQ(bytes[i], '\0') << i;
    std::string nothing;
    cleanse(nothing);
}

}  // namespace
}  // namespace winnow::crypto

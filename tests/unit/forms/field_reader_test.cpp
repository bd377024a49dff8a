#include "winnow/forms/field_reader.hpp"

#include <gmock/gmock.h>

#include <cstddef>
#include <string>
#include <vector>

namespace winnow::forms {
namespace {

std::vector<FieldError> errors_at(std::size_t count)
{
    std::vector<FieldError> errors;
    for (std::size_t i = 0; i < count; ++i) {
        errors.push_back({.pointer = "/" + std::to_string(i), .code = "invalid_field", .detail = "x"});
    }
    return errors;
}

TEST(MergeErrors, AddsUpToTheMostThatADocumentIsTold)
{
    std::vector<FieldError> errors;
    merge_errors(errors, errors_at(kMaxErrors - 1), "/a");
    ASSERT_EQ(errors.size(), kMaxErrors - 1);
    merge_errors(errors, errors_at(3), "/b");
    ASSERT_EQ(errors.size(), kMaxErrors);
    EXPECT_EQ(errors.back().pointer, "/b/0");
    merge_errors(errors, errors_at(1), "/c");
    EXPECT_EQ(errors.size(), kMaxErrors);
}

TEST(MergeErrors, TellsOneMistakeOnce)
{
    std::vector<FieldError> errors{{.pointer = "/a/1/deep", .code = "invalid_field", .detail = "first"}};
    merge_errors(errors, errors_at(2), "/a");
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors.back().pointer, "/a/0");
}

}  // namespace
}  // namespace winnow::forms

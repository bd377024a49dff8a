#pragma once

/// @file
/// `Result<T>`: a value or an Error. Ignoring one is a compile error.

#include "winnow/base/error.hpp"

#include <expected>
#include <utility>

namespace winnow {

/// A `T`, or the Error that prevented it.
///
/// std::expected plus the two things we need: `[[nodiscard]]` and an implicit
/// conversion from Error, so that a function can `return Error{...};`.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
    using Base = std::expected<T, Error>;

public:
    using Base::Base;
    Result(Error error) : Base(std::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)
    Result(Base base) : Base(std::move(base)) {}                    // NOLINT(google-explicit-constructor)
};

/// The value of an operation that only succeeds or fails: `Result<Done>`.
struct Done {
    friend bool operator==(Done, Done) = default;
};

}  // namespace winnow

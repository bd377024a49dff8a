#pragma once

/// @file
/// The words of the mails that the service sends itself. Private to signin.
///
/// A place in braces is filled in by mail_text.cpp: {tenant} its name, {code} its service code, {at} when it happened,
/// {until} when the link ends, {source} "" or from which address, {number} a number, {about} a title. The link follows
/// `before` in a paragraph of its own.

#include "winnow/signin/mail_text.hpp"

#include <string_view>

namespace winnow::signin {

struct MailWords {
    std::string_view subject;
    std::string_view before;  ///< Paragraphs are separated by empty lines; no line feed at the end.
    std::string_view after;
};

[[nodiscard]] const MailWords& english(MailKind kind) noexcept;
[[nodiscard]] const MailWords& japanese(MailKind kind) noexcept;

}  // namespace winnow::signin

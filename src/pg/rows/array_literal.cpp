#include "pg/rows/array_literal.hpp"

#include "pg/rows/bad_parameter.hpp"

#include <utility>

namespace winnow::pg {

void ArrayLiteral::raw(std::string_view element)
{
    body_ += body_.empty() ? '{' : ',';
    body_ += element;
}

void ArrayLiteral::add(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos) throw BadParameter("text must not contain U+0000");
    body_ += body_.empty() ? "{\"" : ",\"";
    std::size_t from = 0;
    for (auto at = text.find_first_of("\"\\"); at != std::string_view::npos; at = text.find_first_of("\"\\", at + 1)) {
        body_.append(text, from, at - from);
        body_ += '\\';
        from = at;
    }
    body_.append(text, from);
    body_ += '"';
}

std::string ArrayLiteral::take()
{
    if (body_.empty()) return "{}";
    std::string literal = std::move(body_);
    body_.clear();
    literal += '}';
    return literal;
}

}  // namespace winnow::pg

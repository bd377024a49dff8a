#pragma once

/// @file
/// The leaves of a condition that the index understands: one test of one slot of an alert against constants.

#include "winnow/expr/ast.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules::index {

/// Where the tested value stands.
struct Slot {
    enum class Origin : std::uint8_t {
        field,           ///< `title`, `status`, `text`…: always a text.
        severity,        ///< A number.
        label,           ///< `labels.x`: an error where it is missing.
        label_or_empty,  ///< `label("x")`: "" where it is missing.
        label_or_field,  ///< What a matcher sees: the label, else the alert's own field of that name.
        detail,          ///< `details.a.b`: of any type, an error where it is missing.
    };
    Origin origin = Origin::field;
    bool lower = false;              ///< In ASCII lower case.
    std::string name;                ///< Field or label.
    std::vector<std::string> steps;  ///< detail: keys from the outside in.

    friend bool operator==(const Slot&, const Slot&) = default;
};

/// An alert's own texts, by number: a field slot's value without a comparison of names.
inline constexpr std::array<std::string_view, 11> kFieldNames = {"title",       "description", "source", "service",
                                                                 "component",   "group",       "class",  "dedup_key",
                                                                 "integration", "status",      "text"};

/// What a value is compared with. Numbers are whole or broken and less than 2^53 in size: below that, CEL's number line
/// and doubles agree.
struct Constant {
    enum class Type : std::uint8_t { text, number, boolean, null };
    Type type = Type::null;
    double number = 0;  ///< boolean: 0 or 1.
    std::string text;

    friend bool operator==(const Constant&, const Constant&) = default;
};

/// The bytes under which a constant, or a value of the same type, is known; equal values have equal bytes.
[[nodiscard]] std::string_view bytes_of_number(const double& number) noexcept;
[[nodiscard]] std::string_view bytes_of(const Constant& constant) noexcept;

enum class LeafKind : std::uint8_t {
    equals,
    in,
    less,
    less_equal,
    greater,
    greater_equal,
    prefix,
    suffix,
    contains,
    regex,
    has,
    opaque,  ///< Anything else: evaluated as it is written.
};

[[nodiscard]] constexpr bool is_range(LeafKind kind) noexcept
{
    return kind >= LeafKind::less && kind <= LeafKind::greater_equal;
}

/// One leaf. Three-valued like the expression it stands for: true, false, or an error.
struct Leaf {
    LeafKind kind = LeafKind::opaque;
    Slot slot;                        ///< Not of an opaque leaf.
    std::vector<Constant> constants;  ///< equals: one; in: distinct ones.
    double bound = 0;                 ///< Ranges.
    std::string text;                 ///< prefix, suffix, contains; the pattern of a regex.
    std::shared_ptr<const re2::RE2> regex;
    std::shared_ptr<const expr::Node> node;  ///< opaque
    expr::Position at;

    std::string key;           ///< Leaves with the same key are the same test. Begins with the slot's.
    std::size_t slot_key = 0;  ///< How many bytes of it are the slot's.
    std::uint64_t hash = 0;    ///< Of the key; with `check` 128 bits, which stand for it.
    std::uint64_t check = 0;
};

/// Fills in the key and what follows from it.
void identify(Leaf& leaf);

/// A leaf, or the opposite of one: "the leaf is false", which an error is not.
struct Literal {
    std::uint32_t leaf = 0;
    bool negated = false;

    friend bool operator==(const Literal&, const Literal&) = default;
};

struct ClassifiedLeaf {
    Leaf leaf;
    bool negated = false;
};

/// The node as a test of a slot; nullopt where it is none. Identified.
[[nodiscard]] std::optional<ClassifiedLeaf> classify(const expr::Node& node);

/// The node as an opaque leaf. Identified.
[[nodiscard]] Leaf opaque_leaf(const expr::Node& node);

}  // namespace winnow::rules::index

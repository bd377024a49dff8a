#pragma once

/// @file
/// Array parameters in PostgreSQL's binary format: nothing to escape, nothing to parse. Private to pg.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::pg {

/// Element types by their OIDs in pg_type, which never change.
enum class ArrayOf : std::uint32_t { bytea = 17, int8 = 20, int4 = 23, text = 25, timestamptz = 1184, uuid = 2950 };

/// One column of a multi-row statement. The caller adds what the element type says.
class BinaryArray {
public:
    explicit BinaryArray(ArrayOf type);

    void add(std::string_view bytes);  ///< bytea, or text without U+0000.
    void add(const Uuid& id);
    void add(std::int32_t number);
    void add(std::int64_t number);
    void add(Timestamp instant);

    /// The parameter. Takes no further elements.
    [[nodiscard]] const std::string& bytes();

private:
    void add_word(std::uint64_t word, int bytes);

    std::string body_;
    std::uint32_t count_ = 0;
};

}  // namespace winnow::pg

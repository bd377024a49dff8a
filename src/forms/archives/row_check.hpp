#pragma once

/// @file
/// The rows of one resource of an archive, one after the other. Private to forms.

#include "forms/archives/value_rules.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/archive_shape.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace winnow::forms {

/// Rows that others may refer to: resource → ids in order.
using KnownRows = std::map<std::string, std::vector<Uuid>, std::less<>>;

/// What is wrong with a row.
struct RowFault {
    std::string field;
    std::string detail;
};

class RowCheck {
public:
    /// `known` has an entry for each resource that others refer to. Both outlive this.
    RowCheck(const domain::ResourceShape& shape, KnownRows& known, std::size_t most_referred);

    /// The first thing that is wrong; nullopt: nothing is.
    [[nodiscard]] std::optional<RowFault> take(const nlohmann::json& row);

    /// There are no more: of those that named a row of this resource that had not come yet, one that never came.
    [[nodiscard]] std::optional<RowFault> finish() const;

private:
    [[nodiscard]] std::optional<RowFault> check_members(const nlohmann::json& row) const;
    [[nodiscard]] std::optional<RowFault> check_place(const nlohmann::json& row);
    [[nodiscard]] std::optional<RowFault> check_references(const nlohmann::json& row);
    [[nodiscard]] std::optional<RowFault> remember(const nlohmann::json& row);

    const domain::ResourceShape& shape_;
    KnownRows& known_;
    const std::size_t most_referred_;
    struct Field {
        const domain::FieldShape* shape;
        ValueRule rule;  ///< nullptr: none.
    };
    std::map<std::string, Field, std::less<>> fields_;
    std::size_t needed_ = 0;            ///< Fields that each row has.
    std::vector<std::string> members_;  ///< Of the first row: all have the same.
    std::string last_;                  ///< The row's before, as bytes that sort as keys do.
    bool is_first_ = true;
    std::vector<Uuid> later_;  ///< Rows of this resource that have to come.
    std::string later_field_;
};

}  // namespace winnow::forms
